/** Turns the cells of a chain row into the words of the domain. */
import type { LentAt } from '../domain/clock.ts';
import type { Greeks } from '../domain/greeks.ts';
import type { OptionContract } from '../domain/instrument.ts';
import type { ContractView, Quote } from '../domain/market.ts';
import type { SessionTimes } from '../domain/session-calendar.ts';
import { epochMicros, type Price, price } from '../domain/units.ts';
import { ABSENT } from '../ring/ring-layout.ts';
import {
  ASK_FIELD,
  ASK_SIZE_FIELD,
  BID_FIELD,
  BID_SIZE_FIELD,
  DATE_CELL,
  DELTA_FIELD,
  EXERCISE_MARK_CELL,
  EXPIRY_FIELD,
  FEED_DELTA_FIELD,
  FLAG_MODELLED,
  FLAGS_FIELD,
  GAMMA_FIELD,
  HALF_DAY_CELL,
  IMPLIED_VOL_FIELD,
  LAST_FIELD,
  LAST_TRADE_CELL,
  OPEN_CELL,
  OPEN_INTEREST_FIELD,
  QUOTE_MARKET_FIELD,
  QUOTE_WALL_FIELD,
  RIGHT_FIELD,
  ROOT_FIELD,
  STRIKE_FIELD,
  THETA_FIELD,
  THETA_NEXT_HOUR_FIELD,
  VEGA_FIELD,
  VOLUME_FIELD,
} from './chain-layout.ts';
import { midOf } from './quote-quality.ts';
import { dateOfCode, tickerOfCode } from './symbol-code.ts';

/** A cell's number, or undefined where it is not known. */
export function knownCell(cells: Float64Array, cell: number): number | undefined {
  const value = cells[cell];
  return value === ABSENT ? undefined : value;
}

/** A cell's price, or undefined where it is not known. */
export function knownPrice(cells: Readonly<Float64Array>, cell: number): Price | undefined {
  const value = cells[cell] ?? ABSENT;
  return value === ABSENT ? undefined : price(value);
}

function micros(cells: Readonly<Float64Array>, cell: number) {
  return epochMicros(cells[cell] ?? ABSENT);
}

/** The contract whose row starts at `first`. */
export function contractAt(cells: Float64Array, first: number): OptionContract {
  return {
    kind: 'option',
    root: tickerOfCode(cells[first + ROOT_FIELD] ?? 0),
    expiry: dateOfCode(cells[first + EXPIRY_FIELD] ?? 0),
    right: cells[first + RIGHT_FIELD] === 0 ? 'call' : 'put',
    strike: price(cells[first + STRIKE_FIELD] ?? ABSENT),
  };
}

/** The quote of the row that starts at `first`; undefined before its first one. */
export function quoteAt(cells: Float64Array, first: number): Quote | undefined {
  if (cells[first + QUOTE_MARKET_FIELD] === ABSENT) return undefined;
  return {
    bid: knownPrice(cells, first + BID_FIELD),
    ask: knownPrice(cells, first + ASK_FIELD),
    bidSize: cells[first + BID_SIZE_FIELD] ?? 0,
    askSize: cells[first + ASK_SIZE_FIELD] ?? 0,
    at: {
      market: micros(cells, first + QUOTE_MARKET_FIELD),
      wall: micros(cells, first + QUOTE_WALL_FIELD),
    },
  };
}

/** A quote that is lent: written again for the next look. Who keeps it copies it, with its time. */
export type LentQuote = { -readonly [K in keyof Quote]: Quote[K] } & { readonly at: LentAt };

export function lentQuote(): LentQuote {
  const at = { market: epochMicros(0), wall: epochMicros(0) };
  return { bid: undefined, ask: undefined, bidSize: 0, askSize: 0, at };
}

