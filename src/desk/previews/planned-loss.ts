/** The planned loss as the day will count it: with the fees of the opening and of the close. */
import { orderFees } from '../../broker/fees.ts';
import {
  type ExitPlan,
  legSign,
  type OrderIntent,
  type OrderLeg,
} from '../../engine/domain/order.ts';
import { cents } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';

function closed(leg: OrderLeg): OrderLeg {
  return { ...leg, action: legSign(leg.action) > 0 ? 'sellToClose' : 'buyToClose' };
}

/** The plan of an opening with the fees of both ways in its planned loss, where it plans one. */
export function withFees(
  desk: DeskContext,
  { legs, quantity }: Pick<OrderIntent, 'legs' | 'quantity'>,
  plan: ExitPlan,
): ExitPlan {
  const { plannedLossCents } = plan;
  if (plannedLossCents === undefined) return plan;
  const { name } = desk.gateway.capabilities;
  const out = legs.map(closed);
  const feesCents = orderFees(name, legs, quantity) + orderFees(name, out, quantity);
  return { ...plan, plannedLossCents: cents(plannedLossCents + feesCents) };
}
