/** What the orders of a redeemed token have come to. */
import type { DeskContext } from '../desk-context.ts';
import type { ConfirmResult, OrderView } from '../engine-api.ts';
import type { OrderRecord } from '../orders/order-book.ts';
import { isFinal } from '../orders/order-book.ts';
import { orderView } from '../orders/order-views.ts';
import { unclosedNow } from '../orders/unclosed.ts';
import type { ConfirmedOrders } from './confirms.ts';

/** The orders that close come first; of those that open, the newest. */
function ordersOf(desk: DeskContext, orderIds: readonly string[]): readonly OrderRecord[] {
  const orders = orderIds.map((id) => desk.orders.get(id)).filter((order) => order !== undefined);
  const opens = ({ intent }: OrderRecord): number => (intent.purpose === 'open' ? 1 : 0);
  return orders.toSorted((a, b) => opens(a) - opens(b) || (opens(a) === 0 ? 0 : byName(b, a)));
}

function byName(a: OrderRecord, b: OrderRecord): number {
  return a.intent.intentId < b.intent.intentId ? -1 : 1;
}

/** What a token's orders have come to, now. */
export function confirmResult(
  desk: DeskContext,
  { orderIds, replayed, isFlatten }: ConfirmedOrders,
): ConfirmResult {
  const orders = ordersOf(desk, orderIds).map((order) => orderView(desk, order));
  if (isFlatten) return flattenResult(desk, orders, replayed);
  const result = resultOf(orders, replayed);
  // Of a replacement the new order comes first: it is none yet while the old one is called back, and is none
  // at all where it was not sent.
  const [orderId] = orderIds;
  if (orderId === undefined || desk.orders.get(orderId) !== undefined) return result;
  const reason = desk.day.replacements.unsent.get(orderId);
  if (reason !== undefined) return { ...result, orderId, status: 'denied', reason };
  const isToCome = orderIds.some((id) => desk.day.replacements.waiting.has(id));
  return isToCome ? { ...result, orderId, status: 'pending' } : result;
}

function resultOf(orders: readonly OrderView[], replayed: boolean): ConfirmResult {
  const [first] = orders;
  return {
    orderId: first?.orderId ?? null,
    status: first?.status ?? 'done',
    fills: orders.flatMap((order) => order.fills),
    latency: null,
    orders,
    replayed,
  };
}

/** What a flatten has come to, now: its orders, and what none of any flatten closes. */
export function flattenResult(
  desk: DeskContext,
  orders: readonly OrderView[],
  replayed: boolean,
): ConfirmResult {
  const result = resultOf(orders, replayed);
  const unclosed = unclosedNow(desk);
  return { ...result, ...(unclosed.length > 0 && { status: 'incomplete' }), unclosed };
}

/** True once nothing more can happen to these orders. */
export function isSettled(desk: DeskContext, orderIds: readonly string[]): boolean {
  if (orderIds.some((orderId) => desk.day.replacements.waiting.has(orderId))) return false;
  return ordersOf(desk, orderIds).every(isFinal);
}
