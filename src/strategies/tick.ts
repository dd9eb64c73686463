/** The price grid. SPY options quote in pennies at every price, and so do nets of several legs. */
import type { Price } from '../engine/domain/units.ts';
import { price } from '../engine/domain/units.ts';

/** One cent per share. A coarser grid elsewhere would make the broker reject these limits. */
export const TICK_SIZE: Price = price(100);

/** Float dust of a sum of half-pennies must not cost a tick. */
const DUST = 1e-6;

/** The highest grid price at or below a number of 1/10,000 dollars: for a signed net this is the
 * market's favour (a debit grows, a credit shrinks). */
export function floorToTick(tenThousandths: number): Price {
  return price(Math.floor(tenThousandths / TICK_SIZE + DUST) * TICK_SIZE);
}

/** The lowest grid price at or above a number of 1/10,000 dollars. */
export function ceilToTick(tenThousandths: number): Price {
  return price(Math.ceil(tenThousandths / TICK_SIZE - DUST) * TICK_SIZE);
}
