/** Asks again for a listing that failed. */
import type { SessionDate } from '../../engine/domain/units.ts';

export const LISTING_RETRY_MILLIS = 2_000;

/** Core thread only. */
export class ListingRetry {
  readonly #ask: (date: SessionDate) => void;
  readonly #today: () => SessionDate;
  #isDue = false;

  constructor(ask: (date: SessionDate) => void, today: () => SessionDate) {
    this.#ask = ask;
    this.#today = today;
  }

  /** One clock, however often it is called and of whatever day the listing was that failed: what is asked
   * for is today's, by the time the clock has run. */
  onFailure(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      this.#ask(this.#today());
    }, LISTING_RETRY_MILLIS);
  }
}
