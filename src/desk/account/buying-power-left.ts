/** What is left of buying power while the broker's picture of the account is a moment old. */

import type { AccountSnapshot } from '../../broker/order-gateway.ts';
import { multiplierOfLegs } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { Cents } from '../../engine/domain/units.ts';
import { amountCents, cents, price } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { filledUnits, isExternal, isFinal, type OrderRecord } from '../orders/order-book.ts';
import { payoffAtExpiry } from './opening-payoff.ts';

/** What an opening takes that a picture without it lacks: all that is on its way, and what was filled since
 * the picture of what has ended, or ends for another to take its place. */
function claimOf(desk: DeskContext, order: OrderRecord, { asOf }: AccountSnapshot): number {
  const { intent, updatedAt } = order;
  if (intent.purpose !== 'open' || isExternal(order)) return 0;
  if (!isFinal(order) && order !== desk.orders.leftOut) return collateralOf(desk, order);
  if (updatedAt.wall <= asOf.wall) return 0;
  return (collateralOf(desk, order) * filledUnits(order)) / intent.quantity;
}

/** Worst ends by the intent, which never changes: every order is judged with all of them. */
const WORST_ENDS = new WeakMap<OrderIntent, Cents>();

/** What a broker holds back for all of an order: its worst end, whatever its stops may lose before. */
function collateralOf(desk: DeskContext, { intent, worstCaseCents }: OrderRecord): number {
  const known = WORST_ENDS.get(intent);
  if (known !== undefined) return known;
  const worst = payoffAtExpiry(desk, intent).maxLossCents;
  if (worst === undefined) return worstCaseCents;
  WORST_ENDS.set(intent, worst);
  return worst;
}

function shows({ workingOrders, endedOrders }: AccountSnapshot, intentId: string): boolean {
  const isIt = (order: { readonly intentId: string }): boolean => order.intentId === intentId;
  return workingOrders.some(isIt) || endedOrders.some(isIt);
}

/** What of the picture's buying power comes back with an order that works there: its worst end at the limit of
 * then, for as many units as are left. Those that have filled since are held, and their collateral with them. */
function heldFor(
  desk: DeskContext,
  order: OrderRecord,
  { workingOrders }: AccountSnapshot,
): number {
  const { intent } = order;
  const shown = workingOrders.find(({ intentId }) => intentId === intent.intentId);
  if (shown === undefined) return 0;
  const left = Math.min(shown.remaining, intent.quantity - filledUnits(order));
  const gap = price(shown.limit - intent.worst);
  const better = amountCents(gap, left, multiplierOfLegs(intent.legs));
  return Math.max(0, (collateralOf(desk, order) * left) / intent.quantity - better);
}

/** The broker's last word less what the openings hold that it did not know of then; undefined
 * while it gives no picture. An order that another takes the place of gives back what it holds: the two
 * never work at the same time. */
export function buyingPowerLeft(desk: DeskContext): Cents | undefined {
  const snapshot = desk.gateway.snapshot(desk.at);
  if (snapshot === undefined) return undefined;
  const { leftOut } = desk.orders;
  const back = leftOut === undefined ? 0 : heldFor(desk, leftOut, snapshot);
  let left = cents(snapshot.buyingPowerCents + Math.floor(back));
  for (const order of desk.orders.all()) {
    const claim = claimOf(desk, order, snapshot);
    if (claim > 0 && !shows(snapshot, order.intent.intentId)) left = cents(left - Math.ceil(claim));
  }
  return left;
}
