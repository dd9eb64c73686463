/** What an order may come to, for whoever counts its worst case. Pure. */
import { orderFees, settlementFees } from '../../broker/fees.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { PayoffSummary } from '../../engine/domain/payoff.ts';
import type { Cents } from '../../engine/domain/units.ts';
import { cents } from '../../engine/domain/units.ts';
import type { PayoffInputs } from '../../engine/pricing/payoff.ts';
import { payoffSummary } from '../../engine/pricing/payoff.ts';
import type { DeskContext } from '../desk-context.ts';
import { lossOfSideStops } from './side-stops.ts';

/** Fees of the whole order at the broker's schedule. */
export function feesOf(desk: DeskContext, intent: OrderIntent): Cents {
  return orderFees(desk.gateway.capabilities.name, intent.legs, intent.quantity);
}

/** Expiry payoff of the order at its worst acceptable price, so that no fill can be worse, with the fees
 * of an opening. Its worst point is what a broker holds back for it. */
export function payoffAtExpiry(desk: DeskContext, intent: OrderIntent): PayoffSummary {
  return payoffSummary(inputsOf(desk, intent));
}

function inputsOf(desk: DeskContext, intent: OrderIntent): PayoffInputs {
  const { legs, quantity, worst: netPrice, purpose } = intent;
  const feesCents = purpose === 'open' ? feesOf(desk, intent) : cents(0);
  return { legs, quantity, netPrice, feesCents };
}

/** The same with the worst case that every limit, the card and the plan's budget count: at expiry, what is
 * exercised and assigned there paid for, or by the stops of both sides where those lose more. */
export function payoffOf(desk: DeskContext, intent: OrderIntent): PayoffSummary {
  if (intent.purpose !== 'open') return payoffAtExpiry(desk, intent);
  const settlementFeeCents = settlementFees(desk.gateway.capabilities.name, 'assigned');
  const payoff = payoffSummary({ ...inputsOf(desk, intent), settlementFeeCents });
  const bothStopped = lossOfBothSides(intent);
  if (payoff.maxLossCents === undefined || bothStopped === undefined) return payoff;
  return { ...payoff, maxLossCents: cents(Math.max(payoff.maxLossCents, bothStopped)) };
}

/** What the stops of both sides of an opening lose together, where it has two. */
export function lossOfBothSides({ legs, exitPlan }: OrderIntent): Cents | undefined {
  const shorts = legs.flatMap(({ instrument, action }) =>
    instrument.kind === 'option' && action === 'sellToOpen' ? [instrument.right] : [],
  );
  return lossOfSideStops(exitPlan, shorts);
}
