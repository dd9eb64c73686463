/**
 * How a position is left whose opening conceded: by what was really received or paid for it. A function of the
 * order as it was recorded and moved, and of its executions, so that a restart has it without a record of its
 * own. While the opening works it goes by the average so far.
 */

import { multiplierOfLegs } from '../../engine/domain/instrument.ts';
import type { ExitPlan, OrderIntent } from '../../engine/domain/order.ts';
import type { Cents, Price } from '../../engine/domain/units.ts';
import { amountCents, cents, price } from '../../engine/domain/units.ts';
import { packageBounds } from '../../risk/package-bounds.ts';
import { condorExitAt } from '../../strategies/condor-exit.ts';
import { longPremiumExitAt } from '../../strategies/long-premium-exit.ts';
import { premiumOf } from '../../strategies/net-price.ts';
import { debitAt, manualExitAnew } from '../previews/manual-exit.ts';
import type { OrderRecord } from './order-book.ts';
import { filledUnits, openedNet } from './order-book.ts';

/** The intent with the exit plan of the limit that the order went out at. */
export function asSent({ intent, exitPlan }: OrderRecord): OrderIntent {
  if (exitPlan === undefined || exitPlan === intent.exitPlan) return intent;
  return { ...intent, exitPlan };
}

/** By hand: the distances that were asked for are those from the real entry. A target that cannot be reached from
 * there stays where it stood. */
function manualExitAt(intent: OrderIntent, plan: ExitPlan, net: Price): ExitPlan {
  const { quantity, worst } = intent;
  const { stop, target } = plan;
  const at = { quantity, net, worst, timeExitAt: plan.timeExitAt };
  const asked = manualExitAnew(intent, at);
  const { target: _, ...others } = plan;
  const exit = 'denied' in asked ? manualExitAnew({ ...intent, exitPlan: others }, at) : asked;
  if ('denied' in exit) return plan;
  const { stop: anew } = exit.exitPlan;
  const isNearer = stop !== undefined && anew !== undefined && debitAt(anew) < debitAt(stop);
  return {
    ...plan,
    ...(isNearer && { stop: anew }),
    ...(target && { target: exit.exitPlan.target ?? target }),
  };
}

/** The most that one unit can cost to close. */
function mostOf({ legs }: OrderIntent): number {
  return 0 - packageBounds(legs, undefined).least;
}

function planAt(intent: OrderIntent, plan: ExitPlan, net: Price): ExitPlan {
  const { legs, limit } = intent;
  switch (intent.strategy) {
    case 'iron_condor_30_delta':
      return condorExitAt(plan, {
        legs,
        credit: limit,
        width: price(mostOf(intent)),
        received: net,
      });
    case 'orb_long_call':
    case 'orb_long_put':
    case 'lotto_play_5_delta':
    case 'straddle_scan':
      return longPremiumExitAt(plan, { legs, premium: premiumOf(limit), paid: premiumOf(net) });
    case 'place_order':
      return manualExitAt(intent, plan, net);
    case 'external':
      return plan;
  }
}

/** What the stops of one unit close at: no unit costs more than the most it can be worth, but two sides do that are
 * closed one after the other. */
function costOfStops(intent: OrderIntent, { stop, sideStop }: ExitPlan): number {
  if (sideStop !== undefined) return 2 * sideStop.debit;
  return stop === undefined ? 0 : Math.min(debitAt(stop), mostOf(intent));
}

/** The planned loss is less by as much as the stops came nearer. */
function plannedLossAt(intent: OrderIntent, plan: ExitPlan, nearer: ExitPlan): Cents | undefined {
  const { legs, quantity } = intent;
  const { plannedLossCents } = plan;
  if (plannedLossCents === undefined) return undefined;
  const less = price(costOfStops(intent, plan) - costOfStops(intent, nearer));
  return cents(plannedLossCents - amountCents(less, quantity, multiplierOfLegs(legs)));
}

/** What one unit brought, each leg at its average: no less than the worst that the broker was ever given. As if
 * nothing was conceded before the first whole unit. */
function netOf(order: OrderRecord): Price {
  const units = filledUnits(order);
  if (units === 0) return order.plannedLimit;
  return price(Math.max(openedNet(order, units), order.intent.worst));
}

/** The intent of an order with the plan that its executions make of it: what a position is made of. */
export function asFilled(order: OrderRecord): OrderIntent {
  const sent = asSent(order);
  const { exitPlan: plan } = sent;
  const { plannedLimit: limit } = order;
  const net = netOf(order);
  if (plan === undefined || net >= limit) return sent;
  const intent = { ...sent, limit };
  const nearer = planAt(intent, plan, net);
  const plannedLossCents = plannedLossAt(intent, plan, nearer);
  const exitPlan = plannedLossCents === undefined ? nearer : { ...nearer, plannedLossCents };
  return { ...sent, exitPlan };
}
