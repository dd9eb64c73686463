/** Which quotes of an underlying, or of its shares, tell its price. */
import type { Quote } from './market.ts';
import type { Price } from './units.ts';
import { price } from './units.ts';

/** So wide a quote of it may be, a fraction of its mid: a whole day is measured from one, and what expires is
 * judged by one. */
export const SPOT_WIDTH_FRACTION = 0.002;

/** Mid of both sides; undefined where they are crossed or too wide to be a market. An index's level is both
 * of its sides. */
export function spotMid({ bid, ask }: Pick<Quote, 'bid' | 'ask'>): Price | undefined {
  if (bid === undefined || ask === undefined || bid > ask) return undefined;
  const mid = (bid + ask) / 2;
  return ask - bid > SPOT_WIDTH_FRACTION * mid ? undefined : price(Math.round(mid));
}
