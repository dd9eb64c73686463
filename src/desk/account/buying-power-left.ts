/** What is left of buying power while the broker's picture of the account is a moment old. */

import type { AccountSnapshot } from '../../broker/order-gateway.ts';
import type { Cents } from '../../engine/domain/units.ts';
import { cents } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { filledUnits, isExternal, isFinal, type OrderRecord } from '../orders/order-book.ts';

/** What an opening takes that a picture without it lacks: all that is on its way, and of what has
 * ended since the picture what it filled. */
function claimOf(order: OrderRecord, { asOf }: AccountSnapshot): number {
  const { intent, worstCaseCents, updatedAt } = order;
  if (intent.purpose !== 'open' || isExternal(order)) return 0;
  if (!isFinal(order)) return worstCaseCents;
  if (updatedAt.wall <= asOf.wall) return 0;
  return (worstCaseCents * filledUnits(order)) / intent.quantity;
}

function shows({ workingOrders, endedOrders }: AccountSnapshot, intentId: string): boolean {
  const isIt = (order: { readonly intentId: string }): boolean => order.intentId === intentId;
  return workingOrders.some(isIt) || endedOrders.some(isIt);
}

/** The broker's last word less the worst cases of the openings that it did not know of then; undefined
 * while it gives no picture. */
export function buyingPowerLeft(desk: DeskContext): Cents | undefined {
  const snapshot = desk.gateway.snapshot(desk.at);
  if (snapshot === undefined) return undefined;
  let left = snapshot.buyingPowerCents;
  for (const order of desk.orders.all()) {
    const claim = claimOf(order, snapshot);
    if (claim > 0 && !shows(snapshot, order.intent.intentId)) left = cents(left - Math.ceil(claim));
  }
  return left;
}
