/** A picture of the desk in which one order works no more. Pure. */
import type { DeskContext } from '../desk-context.ts';
import type { OrderRecord } from '../orders/order-book.ts';

/** The desk as it would stand if an order worked no more; as it stands where none is named. What it has done stays so: it counts among the
 * orders of the minute and the day, and its fills, losses and acceptance by the broker as before. */
export function withoutOrder(desk: DeskContext, orderId: string | undefined): DeskContext {
  if (orderId === undefined) return desk;
  return { ...desk, orders: desk.orders.without(orderId) };
}

/** The order that another took the place of. Its token was spent on both: so it is known after a restart too. */
function replacedBy(
  { tokens, orders, at }: DeskContext,
  order: OrderRecord,
): OrderRecord | undefined {
  const { intentId, principal } = order.intent;
  const found = tokens.lookup(order.tokenSha256 ?? '', principal, at);
  if (found.kind !== 'used') return undefined;
  const other = found.spent.result.intentIds.find((id) => id !== intentId);
  return other === undefined ? undefined : orders.get(other);
}

/** The order that works no more in such a picture, with those whose place it had taken. */
export function placeOf(desk: DeskContext): ReadonlySet<string> {
  const place = new Set<string>();
  let order = desk.orders.leftOut;
  while (order !== undefined && !place.has(order.intent.intentId)) {
    place.add(order.intent.intentId);
    order = replacedBy(desk, order);
  }
  return place;
}
