/** The market as the paper broker sees it: the last quote of each symbol and what it has left. */

import type { Quote } from '../../engine/domain/market.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { spotMid } from '../../engine/domain/spot-mid.ts';
import type { EpochMicros, Price, SessionDate } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';

/** One symbol's displayed market, less what this broker has taken from it since it was quoted. It
 * changes with the next quote. */
export interface Displayed {
  readonly quote: Pick<Quote, 'bid' | 'ask'>;
  readonly bidLeft: number;
  readonly askLeft: number;
}

/** A mid of an underlying, and when it was heard: undefined of what the journal tells as a day's mark, which
 * stands. */
interface Heard {
  readonly mid: Price;
  readonly at: EpochMicros | undefined;
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
/** What was heard longer before a mark than this is no price of it: the feed was down over it. */
const MARK_WITHIN_MICROS = 5 * MICROS_PER_MINUTE;

/** True for what tells how the underlying stood at the mark, or after it. */
function isOfMark({ at }: Heard, { exerciseMark }: SessionTimes): boolean {
  return at === undefined || at >= addMicros(exerciseMark, -MARK_WITHIN_MICROS);
}

export class QuoteTape {
  readonly #displayed = new Map<string, Shown>();
  /** The same by the place that each symbol was last given. */
  readonly #byPlace: (Shown | undefined)[] = Array.from({ length: PLACES });
  /** Last mid of an underlying. */
  readonly #lastMid = new Map<string, Heard>();
  /** Last mid at or shortly before the exercise mark, or else the first after it, by underlying and date. */
  readonly #markMid = new Map<string, Heard>();
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

  /** Notes the mid of an underlying; `session` is the one that the quote falls into, if any. A quote that is
   * no market to be trusted can be traded on, and tells no price: one of them would decide an exercise. */
  putUnderlying(symbol: string, quote: Quote, session: SessionTimes | undefined): void {
    this.put(symbol, quote);
    const mid = spotMid(quote);
    if (mid === undefined) return;
    const at = quote.at.market;
    this.#lastMid.set(symbol, { mid, at });
    if (session === undefined) return;
    const isAfter = at > session.exerciseMark;
    if (isAfter && this.markMid(symbol, session) !== undefined) return;
    this.noteMark(symbol, session.date, mid, at);
  }

  noteMark(underlying: string, date: SessionDate, mid: Price, at?: EpochMicros): void {
    this.#markMid.set(`${underlying} ${date}`, { mid, at });
  }

  markMid(underlying: string, session: SessionTimes): Price | undefined {
    const heard = this.#markMid.get(`${underlying} ${session.date}`);
    return heard !== undefined && isOfMark(heard, session) ? heard.mid : undefined;
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
    return this.#lastMid.get(underlying)?.mid;
  }

  /** The price by which exercise is judged. Where nobody listened then, the last mid heard since stands in
   * for it. */
  exercisePrice(underlying: string, session: SessionTimes): Price | undefined {
    const last = this.#lastMid.get(underlying);
    const since = last !== undefined && isOfMark(last, session) ? last.mid : undefined;
    return this.markMid(underlying, session) ?? since;
  }
}
