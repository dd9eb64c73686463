/** Positions of which a broker is in the middle of telling what an order executed. */

import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import type { OrderRecord } from './order-book.ts';
import { isUneven } from './order-book.ts';

/** Brokers report the legs of one execution one after another; this long is no race any more. */
export const GRACE_MICROS = 3 * MICROS_PER_SECOND;

/** Legs that fill unevenly are given a moment: brokers report them one after another. */
export function noteRatio({ day, at }: DeskContext, order: OrderRecord): void {
  const { intentId } = order.intent;
  if (!isUneven(order)) day.uneven.delete(intentId);
  else if (!day.uneven.has(intentId)) day.uneven.set(intentId, at.wall);
}

/** A foreign order that took from positions, or one of ours that took from others than its own, may have more
 * legs: it is not known, or known and uneven. What it executes in that moment makes it no longer, so that
 * nobody's trading keeps exits from being judged. */
export function noteTakenFrom(
  { day, at }: DeskContext,
  positionIds: readonly string[],
  order: OrderRecord | undefined,
): void {
  const { takenFrom } = day;
  const isEven = order !== undefined && !isUneven(order);
  for (const positionId of positionIds) {
    const since = takenFrom.get(positionId);
    if (isEven) takenFrom.delete(positionId);
    else if (since === undefined || at.wall - since >= GRACE_MICROS) {
      takenFrom.set(positionId, at.wall);
    }
  }
}

/** When the moment is over in which a foreign order may have executed more of what it took from the position;
 * nothing earlier shows all that it took. */
export function reportedBy({ day }: Pick<DeskContext, 'day'>, positionId: string): number {
  const takenAt = day.takenFrom.get(positionId);
  return takenAt === undefined ? 0 : takenAt + GRACE_MICROS;
}

/** True while the broker may still be reporting an execution leg by leg: until then the position is not
 * what it looks like, and nothing is made of its price. */
export function isBeingReported({ day, orders, at }: DeskContext, positionId: string): boolean {
  if (at.wall < reportedBy({ day }, positionId)) return true;
  if (day.uneven.size === 0) return false;
  for (const [intentId, since] of day.uneven) {
    if (at.wall - since >= GRACE_MICROS) continue;
    if (orders.get(intentId)?.intent.positionId === positionId) return true;
  }
  return false;
}
