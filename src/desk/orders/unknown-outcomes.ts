/**
 * UNKNOWN: an order that may or may not live at the broker. It counts in full and blocks its
 * strategy, and nothing but evidence ends it: the order found, a definitive refusal, or its proven
 * absence. It is never sent again, however it ends.
 */

import type { DeskContext } from '../desk-context.ts';
import { performGateway } from './broker-events.ts';
import { askLater } from './outcome-search.ts';
import { pageUnread } from './unproven.ts';

/** Asks the broker about every order whose turn it is. Called on the clock. */
export function searchUnknown(desk: DeskContext): void {
  for (const order of desk.orders.live()) {
    const { search } = order;
    if (search === undefined || desk.at.wall < search.askAgainAt) continue;
    const isOpening = order.intent.purpose === 'open';
    if (!isOpening) pageUnread(desk, order);
    search.asked += 1;
    askLater(search, desk.at, isOpening);
    performGateway(desk, desk.gateway.findByIntent(order.intent.intentId, desk.at));
  }
}

/** Pages every outcome that is still open, as after a restart. */
export function pageUnknown(desk: DeskContext): void {
  for (const { status, intent, reason } of desk.orders.live()) {
    if (status !== 'unknown') continue;
    const text = `order ${intent.intentId} has no proven outcome: ${reason ?? ''}`;
    desk.out.alert('critical', 'ORDER_UNKNOWN', text, intent.intentId);
  }
}
