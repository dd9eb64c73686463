/** When a batch's end values the whole chain, and when it only publishes quotes. */

/**
 * Some two hundred valuations a second at most: a hundredth of a core. Quotes are stored and seen at
 * once whatever the rate; it is forward, volatilities and greeks that may be so much older.
 */
export const VALUATION_EVERY_MICROS = 5_000;
/** Batches in a row that are valued each, before the pace holds them back. */
const BURST = 8;

/**
 * Core thread only. A bucket of valuations, refilled by the wall time that the inputs carry and by
 * nothing else, so that a replay values at the same batches. Below the pace every batch is valued.
 */
export class ValuationPace {
  #credit = BURST;
  #last = Number.NaN;

  /** True when a batch that ends now is to be valued. */
  isDue(wallMicros: number): boolean {
    const elapsed = wallMicros - this.#last;
    this.#last = wallMicros;
    if (elapsed > 0)
      this.#credit = Math.min(BURST, this.#credit + elapsed / VALUATION_EVERY_MICROS);
    return this.#credit >= 1;
  }

  /** The same, and takes one from the bucket. */
  take(wallMicros: number): boolean {
    const isDue = this.isDue(wallMicros);
    if (isDue) this.#credit -= 1;
    return isDue;
  }
}
