/** Intents and fills for the portfolio, written the short way. */

import type { ExitPlan, Fill, OrderIntent, OrderLeg } from '../../../src/engine/domain/order.ts';
import { isOpening } from '../../../src/engine/domain/order.ts';
import { cents, epochMicros, priceFromDollars } from '../../../src/engine/domain/units.ts';

export const EXIT_PLAN: ExitPlan = { timeExitAt: epochMicros(9) };
export const OPENED_AT = epochMicros(5);

export function intentOf(legs: readonly OrderLeg[], positionId = 'p', quantity = 1): OrderIntent {
  const isOpen = legs.some((leg) => isOpening(leg.action));
  const limit = priceFromDollars(0.01);
  return {
    intentId: `${positionId}-${isOpen ? 'open' : 'close'}`,
    purpose: isOpen ? 'open' : 'close',
    strategy: 'iron_condor_30_delta',
    positionId,
    legs,
    quantity,
    limit,
    worst: limit,
    ...(isOpen && { exitPlan: EXIT_PLAN }),
    principal: 'test',
  };
}

let lastFill = 0;

/** A new execution of a leg, at dollars per share, with one cent of fees a contract. */
export function fillOf(leg: OrderLeg, dollars: number, quantity = leg.ratio): Fill {
  lastFill += 1;
  return {
    fillId: `fill-${lastFill}`,
    intentId: 'any',
    instrument: leg.instrument,
    action: leg.action,
    quantity,
    price: priceFromDollars(dollars),
    feesCents: cents(quantity),
    marketAt: OPENED_AT,
  };
}
