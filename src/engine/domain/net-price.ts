/** Net prices of a structure from the quotes of its legs. */
import { instrumentSymbol } from './instrument.ts';
import type { Quote } from './market.ts';
import type { OrderLeg } from './order.ts';
import { legSign } from './order.ts';
import type { Price } from './units.ts';
import { price } from './units.ts';

export type QuoteOf = (symbol: string) => Quote | undefined;

/** Signed nets per share for one unit: credit positive, debit negative. */
export interface NetPrices {
  /** Sold at the bid, bought at the ask. */
  readonly natural: Price;
  /** Every leg at its mid; a leg without a bid counts half its ask. Rounded to 1/10,000. */
  readonly mid: Price;
}

/** One leg's market, per share and unsigned. Of a quote that is crossed one side is wrong, and a leg trades at
 * the worse of the two: it is a wide one that nobody knows better. */
export interface LegPrices {
  /** What the leg trades at: the ask to buy, the bid to sell. */
  readonly natural: Price;
  /** The other side, which counts 0 for a missing bid. */
  readonly other: number;
}

/** Both sides of a leg's market; undefined where the side it trades on lacks. */
export function legPrices(leg: OrderLeg, quote: Quote | undefined): LegPrices | undefined {
  const buys = legSign(leg.action) > 0;
  const natural = buys ? quote?.ask : quote?.bid;
  if (quote === undefined || natural === undefined) return undefined;
  const other = buys ? quote.bid : quote.ask;
  if (other === undefined) return { natural, other: buys ? 0 : natural };
  const isCrossed = buys ? other > natural : other < natural;
  return isCrossed ? { natural: other, other: natural } : { natural, other };
}

/** What the legs would trade at. A leg to buy needs an ask, a leg to sell needs a bid; a missing
 * side is answered with the symbol and side that lack. */
export function netPrices(
  legs: readonly OrderLeg[],
  quoteOf: (symbol: string, leg: OrderLeg) => Quote | undefined,
): NetPrices | { readonly missing: string; readonly side: 'bid' | 'ask' } {
  let natural = 0;
  let mid = 0;
  for (const leg of legs) {
    const symbol = instrumentSymbol(leg.instrument);
    const sign = -legSign(leg.action);
    const prices = legPrices(leg, quoteOf(symbol, leg));
    if (prices === undefined) return { missing: symbol, side: sign < 0 ? 'ask' : 'bid' };
    natural += sign * prices.natural * leg.ratio;
    mid += (sign * (prices.natural + prices.other) * leg.ratio) / 2;
  }
  return { natural: price(natural), mid: price(Math.round(mid)) };
}
