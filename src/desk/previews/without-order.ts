/** A picture of the desk in which one order is not there. Pure. */
import type { DeskContext } from '../desk-context.ts';

/** The desk as it would stand without an order. */
export function withoutOrder(desk: DeskContext, orderId: string): DeskContext {
  const recentOrders = desk.day.recentOrders.filter(({ intentId }) => intentId !== orderId);
  return { ...desk, orders: desk.orders.without(orderId), day: { ...desk.day, recentOrders } };
}
