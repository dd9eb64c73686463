/** The worst a set of legs can end up with, reckoned apart from the engine's own pricing. */

import type { Instrument } from '../../engine/domain/instrument.ts';
import type { OrderIntent, OrderLeg } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';

/** Contracts or shares, signed as held. */
export interface HeldQuantity {
  readonly instrument: Instrument;
  readonly quantity: number;
}

const PRICE_PER_CENT = 100;
const CONTRACT_SHARES = 100;

function payoffCents({ instrument, quantity }: HeldQuantity, spot: number): number {
  if (instrument.kind === 'shares') return (quantity * spot) / PRICE_PER_CENT;
  const { right, strike } = instrument;
  const intrinsic = Math.max(0, right === 'call' ? spot - strike : strike - spot);
  return (quantity * intrinsic * CONTRACT_SHARES) / PRICE_PER_CENT;
}

/** The least that the legs pay over all prices of the underlying, in cents; -Infinity without end. */
export function leastPayoffCents(legs: readonly HeldQuantity[]): number {
  let slopeAbove = 0;
  const corners = [0];
  for (const { instrument, quantity } of legs) {
    if (instrument.kind === 'shares') slopeAbove += quantity;
    else {
      corners.push(instrument.strike);
      if (instrument.right === 'call') slopeAbove += quantity * CONTRACT_SHARES;
    }
  }
  if (slopeAbove < 0) return Number.NEGATIVE_INFINITY;
  const worths = corners.map((spot) => legs.reduce((sum, leg) => sum + payoffCents(leg, spot), 0));
  return Math.min(...worths);
}

/** What the legs of an order leave held, so many times; what they take away where that is negative. */
export function heldBy(legs: readonly OrderLeg[], times: number): readonly HeldQuantity[] {
  return legs.map(({ instrument, action, ratio }) => {
    return { instrument, quantity: legSign(action) * ratio * times };
  });
}

/** Contracts that an order trades, over all legs. */
export function contractsOf({ legs, quantity }: OrderIntent): number {
  return legs.reduce((sum, leg) => sum + leg.ratio, 0) * quantity;
}
