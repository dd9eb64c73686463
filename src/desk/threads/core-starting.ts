/** Messages to a core that does not run yet, version 1: the journal's frames, then what it starts with. */
import type { FrameRun } from '../../audit/record-reading.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { CoreStart } from './core-thread-shell.ts';

export interface CoreWorkerData {
  /** Now, in microseconds. */
  readonly wall: EpochMicros;
}

export type ToStartingCore =
  /** One is added to `read`, an int32 in shared memory, when it is through with them. */
  | { readonly kind: 'frames'; readonly run: FrameRun; readonly read: SharedArrayBuffer }
  /** There are no more. Answered with the `Book`. */
  | { readonly kind: 'framesEnd' }
  | { readonly kind: 'start'; readonly start: CoreStart };
