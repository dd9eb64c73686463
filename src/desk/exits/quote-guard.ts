/** Which quotes may fire a stop: fresh, sound, two-sided or those of a worthless wing, and no wider
 * than the guard. */
import type { At } from '../../engine/domain/clock.ts';
import type { Quote } from '../../engine/domain/market.ts';
import { SPOT_WIDTH_FRACTION } from '../../engine/domain/spot-mid.ts';
import type { Price } from '../../engine/domain/units.ts';
import { isCrossed, isFresh, isQuietWing } from '../../risk/quote-age.ts';

export interface QuoteGuard {
  readonly maxQuoteAgeMillis: number;
  /** A quote may be this many ticks wide, or this fraction of its mid, whichever is more. */
  readonly widthTicks: number;
  readonly widthFraction: number;
}

/** In a penny class: $0.05 or 12 % of the mid. */
export const QUOTE_GUARD: QuoteGuard = {
  maxQuoteAgeMillis: 5_000,
  widthTicks: 5,
  widthFraction: 0.12,
};

/** Of the underlying and its shares, some tenths of a percent: a whole day is measured from such a quote. */
export const SPOT_GUARD: QuoteGuard = { ...QUOTE_GUARD, widthFraction: SPOT_WIDTH_FRACTION };

/** Why a quote is not trusted. `wide` alone leaves both of its sides usable as bounds. */
export type QuoteFault = 'missing' | 'stale' | 'crossed' | 'oneSided' | 'wide';

interface Sides {
  readonly bid: number;
  readonly ask: number;
}

/** The most that a quote around a mid may be wide, in 1/10,000 dollar. */
export function mostWidth(mid: number, guard: QuoteGuard, tick: Price): number {
  return Math.max(guard.widthTicks * tick, guard.widthFraction * mid);
}

function isWide({ bid, ask }: Sides, guard: QuoteGuard, tick: Price): boolean {
  return ask - bid > mostWidth((bid + ask) / 2, guard, tick);
}

/** What speaks against a quote; undefined when it is to be trusted. `tick` is the least price step of
 * its class. */
export function quoteFault(
  quote: Quote | undefined,
  at: At,
  guard: QuoteGuard,
  tick: Price,
): QuoteFault | undefined {
  if (quote === undefined) return 'missing';
  if (!isFresh(quote, at, guard.maxQuoteAgeMillis, tick)) return 'stale';
  if (isCrossed(quote)) return 'crossed';
  if (isQuietWing(quote, tick)) return undefined;
  const { bid, ask } = quote;
  if (bid === undefined || ask === undefined) return 'oneSided';
  return isWide({ bid, ask }, guard, tick) ? 'wide' : undefined;
}
