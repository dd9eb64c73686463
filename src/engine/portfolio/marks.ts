/** What a held structure is worth now: at mid for display, at liquidation for limits. */
import { instrumentSymbol, multiplierOf } from '../domain/instrument.ts';
import type { Quote } from '../domain/market.ts';
import type { Cents } from '../domain/units.ts';
import { amountCents, cents, price } from '../domain/units.ts';
import type { PositionLeg, StructurePosition } from './portfolio-book.ts';

export interface StructureMark {
  /** Signed value at mid; undefined where a leg cannot be marked. */
  readonly midCents: Cents | undefined;
  /** Signed value if closed at natural: longs at bid, shorts at ask. */
  readonly liquidationCents: Cents | undefined;
  /** Symbols of legs without a usable side. */
  readonly unmarkable: readonly string[];
}

/** Price per share of one leg at liquidation. A long option that nobody bids for is worth nothing,
 * as long as someone offers it; shares without a bid, and a short without an ask, have no mark. */
function liquidationPrice(leg: PositionLeg, quote: Quote): number | undefined {
  if (leg.quantity < 0) return quote.ask;
  if (quote.bid !== undefined) return quote.bid;
  return quote.ask === undefined || leg.instrument.kind === 'shares' ? undefined : 0;
}

/** Halfway between the sides; a missing bid counts as nothing, and without an ask it is the bid. */
function midPrice(quote: Quote): number | undefined {
  return quote.ask === undefined ? quote.bid : ((quote.bid ?? 0) + quote.ask) / 2;
}

function valueCents(leg: PositionLeg, perShare: number): Cents {
  const multiplier = multiplierOf(leg.instrument);
  return amountCents(price(Math.round(perShare)), leg.quantity, multiplier);
}

/** Marks a structure from live quotes. One leg without a mark leaves the whole without. */
export function markStructure(
  position: StructurePosition,
  quoteOf: (symbol: string) => Quote | undefined,
): StructureMark {
  let mid = 0;
  let liquidation = 0;
  const unmarkable: string[] = [];
  for (const leg of position.legs) {
    const symbol = instrumentSymbol(leg.instrument);
    const quote = quoteOf(symbol);
    const middle = quote === undefined ? undefined : midPrice(quote);
    const natural = quote === undefined ? undefined : liquidationPrice(leg, quote);
    if (middle === undefined || natural === undefined) unmarkable.push(symbol);
    else {
      mid += valueCents(leg, middle);
      liquidation += valueCents(leg, natural);
    }
  }
  if (unmarkable.length > 0)
    return { midCents: undefined, liquidationCents: undefined, unmarkable };
  return { midCents: cents(mid), liquidationCents: cents(liquidation), unmarkable };
}
