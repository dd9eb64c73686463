/** Orders of the last day, for the duplicate and rate checks: they count from their record on. */

import type { At } from '../../engine/domain/clock.ts';
import { addMicros } from '../../engine/domain/units.ts';
import type { RecentOrder } from '../../risk/risk-input.ts';
import type { DeskContext } from '../desk-context.ts';
import type { OrderRecord } from './order-book.ts';

const COUNTS_FOR_MICROS = 24 * 3_600 * 1_000_000;

/** Enters an order recorded at a moment. */
export function rememberOrder(desk: DeskContext, order: OrderRecord, at: At): void {
  const { recentOrders } = desk.day;
  const { intentId, strategy, principal, purpose, legs, quantity } = order.intent;
  const opening = purpose === 'open';
  recentOrders.push({ wallAt: at.wall, intentId, strategy, principal, legs, quantity, opening });
  const horizon = addMicros(at.wall, -COUNTS_FOR_MICROS);
  while (recentOrders[0] !== undefined && recentOrders[0].wallAt < horizon) recentOrders.shift();
}

/** The orders that count now. */
export function recentOrders(desk: DeskContext): readonly RecentOrder[] {
  const horizon = addMicros(desk.at.wall, -COUNTS_FOR_MICROS);
  return desk.day.recentOrders.filter(({ wallAt }) => wallAt >= horizon);
}
