/** Closes that ended before they filled: by the engine's doing they are asked for again, by somebody else's
 * they are not. */

import { isMovedByCancel } from '../../broker/moved-by-cancel.ts';
import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { DeskContext } from '../desk-context.ts';
import { callOff } from './asked-closes.ts';
import type { OrderRecord } from './order-book.ts';
import { isBeingCancelled, isClose, isExternal } from './order-book.ts';

/** The broker's word of an end before the last fill. */
export type Ended = Extract<BrokerEvent, { readonly kind: 'cancelled' | 'expired' }>;
type Cancelled = Extract<Ended, { readonly kind: 'cancelled' }>;

/** The word with the gateway as its doer where that cancelled the order to move it, and the run that knew of
 * it ended in between: the new limit is owed still. It is journalled so, for whoever reads it later. */
export function withItsDoer(desk: DeskContext, event: Cancelled): Cancelled {
  const order = desk.orders.get(event.intentId);
  return order !== undefined && isHalfMoved(desk, order) ? { ...event, by: 'gateway' } : event;
}

function isHalfMoved({ gateway }: DeskContext, order: OrderRecord): boolean {
  const { intent, fills, limit, brokerLimit, cancelRequested } = order;
  if (isExternal(order) || !isClose(order) || cancelRequested || limit === brokerLimit)
    return false;
  return isMovedByCancel(intent, fills.length > 0, gateway.capabilities);
}

/** An order by which a trader closes has ended, and by no cancel of this engine: nothing asks again, and who
 * did not cancel it at another screen has to know. What a person cancels here is called off when they ask:
 * what they ask for since stands. */
export function noteEnded(desk: DeskContext, order: OrderRecord, event: Ended): void {
  const isOurs = event.kind === 'cancelled' && event.by === 'gateway';
  if (isOurs || isBeingCancelled(order) || !callOff(desk, order)) return;
  const { intentId, positionId } = order.intent;
  if (!desk.out.isHeard || event.kind !== 'cancelled') return;
  const text = `order ${intentId}, which closes ${positionId}, was cancelled at the broker and not by this engine: nothing asks for it again; close_position previews it anew`;
  desk.out.alert('warning', 'CLOSE_CANCELLED', text, positionId);
}
