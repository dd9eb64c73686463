/** What an order of others may lose at its limit. Pure. */
import type { OrderIntent } from '../../engine/domain/order.ts';
import { type Cents, cents, type Price } from '../../engine/domain/units.ts';
import { UNBOUNDED_LOSS_CENTS } from '../../risk/risk-input.ts';
import { payoffOf } from '../account/opening-payoff.ts';
import type { DeskContext } from '../desk-context.ts';

/** Worst case of the whole order after fees, positive; 0 where it closes. A market or stop order names no
 * price, one for an amount of dollars no quantity, and then nothing bounds what it may cost. */
export function externalWorstCase(desk: DeskContext, intent: OrderIntent, limit: Price): Cents {
  if (intent.purpose !== 'open') return cents(0);
  if (limit === 0 || intent.quantity === 0) return UNBOUNDED_LOSS_CENTS;
  const atLimit = { ...intent, limit, worst: limit };
  return payoffOf(desk, atLimit).maxLossCents ?? UNBOUNDED_LOSS_CENTS;
}
