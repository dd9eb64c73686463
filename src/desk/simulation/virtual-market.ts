/**
 * A market for simulated sessions: a spot that walks at random, options priced on it by Black's
 * formula with a skew, quotes on the penny grid. It knows nothing of the desk.
 */

import type { OptionContract, Right } from '../../engine/domain/instrument.ts';
import { occSymbol, parseOccSymbol } from '../../engine/domain/instrument.ts';
import type { Bar, ChainListing } from '../../engine/domain/market.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import {
  addMicros,
  dollarsFromPrice,
  epochMicros,
  MICROS_PER_MINUTE,
  price,
  priceFromDollars,
} from '../../engine/domain/units.ts';
import { blackValue } from '../../engine/pricing/black.ts';
import { MINUTES_PER_YEAR, yearsToExpiry } from '../../engine/pricing/time-to-expiry.ts';
import { QuoteSpells } from './quote-spells.ts';
import type { SeededRandom } from './seeded-random.ts';

/** How the day's market is. */
export interface MarketTemper {
  /** Dollars at the open. */
  readonly spot: number;
  /** Volatility the options are priced with at the money, a fraction per year. */
  readonly impliedVol: number;
  /** How much the spot really moves against that. */
  readonly realizedMultiple: number;
  /** Strikes, a dollar apart, on each side of the spot at the open. */
  readonly reach: number;
}

/** What quotes suffer from for a while. */
export interface QuoteFaults {
  readonly crossed: boolean;
  readonly oneSided: boolean;
  readonly thin: boolean;
  /** Some rows are shown at a multiple of their worth for one round: narrow, fresh and wrong. */
  readonly jumped: boolean;
  /** The server writes numbers that are none. */
  readonly odd: boolean;
  /** Nobody bids for what is held long, for single rounds and for long runs of them, and it is offered
   * further off than a worthless wing is. */
  readonly bare: boolean;
  /** What is held is quoted narrow and much too wide by turns. */
  readonly flicker: boolean;
  /** Of what is held single legs are not heard of, for single rounds and for long runs of them. */
  readonly silentLegs: boolean;
}

/** What is held, signed, by symbol: what some faults are aimed at. */
export type Held = ReadonlyMap<string, number>;

const NOTHING: Held = new Map();

/** A quote of a chain row, -1 the underlying. */
export interface RowQuote {
  readonly index: number;
  readonly bid: Price | undefined;
  readonly ask: Price | undefined;
  readonly bidSize: number;
  readonly askSize: number;
  /** Dollars that the server writes in the place of both prices, and that are no price. */
  readonly odd?: number;
}

const SKEW_PER_DOLLAR = 0.002;
const LEAST_VOL = 0.05;
const WIDTH_OF_MID = 0.03;
const CENT = 0.01;
const LEAST_BID_DOLLARS = 0.01;
const PRICE_PER_CENT = 100;
const MOST_SIZE = 60;
const MOST_THIN_SIZE = 2;
const FAULTY_ROW_CHANCE = 0.3;
const JUMP_CHANCE = 0.05;
/** Least and most. */
const JUMP_MULTIPLE = [1.5, 4] as const;
/** What a server may send for a price in a bad moment. */
const ODD_DOLLARS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0.05,
  1e12,
] as const;
/** A tick beyond what a worthless wing may be offered at. */
const LEAST_BARE_ASK = priceFromDollars(0.06);
/** A flickering quote is wide by this much below its bid and above its ask, a fraction, and by so much
 * more at least. */
const NARROWED = 0.8;
const WIDENED = 1.2;
const WIDE_BY = priceFromDollars(0.06);
/** A spot that is drawn somewhere has gone most of the way after so long. */
const DRAWN_MINUTES = 20;
const BEYOND_DOLLARS = 1;
/** Rows whose quote did not change are quoted again every so many rounds. */
const REFRESH_ROUNDS = 4;

export class VirtualMarket {
  readonly #random: SeededRandom;
  readonly #temper: MarketTemper;
  readonly #session: SessionTimes;
  readonly #contracts: readonly OptionContract[];
  readonly #shown: RowQuote[] = [];
  readonly #history: Bar[] = [];
  readonly #bare: QuoteSpells;
  readonly #wide: QuoteSpells;
  readonly #silent: QuoteSpells;
  #spot: number;
  #at: EpochMicros;
  #drawnTo: number | undefined;
  #round = 0;
  #bar: Bar;

