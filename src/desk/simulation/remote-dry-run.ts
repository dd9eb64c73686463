/** What the broker behind wires says to an order that is not sent. Pure. */

import { orderFees } from '../../broker/fees.ts';
import type { DryRunAnswer } from '../../broker/order-gateway.ts';
import { multiplierOfLegs } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { amountCents, cents } from '../../engine/domain/units.ts';
import { payoffSummary } from '../../engine/pricing/payoff.ts';

/** `odd`: it has understood another order than was meant. */
export type DryRunFate = 'right' | 'refused' | 'odd' | 'unreadable';

const ODD_CENTS = 1_000_00;

export function remoteDryRun(intent: OrderIntent, fate: DryRunFate): DryRunAnswer {
  if (fate === 'unreadable') return { outcome: 'failed', reason: 'what came cannot be read' };
  if (fate === 'refused') return { outcome: 'refused', reason: 'margin_check_failed' };
  const { legs, quantity, worst } = intent;
  const feesCents = orderFees('tastytrade', legs, quantity);
  const { marginCents } = payoffSummary({ legs, quantity, netPrice: worst, feesCents });
  const premiumCents = amountCents(worst, quantity, multiplierOfLegs(legs));
  const oddCents = fate === 'odd' ? ODD_CENTS : 0;
  const neededCents = cents(marginCents - premiumCents + feesCents + oddCents);
  return { outcome: 'passed', neededCents, feesCents, warnings: [] };
}
