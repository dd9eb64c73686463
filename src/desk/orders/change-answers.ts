/** What the broker answers to a cancel or to a new limit, applied to its order. */

import { isMovedByCancel } from '../../broker/moved-by-cancel.ts';
import type { BrokerEvent } from '../../broker/order-gateway.ts';
import { addMicros } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { externalWorstCase } from './external-worst-case.ts';
import type { OrderRecord } from './order-book.ts';
import { filledUnits, isClose, isExternal, isFinal } from './order-book.ts';
import { publishOrder } from './order-views.ts';

/** After the broker refused an order its new limit it is asked for none for this long, and where a close is
 * in a hurry for no longer than for another cancel. */
const REFUSED_CHANGE_PAUSE_MICROS = 10_000_000;
/** After the broker refused a cancel, in its own words or because it is asked too often, the engine asks
 * again no sooner. */
const REFUSED_CANCEL_PAUSE_MICROS = 1_000_000;

/** A word against a new limit says nothing of cancels, nor one against a cancel of limits. */
export function onCancelRejected(desk: DeskContext, intentId: string, reason: string): void {
  const order = desk.orders.get(intentId);
  if (order === undefined || isFinal(order)) return;
  const { wall } = desk.at;
  const isOfCancel = order.cancelRequested;
  if (isOfCancel) order.cancelRefusals += 1;
  else order.limitStaysUntil = addMicros(wall, changePauseMicros(order));
  if (isOfCancel || isMoving(desk, order)) {
    order.cancelAgainAt = addMicros(wall, REFUSED_CANCEL_PAUSE_MICROS);
  }
  order.cancelRequested = false;
  order.limit = order.brokerLimit;
  order.reason = `${isOfCancel ? 'cancel' : 'new limit'} refused: ${reason}`;
  // Of a foreign order that the broker lists no more the gateway refuses each: what pictures say of it counts.
  if (!isExternal(order)) order.updatedAt = desk.at;
  publishOrder(desk, order);
}

function changePauseMicros(order: OrderRecord): number {
  const isHurried = order.urgency === 'fast' || order.urgency === 'urgent';
  return isClose(order) && isHurried ? REFUSED_CANCEL_PAUSE_MICROS : REFUSED_CHANGE_PAUSE_MICROS;
}

/** True of a close whose new limit came by a cancel: that may be on its way still, and end it. */
function isMoving({ gateway }: DeskContext, order: OrderRecord): boolean {
  return (
    isClose(order) && isMovedByCancel(order.intent, order.fills.length > 0, gateway.capabilities)
  );
}

export function onReplaced(
  desk: DeskContext,
  { intentId, limit, remaining = 0 }: Extract<BrokerEvent, { kind: 'replaced' }>,
): void {
  const order = desk.orders.get(intentId);
  if (order === undefined || isFinal(order)) return;
  order.limit = limit;
  order.brokerLimit = limit;
  order.updatedAt = desk.at;
  if (!isExternal(order)) return;
  // Its units count from its adoption on, as its executions do.
  if (remaining > 0) {
    order.intent = { ...order.intent, quantity: filledUnits(order) + remaining };
  }
  order.worstCaseCents = externalWorstCase(desk, order.intent, limit);
}
