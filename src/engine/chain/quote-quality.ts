/** How good a row's quote is: what the chain's model may build on. */
import { ABSENT } from '../ring/ring-layout.ts';
import {
  ASK_FIELD,
  BID_FIELD,
  FLAG_AGED,
  FLAG_CROSSED,
  FLAG_LOCKED,
  QUOTE_MARKET_FIELD,
  QUOTE_WALL_FIELD,
} from './chain-layout.ts';

/**
 * The feed sends changes only, so an old quote may be a true one: deep in the wings nothing changes
 * for minutes. Silence for longer than this is taken for a lost subscription.
 */
export const MAX_QUOTE_AGE_MICROS = 300_000_000;

/** No quote yet, or one without any side: nothing is known of the contract's price. */
export const NO_MARKET = 0;
/** A price on one side only: it bounds the value, it does not tell it. */
export const ONE_SIDED = 1;
/** Crossed, locked or aged: its prices are not used at all. */
export const UNUSABLE = 2;
/** Two sides, bid below ask, fresh: the mid is the contract's price. */
export const TWO_SIDED = 3;

export type QuoteQuality = typeof NO_MARKET | typeof ONE_SIDED | typeof UNUSABLE | typeof TWO_SIDED;

/** The flags of a row's quote at a wall time: FLAG_CROSSED, FLAG_LOCKED, FLAG_AGED. */
export function quoteFlags(cells: Float64Array, first: number, wallMicros: number): number {
  if (cells[first + QUOTE_MARKET_FIELD] === ABSENT) return 0;
  const bid = cells[first + BID_FIELD] ?? ABSENT;
  const ask = cells[first + ASK_FIELD] ?? ABSENT;
  const age = wallMicros - (cells[first + QUOTE_WALL_FIELD] ?? ABSENT);
  const aged = age > MAX_QUOTE_AGE_MICROS ? FLAG_AGED : 0;
  if (bid === ABSENT || ask === ABSENT || bid < ask) return aged;
  return aged | (bid > ask ? FLAG_CROSSED : FLAG_LOCKED);
}

/** Judges a row's quote whose flags are `flags`. */
export function quoteQuality(cells: Float64Array, first: number, flags: number): QuoteQuality {
  const hasBid = cells[first + BID_FIELD] !== ABSENT;
  const hasAsk = cells[first + ASK_FIELD] !== ABSENT;
  if (!hasBid && !hasAsk) return NO_MARKET;
  if ((flags & (FLAG_CROSSED | FLAG_LOCKED | FLAG_AGED)) !== 0) return UNUSABLE;
  return hasBid && hasAsk ? TWO_SIDED : ONE_SIDED;
}

/** Mid of a row's quote as a whole Price, half a unit rounded up; ABSENT where a side is missing or
 * the quote is crossed. */
export function midOf(cells: Readonly<Float64Array>, first: number): number {
  const bid = cells[first + BID_FIELD] ?? ABSENT;
  const ask = cells[first + ASK_FIELD] ?? ABSENT;
  return bid === ABSENT || ask === ABSENT || bid > ask ? ABSENT : Math.round((bid + ask) / 2);
}
