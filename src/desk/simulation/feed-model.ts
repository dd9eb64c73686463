/** The feed in virtual time: turns the market into inputs, by way of the wire and its decoder, unless it
 * is frozen, silent in part or disconnected; and the listing of the day, unless it stays away. */

import type { At } from '../../engine/domain/clock.ts';
import { addMicros, type EpochMicros } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Input } from '../inputs.ts';
import type { BrokerWord } from './broker-word.ts';
import { ChainRows } from './chain-rows.ts';
import { soonest } from './event-queue.ts';
import { ALL_ROWS_AFTER_MICROS, isLive, STALE_AFTER_MICROS, TAKES_MICROS } from './session-pace.ts';
import type { QuoteFaults, VirtualMarket } from './virtual-market.ts';
import { WireFeed } from './wire-feed.ts';

/** What is wrong with the feed now. */
export interface FeedTemper extends QuoteFaults {
  readonly frozen: boolean;
  readonly disconnected: boolean;
  /** Nothing of any option while the underlying goes on, or the other way round. */
  readonly optionsSilent: boolean;
  readonly spotSilent: boolean;
  /** Whoever asks for the listing of the day hears that there is none. */
  readonly listingAway: boolean;
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
  optionsSilent: false,
  spotSilent: false,
  silentLegs: false,
  listingAway: false,
};

export class FeedModel {
  readonly #market: VirtualMarket;
  readonly #wire: WireFeed;
  /** What the broker says of the day, asked with each listing; absent where it says nothing. */
  readonly #word: BrokerWord | undefined;
  readonly rows: ChainRows;
  temper: FeedTemper = HEALTHY_FEED;
  #listingDue: EpochMicros | undefined;
  #roundAt = 0;
  #rowsAt = 0;

  constructor(market: VirtualMarket, word?: BrokerWord) {
    this.#market = market;
    this.#word = word;
    this.#wire = new WireFeed(market.listing);
    this.rows = new ChainRows(market.listing);
  }

  /** When whoever asked for the listing hears of it, or of the broker's rules. */
  get listingDue(): EpochMicros | undefined {
    return soonest(this.#listingDue, this.#word?.next());
  }

  onCrash(): void {
    this.#listingDue = undefined;
    this.#word?.onCrash();
  }

  /** True where quotes are too old for anything to be done with them. */
  isStale(now: EpochMicros): boolean {
    return now >= this.#roundAt + STALE_AFTER_MICROS;
  }

  /** True while what is held is quoted badly on purpose. */
  get isAimed(): boolean {
    const { bare, flicker, silentLegs } = this.temper;
    return bare || flicker || silentLegs;
  }

  /** What is heard right after a connection: that it stands, and the bars of the day so far. */
  connected(at: At): readonly Input[] {
    if (this.temper.disconnected) return [];
    return [{ kind: 'feed', at, connected: true, detail: 'authorised' }, ...this.#bars(at)];
  }

  /** Somebody asks for the listing of the day. */
  askListing(now: EpochMicros): void {
    this.#listingDue ??= addMicros(now, TAKES_MICROS.listing);
  }

  /** The answer to whoever asked, once it is due. A chain that it opens is sent the bars so far; who did
   * not get it asks again. */
  listing(now: EpochMicros, at: At, { day }: DeskContext): readonly Input[] {
    const { listing } = this.#market;
    const said = this.#word?.take(now, at) ?? [];
    if (this.#listingDue === undefined || now < this.#listingDue) return said;
    this.#listingDue = undefined;
    if (this.temper.listingAway) {
      const { date } = listing;
      this.#listingDue = addMicros(now, TAKES_MICROS.listingRetry);
      return [{ kind: 'listingFailed', at, date, reason: 'HTTP 502 of the service' }];
    }
    this.#word?.onAsked(now);
    return [{ kind: 'listing', at, listing }, ...(day.chainOpen ? [] : this.#bars(at))];
  }

  #bars(at: At): readonly Input[] {
    return this.#market.history.map((bar): Input => ({ kind: 'bar', at, bar }));
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
    const spot = this.#market.spotQuote();
    const quotes = this.temper.spotSilent ? [] : [spot];
    if (desk.day.chainOpen && !isIdle && !this.temper.optionsSilent)
      quotes.push(...this.#market.optionQuotes(this.temper, all, aim));
    inputs.push(...this.#wire.carry(quotes, at), { kind: 'batchEnd', at });
    return inputs;
  }
}
