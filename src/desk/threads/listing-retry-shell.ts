/** Asks again for a listing that failed. */

import type { Clock } from '../../engine/domain/clock.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import { backoffMillis } from '../../ops/backoff.ts';

export const LISTING_RETRY_MILLIS = 2_000;
/** Longest wait while the session is open, and while it is not: a listing that is answered and empty may
 * stay so all day, and each question asks for the whole chain. */
export const MOST_IN_SESSION_MILLIS = 10_000;
export const MOST_OUTSIDE_MILLIS = 60_000;

/** What it needs of its surroundings. */
export interface ListingRetryWorld {
  readonly clock: Clock;
  /** Market seconds a second. */
  readonly speed: number;
  /** The session of the day. */
  session(): SessionTimes;
  ask(date: SessionDate): void;
}

/** Core thread only. */
export class ListingRetry {
  readonly #world: ListingRetryWorld;
  #isDue = false;
  /** Failures in a row, and the day that they are of. */
  #failures = 0;
  #failedDate: SessionDate | undefined;

  constructor(world: ListingRetryWorld) {
    this.#world = world;
  }

  /** A listing came: the next failure is the first. */
  onListing(): void {
    this.#failures = 0;
  }

  /** One clock, however often it is called and of whatever day the listing was that failed: what is asked
   * for is today's, by the time the clock has run. */
  onFailure(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      this.#world.ask(this.#world.session().date);
    }, this.#waitMillis());
  }

  /** Grows with each failure of a day, and ends at the open at the latest. */
  #waitMillis(): number {
    const { clock, speed } = this.#world;
    const { date, open, lastTrade } = this.#world.session();
    const { market } = clock.now();
    if (date !== this.#failedDate) this.#failures = 0;
    this.#failedDate = date;
    const isOpen = market >= open && market < lastTrade;
    const mostMillis = isOpen ? MOST_IN_SESSION_MILLIS : MOST_OUTSIDE_MILLIS;
    const bounds = { firstMillis: LISTING_RETRY_MILLIS, mostMillis };
    const waitMillis = backoffMillis(this.#failures, bounds, 0);
    this.#failures += 1;
    if (market >= open) return waitMillis;
    const toOpenMillis = (open - market) / speed / MICROS_PER_MILLI;
    return Math.max(LISTING_RETRY_MILLIS, Math.min(waitMillis, toOpenMillis));
  }
}
