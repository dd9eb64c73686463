/** The price grid of what this engine trades. */
import { type Price, price } from '../engine/domain/units.ts';

/** One cent: SPY options quote in pennies at every price (OCC penny interval program), shares and
 * complex orders too. */
export const TICK: Price = price(100);

/** True when a price stands on the grid. */
export function isOnTick(value: Price): boolean {
  return value % TICK === 0;
}

/** The nearest grid price not above `value`: as a signed net, the concession to the market. */
export function floorToTick(value: number): Price {
  return price(Math.floor(value / TICK) * TICK);
}