  constructor(random: SeededRandom, temper: MarketTemper, session: SessionTimes) {
    this.#random = random;
    this.#bare = new QuoteSpells(random);
    this.#wide = new QuoteSpells(random);
    this.#silent = new QuoteSpells(random);
    this.#temper = temper;
    this.#session = session;
    this.#spot = temper.spot;
    this.#at = session.open;
    this.#contracts = contractsAround(temper, session);
    this.#bar = this.#newBar();
  }

  get spotDollars(): number {
    return this.#spot;
  }

  /** Finished bars of the day so far. */
  get history(): readonly Bar[] {
    return this.#history;
  }

  /** Contracts by chain row. */
  get listing(): ChainListing {
    return { underlying: 'SPY', date: this.#session.date, contracts: this.#contracts };
  }

  /** Moves the spot on to a market time. Returns the bars that changed: those that were finished on
   * the way and the one that forms. It is drawn to a short that is held, where its stop is. */
  advance(market: EpochMicros, held = NOTHING): readonly Bar[] {
    this.#drawnTo = this.#nearestShort(held);
    const bars: Bar[] = [];
    let ends = addMicros(this.#bar.startsAt, MICROS_PER_MINUTE);
    while (ends <= market) {
      this.#walk(ends);
      bars.push(this.#bar);
      this.#history.push(this.#bar);
      this.#bar = this.#newBar();
      ends = addMicros(ends, MICROS_PER_MINUTE);
    }
    this.#walk(market);
    return [...bars, this.#bar];
  }

  /** One step of the spot, within the bar that forms. */
  #walk(market: EpochMicros): void {
    const minutes = Math.max(0, market - this.#at) / MICROS_PER_MINUTE;
    const { impliedVol, realizedMultiple } = this.#temper;
    const deviation = impliedVol * realizedMultiple * Math.sqrt(minutes / MINUTES_PER_YEAR);
    this.#at = market;
    this.#spot *= Math.exp(deviation * this.#random.normal());
    if (this.#drawnTo !== undefined) {
      this.#spot += (this.#drawnTo - this.#spot) * (1 - Math.exp(-minutes / DRAWN_MINUTES));
    }
    const last = priceFromDollars(pennies(this.#spot));
    const { high, low } = this.#bar;
    this.#bar = {
      ...this.#bar,
      close: last,
      high: price(Math.max(high, last)),
      low: price(Math.min(low, last)),
      volume: this.#bar.volume + this.#random.whole(1, 999),
    };
  }

  /** A little beyond its strike, in dollars. */
  #nearestShort(held: Held): number | undefined {
    let nearest: number | undefined;
    for (const [symbol, quantity] of held) {
      const contract = quantity < 0 ? parseOccSymbol(symbol) : undefined;
      if (contract === undefined) continue;
      const side = contract.right === 'call' ? 1 : -1;
      const strike = dollarsFromPrice(contract.strike) + side * BEYOND_DOLLARS;
      const away = Math.abs(strike - this.#spot);
      if (nearest === undefined || away < Math.abs(nearest - this.#spot)) nearest = strike;
    }
    return nearest;
  }

  #newBar(): Bar {
    const startsAt = epochMicros(this.#at - (this.#at % MICROS_PER_MINUTE));
    const now = priceFromDollars(pennies(this.#spot));
    return { startsAt, open: now, high: now, low: now, close: now, volume: 0 };
  }

  /** The underlying's quote, a cent wide. */
  spotQuote(): RowQuote {
    const bid = pennies(this.#spot - CENT / 2);
    return {
      index: -1,
      bid: priceFromDollars(bid),
      ask: priceFromDollars(bid + CENT),
      bidSize: this.#random.whole(100, 900),
      askSize: this.#random.whole(100, 900),
    };
  }

  /** Options that quote in this round: those that changed, and of the others every fourth one.
   * `all` quotes every row. */
  optionQuotes(faults: QuoteFaults, all: boolean, held = NOTHING): readonly RowQuote[] {
    this.#round += 1;
    const quotes: RowQuote[] = [];
    const years = yearsToExpiry(this.#at, this.#session.lastTrade);
    for (const [index, contract] of this.#contracts.entries()) {
      const plain = this.#quote(index, this.#value(contract, years), faults);
      const quantity = held.size === 0 ? undefined : held.get(occSymbol(contract));
      if (quantity !== undefined && faults.silentLegs && this.#silent.strikes(index)) continue;
      const fresh = quantity === undefined ? plain : this.#struck(plain, quantity, faults);
      const shown = this.#shown[index];
      const isSame =
        shown?.bid === fresh.bid && shown?.ask === fresh.ask && shown?.odd === fresh.odd;
      if (isSame && !all && (index + this.#round) % REFRESH_ROUNDS !== 0) continue;
      this.#shown[index] = fresh;
      quotes.push(fresh);
    }
    return quotes;
  }

  #value({ strike, right }: OptionContract, years: number): number {
    const dollars = strike / (PRICE_PER_CENT * 100);
    const skew = SKEW_PER_DOLLAR * (this.#spot - dollars);
    const vol = Math.max(LEAST_VOL, this.#temper.impliedVol + skew);
    return blackValue({ right, forward: this.#spot, strike: dollars, years, vol });
  }

  #quote(index: number, worth: number, faults: QuoteFaults): RowQuote {
    const isJump = faults.jumped && this.#random.chance(JUMP_CHANCE);
    const value = isJump ? worth * this.#random.between(...JUMP_MULTIPLE) : worth;
    const width = Math.max(CENT, pennies(value * WIDTH_OF_MID));
    const bid = Math.max(0, Math.floor((value - width / 2) * 100) / 100);
    const ask = pennies(bid + width);
    const sizes = this.#sizes(faults.thin);
    const isFaulty =
      (faults.crossed || faults.oneSided || faults.odd) && this.#random.chance(FAULTY_ROW_CHANCE);
    if (isFaulty && faults.odd) {
      return { index, ...sides(bid, ask), ...sizes, odd: this.#random.pick(ODD_DOLLARS) };
    }
    if (isFaulty && faults.crossed) return { index, ...sides(ask, bid), ...sizes };
    const hasBid = bid >= LEAST_BID_DOLLARS && !(isFaulty && this.#random.chance(0.5));
    const hasAsk = !isFaulty || !hasBid;
    return { index, ...sides(hasBid ? bid : 0, hasAsk ? ask : 0), ...sizes };
  }

  /** The quote of a row that is held, as faults aimed at such rows leave it. */
  #struck(quote: RowQuote, held: number, { bare, flicker }: QuoteFaults): RowQuote {
    const { index, bid, ask } = quote;
    if (ask === undefined || (bid !== undefined && bid > ask)) return quote;
    if (bare && held > 0 && this.#bare.strikes(index)) {
      return { ...quote, bid: undefined, ask: price(Math.max(ask, LEAST_BARE_ASK)) };
    }
    if (!flicker || !this.#wide.strikes(index)) return quote;
    const lower = Math.floor(((bid ?? 0) * NARROWED) / PRICE_PER_CENT) * PRICE_PER_CENT;
    const higher = Math.ceil((ask * WIDENED) / PRICE_PER_CENT) * PRICE_PER_CENT + WIDE_BY;
    return { ...quote, bid: lower > 0 ? price(lower) : undefined, ask: price(higher) };
  }

  #sizes(thin: boolean): { bidSize: number; askSize: number } {
    const most = thin ? MOST_THIN_SIZE : MOST_SIZE;
    return { bidSize: this.#random.whole(1, most), askSize: this.#random.whole(1, most) };
  }
}

function pennies(dollars: number): number {
  return Math.round(dollars * 100) / 100;
}

/** A side at nothing is a side without a price. */
function sides(bid: number, ask: number): Pick<RowQuote, 'bid' | 'ask'> {
  return {
    bid: bid > 0 ? priceFromDollars(bid) : undefined,
    ask: ask > 0 ? priceFromDollars(ask) : undefined,
  };
}

/** Calls, then puts, a dollar apart. */
function contractsAround(
  { spot, reach }: MarketTemper,
  session: SessionTimes,
): readonly OptionContract[] {
  const middle = Math.round(spot);
  const rights: readonly Right[] = ['call', 'put'];
  return rights.flatMap((right) =>
    Array.from({ length: 2 * reach + 1 }, (_, i): OptionContract => {
      const strike = priceFromDollars(middle - reach + i);
      return { kind: 'option', root: 'SPY', expiry: session.date, right, strike };
    }),
  );
}