/** The same quote as `quoteAt` gives, without an object. False before the row's first one. */
export function readQuote(cells: Readonly<Float64Array>, first: number, into: LentQuote): boolean {
  if (cells[first + QUOTE_MARKET_FIELD] === ABSENT) return false;
  into.bid = knownPrice(cells, first + BID_FIELD);
  into.ask = knownPrice(cells, first + ASK_FIELD);
  into.bidSize = cells[first + BID_SIZE_FIELD] ?? 0;
  into.askSize = cells[first + ASK_SIZE_FIELD] ?? 0;
  into.at.market = micros(cells, first + QUOTE_MARKET_FIELD);
  into.at.wall = micros(cells, first + QUOTE_WALL_FIELD);
  return true;
}

/** The mid of a row's quote, half a unit rounded up; undefined where a side is missing or the quote
 * is crossed. */
export function midAt(cells: Readonly<Float64Array>, first: number): Price | undefined {
  const mid = midOf(cells, first);
  return mid === ABSENT ? undefined : price(mid);
}

function greeksAt(cells: Float64Array, first: number): Greeks | undefined {
  const delta = knownCell(cells, first + DELTA_FIELD);
  if (delta === undefined) return undefined;
  return {
    delta,
    gamma: cells[first + GAMMA_FIELD] ?? 0,
    theta: cells[first + THETA_FIELD] ?? 0,
    thetaNextHour: cells[first + THETA_NEXT_HOUR_FIELD] ?? 0,
    vega: cells[first + VEGA_FIELD] ?? 0,
  };
}

/**
 * One contract over the cells of its row: nothing is made until it is asked for, so that a slice of
 * 400 contracts costs next to nothing where four are looked at. It never changes where the cells
 * under it never do. Numbers that hot paths ask for need no object: `bid`, `ask`, `mid`, `delta`.
 */
export class RowView implements ContractView {
  readonly index: number;
  readonly contract: OptionContract;
  readonly #cells: Float64Array;
  readonly #first: number;

  /** `first` is where the row starts in `cells`; `contract` what `contractAt` gives for it. */
  constructor(
    cells: Float64Array,
    first: number,
    { index, contract }: Pick<ContractView, 'index' | 'contract'>,
  ) {
    this.#cells = cells;
    this.#first = first;
    this.index = index;
    this.contract = contract;
  }

  get quote(): Quote | undefined {
    return quoteAt(this.#cells, this.#first);
  }

  /** True once there was a quote, whatever its sides. */
  get isQuoted(): boolean {
    return this.#cells[this.#first + QUOTE_MARKET_FIELD] !== ABSENT;
  }

  get bid(): Price | undefined {
    return knownPrice(this.#cells, this.#first + BID_FIELD);
  }

  get ask(): Price | undefined {
    return knownPrice(this.#cells, this.#first + ASK_FIELD);
  }

  /** Half a unit rounded up; undefined where a side is missing or the quote is crossed. */
  get mid(): Price | undefined {
    return midAt(this.#cells, this.#first);
  }

  get impliedVol(): number | undefined {
    return knownCell(this.#cells, this.#first + IMPLIED_VOL_FIELD);
  }

  get delta(): number | undefined {
    return knownCell(this.#cells, this.#first + DELTA_FIELD);
  }

  get greeks(): Greeks | undefined {
    return greeksAt(this.#cells, this.#first);
  }

  get modelled(): boolean {
    return ((this.#cells[this.#first + FLAGS_FIELD] ?? 0) & FLAG_MODELLED) !== 0;
  }

  get last(): Price | undefined {
    return knownPrice(this.#cells, this.#first + LAST_FIELD);
  }

  get volume(): number | undefined {
    return knownCell(this.#cells, this.#first + VOLUME_FIELD);
  }

  get openInterest(): number | undefined {
    return knownCell(this.#cells, this.#first + OPEN_INTEREST_FIELD);
  }

  get feedDelta(): number | undefined {
    return knownCell(this.#cells, this.#first + FEED_DELTA_FIELD);
  }
}

/** The session in the header. */
export function sessionAt(cells: Float64Array): SessionTimes {
  return {
    date: dateOfCode(cells[DATE_CELL] ?? 0),
    kind: cells[HALF_DAY_CELL] === 1 ? 'half' : 'full',
    open: micros(cells, OPEN_CELL),
    exerciseMark: micros(cells, EXERCISE_MARK_CELL),
    lastTrade: micros(cells, LAST_TRADE_CELL),
  };
}
