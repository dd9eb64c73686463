/** A picture of the desk in which one order is not there. Pure. */
import type { DeskContext } from '../desk-context.ts';

/** The desk as it would stand without an order. That it was sent stays so: it counts among the orders of
 * the minute and the day. */
export function withoutOrder(desk: DeskContext, orderId: string): DeskContext {
  return { ...desk, orders: desk.orders.without(orderId) };
}
