/** How old a quote may be before it is no longer evidence. */
import type { At } from '../engine/domain/clock.ts';
import type { Quote } from '../engine/domain/market.ts';
import type { Price } from '../engine/domain/units.ts';
import { MICROS_PER_MILLI } from '../engine/domain/units.ts';

/** A contract offered at no more than this many ticks and without a bid quotes seldom: nothing
 * about it changes until the market comes near. */
export const QUIET_WING_ASK_TICKS = 5;
/** So its last quote stands this many times as long as another contract's. */
export const QUIET_WING_AGE_MULTIPLE = 12;

/** Age of a quote by this machine's clock, in milliseconds; never negative. */
export function quoteAgeMillis(quote: Quote, at: At): number {
  return Math.max(0, at.wall - quote.at.wall) / MICROS_PER_MILLI;
}

/** True for the market of a worthless wing: no bid, and an ask of a few ticks. `tick` is the least
 * step of its class. */
export function isQuietWing(quote: Quote, tick: Price): boolean {
  const hasBid = quote.bid !== undefined && quote.bid > 0;
  return !hasBid && quote.ask !== undefined && quote.ask <= QUIET_WING_ASK_TICKS * tick;
}

/** The age at which this quote turns stale where others do at `maxAgeMillis`. */
export function ageLimitMillis(quote: Quote, maxAgeMillis: number, tick: Price): number {
  return isQuietWing(quote, tick) ? maxAgeMillis * QUIET_WING_AGE_MULTIPLE : maxAgeMillis;
}

/** True while a quote is no older than its limit. */
export function isFresh(quote: Quote, at: At, maxAgeMillis: number, tick: Price): boolean {
  return quoteAgeMillis(quote, at) <= ageLimitMillis(quote, maxAgeMillis, tick);
}

/** True when the bid stands above the ask: one of the two is wrong. */
export function isCrossed(quote: Quote): boolean {
  return quote.bid !== undefined && quote.ask !== undefined && quote.bid > quote.ask;
}
