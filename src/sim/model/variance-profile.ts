/**
 * How much movement of the day is still to come. The rate of variance is U-shaped: high after the
 * open, low at midday, rising into the close, small in the quarter of an hour that options trade
 * on. Calibrated so that the at-the-money straddle is worth 41 bp of spot at 10:00, 31 at 12:00,
 * 22 at 14:00 and 13 at 15:30 (SPXW medians on the last day, 2023 to 2026).
 */

/** Squared basis points per minute. */
const BASE_RATE = 5.2;
const OPENING_RATE = 10.4;
const OPENING_DECAY_MINUTES = 86.6;
const CLOSING_RATE = 9.2;
const CLOSING_DECAY_MINUTES = 10;
const AFTER_CLOSE_RATE = 1;
const BASIS_POINT = 1e-4;

/** Variance of one minute in squared basis points on an average day, by minutes since the open and
 * minutes left until the shares' close (negative after it). */
export function varianceRate(sinceOpen: number, toClose: number): number {
  if (toClose <= 0) return AFTER_CLOSE_RATE;
  const opening = OPENING_RATE * Math.exp(-Math.max(0, sinceOpen) / OPENING_DECAY_MINUTES);
  return BASE_RATE + opening + CLOSING_RATE * Math.exp(-toClose / CLOSING_DECAY_MINUTES);
}

/** Remaining variance of one session, for any minute (fractions allowed) since the open. */
export class VarianceProfile {
  /** Sum of the rate from minute i to the last trade. */
  readonly #remaining: Float64Array;

  constructor(minutesToClose: number, minutesToLastTrade: number) {
    this.#remaining = new Float64Array(minutesToLastTrade + 1);
    for (let minute = minutesToLastTrade - 1; minute >= 0; minute -= 1) {
      const middle = minute + 0.5;
      const after = this.#remaining[minute + 1] ?? 0;
      this.#remaining[minute] = after + varianceRate(middle, minutesToClose - middle);
    }
  }

  /** Standard deviation of the spot at the last trade, as a fraction of spot, on an average day. */
  deviationLeft(sinceOpen: number): number {
    const last = this.#remaining.length - 1;
    const at = Math.min(Math.max(sinceOpen, 0), last);
    const minute = Math.floor(at);
    const here = this.#remaining[minute] ?? 0;
    const next = this.#remaining[Math.min(minute + 1, last)] ?? 0;
    return BASIS_POINT * Math.sqrt(here + (next - here) * (at - minute));
  }
}
