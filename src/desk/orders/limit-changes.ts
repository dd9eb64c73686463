/** What is kept of the changes of an order: where its limit was moved last, what the broker refused it in a
 * row, and which answer it owes. */

import type { Urgency } from '../../engine/domain/exit-choices.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';

/** An answer that the broker owes: to a cancel, or to a limit other than the one it told last. */
export interface OwedAnswer {
  readonly isCancel: boolean;
  readonly brokerLimit: Price;
  /** Wall time of the first look that found it owed. */
  readonly since: EpochMicros;
}

/** The newest move of a limit; at first the one that the order was made with. Counted anew with a run: one
 * move may come sooner then. */
export interface LimitMove {
  readonly wall: EpochMicros;
  /** The rung, and the ladder that it is of. */
  readonly step: number;
  readonly urgency: Urgency;
}

/** New limits that the broker refused since it took the last one. */
export interface LimitRefusals {
  readonly inARow: number;
  /** Wall time of the newest. */
  readonly wall: EpochMicros;
  /** Undefined where the newest had a word of the broker's. */
  readonly wordless: WordlessLimits | undefined;
}

/** New limits of which the broker said nothing, and that no word of it followed. */
export interface WordlessLimits {
  /** Wall time of the first. */
  readonly since: EpochMicros;
  /** False where none of them ever left: the limit is where it was. */
  readonly mayBeTaken: boolean;
}
