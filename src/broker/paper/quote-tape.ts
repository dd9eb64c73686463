/** The market as the paper broker sees it: the last quote of each symbol and what it has left. */

import type { Quote } from '../../engine/domain/market.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { Price, SessionDate } from '../../engine/domain/units.ts';
import { price } from '../../engine/domain/units.ts';

/** One symbol's displayed market, less what this broker has taken from it since it was quoted. It
 * changes with the next quote. */
export interface Displayed {
  readonly quote: Pick<Quote, 'bid' | 'ask'>;
  readonly bidLeft: number;
  readonly askLeft: number;
}

interface Shown {
  readonly symbol: string;
  readonly quote: { bid: Price | undefined; ask: Price | undefined };
  bidLeft: number;
  askLeft: number;
  /** The beginning of the feed since which it was quoted. */
  heardSince: number;
}

/** Where an OCC symbol has its expiry, yymmdd; an underlying's ticker is shorter. */
const EXPIRY_FROM = 6;
const EXPIRY_TO = 12;
/** Places that are remembered: a chain has no more rows. */
const PLACES = 1_024;
/** Marks of so many sessions are kept: an expiry may wait for its price over a holiday. */
const MARKS_KEPT = 10;

export class QuoteTape {
  readonly #displayed = new Map<string, Shown>();
  /** The same by the place that each symbol was last given. */
  readonly #byPlace: (Shown | undefined)[] = Array.from({ length: PLACES });
  /** Last mid of an underlying. */
  readonly #lastMid = new Map<string, Price>();
  /** Last mid at or before the exercise mark, or else the first after it, by underlying and date. */
  readonly #markMid = new Map<string, Price>();
  /** Counts how often the feed began. */
  #beginning = 0;

  /** Takes a quote over into what is kept for its symbol: one object for the life of the tape. It is
   * found at the symbol's `place` (see OrderGateway) without its text being looked up. */
  put(symbol: string, { bid, ask, bidSize, askSize }: Quote, place?: number): void {
    let shown = place === undefined ? undefined : this.#byPlace[place];
    if (shown?.symbol !== symbol) {
      shown = this.#shown(symbol);
      if (place !== undefined && place < PLACES) this.#byPlace[place] = shown;
    }
    shown.quote.bid = bid;
    shown.quote.ask = ask;
    shown.bidLeft = bidSize;
    shown.askLeft = askSize;
    shown.heardSince = this.#beginning;
  }

  /** The feed begins anew. */
  forget(): void {
    this.#beginning += 1;
  }

  #shown(symbol: string): Shown {
    let shown = this.#displayed.get(symbol);
    if (shown === undefined) {
      // fractions first: the fields then hold doubles for good, and storing one makes no object
      shown = {
        symbol,
        quote: { bid: undefined, ask: undefined },
        bidLeft: 0.5,
        askLeft: 0.5,
        heardSince: 0,
      };
      this.#displayed.set(symbol, shown);
    }
    return shown;
  }

  /** Notes the mid of an underlying; `session` is the one that the quote falls into, if any. */
  putUnderlying(symbol: string, quote: Quote, session: SessionTimes | undefined): void {
    this.put(symbol, quote);
    if (quote.bid === undefined || quote.ask === undefined) return;
    const mid = price(Math.round((quote.bid + quote.ask) / 2));
    this.#lastMid.set(symbol, mid);
    if (session === undefined) return;
    const isAfter = quote.at.market > session.exerciseMark;
    if (isAfter && this.markMid(symbol, session.date) !== undefined) return;
    this.noteMark(symbol, session.date, mid);
  }

  noteMark(underlying: string, date: SessionDate, mid: Price): void {
    this.#markMid.set(`${underlying} ${date}`, mid);
  }

  markMid(underlying: string, date: SessionDate): Price | undefined {
    return this.#markMid.get(`${underlying} ${date}`);
  }

  /** A new session: what expired before it is not quoted any more, and old marks are settled. */
  enterSession(date: SessionDate): void {
    this.#byPlace.fill(undefined);
    const today = date.slice(2).replaceAll('-', '');
    for (const symbol of this.#displayed.keys()) {
      const expiry = symbol.slice(EXPIRY_FROM, EXPIRY_TO);
      if (expiry.length > 0 && expiry < today) this.#displayed.delete(symbol);
    }
    for (const mark of this.#markMid.keys()) {
      if (this.#markMid.size <= MARKS_KEPT) break;
      this.#markMid.delete(mark);
    }
  }

  of(symbol: string): Displayed | undefined {
    return this.#displayed.get(symbol);
  }

  /** What can be traded on: a quote of before the feed began anew is none. */
  standing(symbol: string): Displayed | undefined {
    const shown = this.#displayed.get(symbol);
    return shown?.heardSince === this.#beginning ? shown : undefined;
  }

  /** Takes size from the displayed market: the bid when we sell, the ask when we buy. */
  take(symbol: string, sign: 1 | -1, size: number): void {
    const shown = this.#displayed.get(symbol);
    if (shown === undefined) return;
    if (sign > 0) shown.askLeft -= size;
    else shown.bidLeft -= size;
  }

  lastMid(underlying: string): Price | undefined {
    return this.#lastMid.get(underlying);
  }

  /** The price by which exercise is judged. Where nobody listened on that day, the last mid heard
   * stands in for it. */
  exercisePrice(underlying: string, expiry: SessionDate): Price | undefined {
    return this.markMid(underlying, expiry) ?? this.#lastMid.get(underlying);
  }
}
