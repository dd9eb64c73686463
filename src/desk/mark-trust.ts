/** Whether the marks behind the day's P&L may move the loss governor. */
import { instrumentSymbol } from '../engine/domain/instrument.ts';
import type { Quote } from '../engine/domain/market.ts';
import { isFresh } from '../risk/quote-age.ts';
import type { DeskContext } from './desk-context.ts';
import { quoteOf } from './desk-context.ts';

/** A quote this much wider than its mid, and wider than the floor, marks nothing. */
const MAX_WIDTH_FRACTION = 0.5;
const WIDTH_FLOOR = 2_500;

/** A two-sided market of ordinary width, or a zero-bid wing with a small ask. */
function isOrdinary(quote: Quote): boolean {
  if (quote.ask === undefined) return false;
  const bid = quote.bid ?? 0;
  if (bid > quote.ask) return false;
  const bidAskSpread = quote.ask - bid;
  return bidAskSpread <= Math.max(WIDTH_FLOOR, (MAX_WIDTH_FRACTION * (bid + quote.ask)) / 2);
}

/** True while every held leg has a fresh quote of ordinary width. */
export function marksTrusted(desk: DeskContext): boolean {
  const { maxQuoteAgeMillis } = desk.config.limits;
  for (const position of desk.book.structures()) {
    for (const leg of position.legs) {
      if (leg.quantity === 0) continue;
      const quote = quoteOf(desk, instrumentSymbol(leg.instrument));
      if (quote === undefined || !isOrdinary(quote)) return false;
      if (!isFresh(quote, desk.at, maxQuoteAgeMillis)) return false;
    }
  }
  return true;
}
