/** What the paper broker tells of one order when it is asked: nothing changes by it. */

import type { At } from '../../engine/domain/clock.ts';
import { remainingUnits, standingOf } from './paper-order.ts';
import type { PaperWorld } from './paper-world.ts';

/** Restates an order with its executions and its end, or says that the history lacks it. */
export function search(world: PaperWorld, intentId: string, at: At): void {
  const order = world.orders.get(intentId);
  const standing = order === undefined ? undefined : standingOf(order);
  const { events, executions } = world;
  if (order === undefined || standing === undefined) {
    const evidence = `${world.orders.size} orders read`;
    events.push({
      kind: 'searched',
      intentId,
      search: { outcome: 'absent', takenAt: at, evidence },
    });
    return;
  }
  const { brokerOrderId } = order;
  if (standing !== 'rejected') events.push({ kind: 'accepted', intentId, brokerOrderId });
  for (const fill of executions) {
    if (fill.intentId === intentId) events.push({ kind: 'fill', fill });
  }
  const remaining = remainingUnits(order);
  if (standing === 'cancelled' || standing === 'expired') {
    events.push({ kind: standing, intentId, remaining });
  } else if (standing === 'rejected') {
    events.push({ kind: 'rejected', intentId, reason: 'the broker rejected it' });
  }
  const evidence = `order ${brokerOrderId} is ${standing}`;
  events.push({ kind: 'searched', intentId, search: { outcome: 'found', standing, evidence } });
}
