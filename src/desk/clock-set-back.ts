/**
 * Restart: a clock that was set back between two records. What was stamped before would still be to come:
 * pauses after a refusal, cool-downs, ladders and whatever is counted by the minute would stand still until
 * the clock caught up.
 */

import type { At } from '../engine/domain/clock.ts';
import { addMicros } from '../engine/domain/units.ts';
import type { DeskContext } from './desk-context.ts';
import type { LimitRefusals } from './orders/limit-changes.ts';

/** To be called before `desk.at` becomes `next`. Waits and counts by the wall clock stay as old as they
 * were at the moment before, so that they keep their distances too. */
export function keepAges({ orders, day, at }: DeskContext, next: At): void {
  const by = next.wall - at.wall;
  if (by >= 0) return;
  for (const order of orders.all()) {
    const { lastMove, limitRefusals, cancelAgainAt, calledBackAt } = order;
    order.lastMove = { ...lastMove, wall: addMicros(lastMove.wall, by) };
    if (limitRefusals !== undefined) {
      order.limitRefusals = refusedEarlier(limitRefusals, by);
    }
    if (cancelAgainAt !== undefined) order.cancelAgainAt = addMicros(cancelAgainAt, by);
    if (calledBackAt !== undefined) order.calledBackAt = addMicros(calledBackAt, by);
  }
  for (const stamps of [day.uneven, day.takenFrom]) {
    for (const [id, since] of stamps) stamps.set(id, addMicros(since, by));
  }
  for (const [id, gone] of day.goneAt) {
    day.goneAt.set(id, { ...gone, wall: addMicros(gone.wall, by) });
  }
  for (const [positionId, progress] of day.flattening) {
    day.flattening.set(positionId, { ...progress, since: addMicros(progress.since, by) });
  }
  for (const [index, order] of day.recentOrders.entries()) {
    day.recentOrders[index] = { ...order, wallAt: addMicros(order.wallAt, by) };
  }
  if (day.rearmedAt !== undefined) day.rearmedAt = addMicros(day.rearmedAt, by);
}

function refusedEarlier(refusals: LimitRefusals, by: number): LimitRefusals {
  const { wall, wordless } = refusals;
  const since = wordless && { ...wordless, since: addMicros(wordless.since, by) };
  return { ...refusals, wall: addMicros(wall, by), wordless: since };
}

/** What an order was sent, taken or changed at, which people see, and what others' executions were heard at
 * counts as now where it is still to come. */
export function takeStampsAsNow({ orders, day, at }: DeskContext): void {
  const isAhead = ({ market, wall }: At): boolean => market > at.market || wall > at.wall;
  for (const order of orders.all()) {
    if (isAhead(order.updatedAt)) order.updatedAt = at;
    for (const stamp of ['sentAt', 'workingSince'] as const) {
      const then = order[stamp];
      if (then !== undefined && isAhead(then)) order[stamp] = at;
    }
  }
  for (const [id, { fill, heardAt }] of day.othersFills) {
    if (heardAt > at.wall) day.othersFills.set(id, { fill, heardAt: at.wall });
  }
}
