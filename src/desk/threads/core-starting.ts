/** Messages to a core that does not run yet, version 1: the journal's frames, then what it starts with. */
import type { FrameRun } from '../../audit/record-reading.ts';
import type { BookPart } from './book-reading.ts';
import type { CoreStart } from './core-thread-shell.ts';

export interface CoreWorkerData {
  /** Now, in microseconds. */
  readonly wall: number;
  /** Of `RunClaims`. */
  readonly claims: SharedArrayBuffer;
}

export type ToStartingCore =
  /** The next run: to be read where it is still to be had. */
  | { readonly kind: 'frames'; readonly run: FrameRun }
  /** The main thread has read the rest. Answered with the `Book`. */
  | { readonly kind: 'framesEnd'; readonly rest: BookPart }
  | { readonly kind: 'start'; readonly start: CoreStart };
