/**
 * Orders that this engine did not give, taken into its books: shown, counted in every limit, and
 * otherwise let be. The engine moves no limit of theirs; a kill calls back those that open.
 */

import type { WorkingOrder } from '../../broker/order-gateway.ts';
import type { AdoptedOrder } from '../../engine/domain/audit-record.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { isOpening } from '../../engine/domain/order.ts';
import { orderHash } from '../../risk/order-hash.ts';
import type { DeskContext } from '../desk-context.ts';
import { externalWorstCase } from './external-worst-case.ts';
import { newOrder } from './order-book.ts';
import { publishOrder } from './order-views.ts';

/** Whoever gave it. */
export const EXTERNAL = 'external';

function intentOf(order: WorkingOrder): OrderIntent {
  const { intentId, legs, remaining, limit } = order;
  return {
    intentId,
    purpose: legs.some(({ action }) => isOpening(action)) ? 'open' : 'close',
    strategy: EXTERNAL,
    positionId: intentId,
    legs,
    quantity: remaining,
    limit,
    worst: limit,
    principal: EXTERNAL,
  };
}

/** Enters an adopted order as one that works. Also used by recovery. */
export function adoptOrder(desk: DeskContext, { intent, brokerOrderId }: AdoptedOrder): void {
  if (desk.orders.get(intent.intentId) !== undefined) return;
  const order = newOrder({
    intent,
    orderHash: orderHash(intent),
    worstCaseCents: externalWorstCase(desk, intent, intent.limit),
    createdAt: desk.at,
    tokenSha256: null,
    intentSeq: 0,
    approved: undefined,
    limit: intent.limit,
    urgency: 'normal',
  });
  order.status = 'working';
  order.brokerOrderId = brokerOrderId;
  order.sentAt = desk.at;
  order.reason = 'not given by this engine';
  desk.orders.add(order);
  publishOrder(desk, order);
}

/** Takes a foreign order into the books. */
export function adopt(desk: DeskContext, found: WorkingOrder): void {
  const order = { intent: intentOf(found), brokerOrderId: found.brokerOrderId };
  desk.out.append({ kind: 'orderAdopted', order }, true);
  adoptOrder(desk, order);
}
