/** How long to wait before the next attempt. Pure: randomness is an argument. */

/** Bounds of an exponential back-off, both above 0. */
export interface BackoffBounds {
  /** Ceiling of the wait before the first retry. */
  readonly firstMillis: number;
  /** No wait is ever longer than this. */
  readonly mostMillis: number;
}

/** The part of a wait that chance decides: a wait lies between half its ceiling and its ceiling. */
const JITTERED_SHARE = 0.5;

/**
 * The wait before retry number `attempt` (0 = the first). The ceiling doubles with each attempt
 * until `mostMillis`; `jitter` in [0, 1] takes up to half of it away, so that many clients that
 * lost one server do not come back in step.
 */
export function backoffMillis(attempt: number, bounds: BackoffBounds, jitter: number): number {
  const ceiling = Math.min(bounds.mostMillis, bounds.firstMillis * 2 ** Math.max(0, attempt));
  const share = Math.min(1, Math.max(0, jitter)) * JITTERED_SHARE;
  return Math.round(ceiling * (1 - share));
}
