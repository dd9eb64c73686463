/** Which orders belong to today. */
import type { OrderStatusView, OrderView } from '../../desk/engine-api.ts';

const DATE_CHARACTERS = 10;
const LIVE: ReadonlySet<OrderStatusView> = new Set([
  'pending',
  'unknown',
  'working',
  'partiallyFilled',
]);

/** True while something may still become of it. */
export function isLive({ status }: Pick<OrderView, 'status'>): boolean {
  return LIVE.has(status);
}

/** Orders made on the New York date of `asOf`, and those of earlier days that are not over. */
export function ordersOfToday(orders: readonly OrderView[], asOf: string): readonly OrderView[] {
  const today = asOf.slice(0, DATE_CHARACTERS);
  return orders.filter((order) => isLive(order) || order.createdAt.startsWith(today));
}
