/** Greeks of the order being judged, and what they can make of the book's at the worst fill. */
import type { Greeks } from '../engine/domain/greeks.ts';
import { multiplierOf } from '../engine/domain/instrument.ts';
import { legSign, type OrderLeg } from '../engine/domain/order.ts';
import type { RiskInput } from './risk-input.ts';
import { legMarket } from './slice-lookup.ts';

export type CappedGreek = 'delta' | 'gamma' | 'vega';

/** A share moves one for one with itself and has no curvature. */
const OF_A_SHARE: Readonly<Record<CappedGreek, number>> = { delta: 1, gamma: 0, vega: 0 };

function legGreeks(input: RiskInput, leg: OrderLeg): Pick<Greeks, CappedGreek> | undefined {
  if (leg.instrument.kind === 'shares') return OF_A_SHARE;
  const { fresh, greeks } = legMarket(input, leg);
  return fresh === undefined ? undefined : greeks;
}

/** One greek of the whole order, in shares' worth; undefined when a leg has none that is fresh. */
export function orderGreek(input: RiskInput, greek: CappedGreek): number | undefined {
  const { legs, quantity } = input.intent;
  let total = 0;
  for (const leg of legs) {
    const greeks = legGreeks(input, leg);
    if (greeks === undefined) return undefined;
    total +=
      greeks[greek] * legSign(leg.action) * leg.ratio * quantity * multiplierOf(leg.instrument);
  }
  return total;
}

export interface GreekRange {
  readonly highest: number;
  readonly lowest: number;
  /** The larger of the two without its sign. */
  readonly worst: number;
}

/** The extremes of the book with an order that may or may not fill. */
export function greekRange(
  book: { readonly highest: number; readonly lowest: number },
  ofOrder: number,
): GreekRange {
  const highest = book.highest + Math.max(0, ofOrder);
  const lowest = book.lowest + Math.min(0, ofOrder);
  return { highest, lowest, worst: Math.max(highest, -lowest) };
}
