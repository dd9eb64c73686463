/** The feed in virtual time: turns the market into inputs, by way of the wire and its decoder, unless it
 * is frozen or disconnected. */

import type { At } from '../../engine/domain/clock.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Input } from '../inputs.ts';
import { ALL_ROWS_AFTER_MICROS, isLive, STALE_AFTER_MICROS } from './session-pace.ts';
import type { QuoteFaults, VirtualMarket } from './virtual-market.ts';
import { WireFeed } from './wire-feed.ts';

/** What is wrong with the feed now. */
export interface FeedTemper extends QuoteFaults {
  readonly frozen: boolean;
  readonly disconnected: boolean;
}

export const HEALTHY_FEED: FeedTemper = {
  crossed: false,
  oneSided: false,
  thin: false,
  jumped: false,
  odd: false,
  bare: false,
  flicker: false,
  frozen: false,
  disconnected: false,
};

export class FeedModel {
  readonly #market: VirtualMarket;
  readonly #wire: WireFeed;
  temper: FeedTemper = HEALTHY_FEED;
  #roundAt = 0;
  #rowsAt = 0;

  constructor(market: VirtualMarket) {
    this.#market = market;
    this.#wire = new WireFeed(market.listing);
  }

  /** True where quotes are too old for anything to be done with them. */
  isStale(now: EpochMicros): boolean {
    return now >= this.#roundAt + STALE_AFTER_MICROS;
  }

  /** True while what is held is quoted badly on purpose. */
  get isAimed(): boolean {
    return this.temper.bare || this.temper.flicker;
  }

  /** The inputs of one moment, heard at `at`. The market moves on even where nobody hears of it. At a
   * mere beat, with nothing held or working, the underlying alone is quoted, as a sign of life. */
  round(now: EpochMicros, at: At, desk: DeskContext, isBeat: boolean): Input[] {
    const isIdle = isBeat && !isLive(desk);
    const all = now >= this.#rowsAt + ALL_ROWS_AFTER_MICROS;
    this.#roundAt = now;
    if (!isIdle) this.#rowsAt = now;
    const aim = this.isAimed ? desk.book.held() : undefined;
    const bars = this.#market.advance(now, aim);
    if (this.temper.frozen || this.temper.disconnected) return [];
    const inputs: Input[] = bars.map((bar) => ({ kind: 'bar', at, bar }));
    const quotes = [this.#market.spotQuote()];
    if (desk.day.chainOpen && !isIdle)
      quotes.push(...this.#market.optionQuotes(this.temper, all, aim));
    inputs.push(...this.#wire.carry(quotes, at), { kind: 'batchEnd', at });
    return inputs;
  }
}
