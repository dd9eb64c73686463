/** The incidents of an order without a proven outcome, and their end. */

import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { tellOnce } from '../session/told-once.ts';
import type { OrderRecord } from './order-book.ts';

/** A broker that has told nothing of a close for so long keeps its position from being left. */
const UNREAD_AFTER_MICROS = 15 * MICROS_PER_SECOND;
const CODE = 'CLOSE_UNPROVEN';

function keyOf(intentId: string): string {
  return `unproven ${intentId}`;
}

/** While the broker's lists cannot be read nothing is proven, and only a person can look elsewhere. */
export function pageUnread(desk: DeskContext, { intent, search }: OrderRecord): void {
  if (search === undefined) return;
  const silentFor = desk.at.wall - (search.heardAt ?? search.since.wall);
  if (silentFor < UNREAD_AFTER_MICROS) return;
  const { intentId, positionId } = intent;
  const seconds = Math.round(silentFor / MICROS_PER_SECOND);
  const why = search.unread ?? 'no answer';
  const text = `${positionId} is held up: what became of its ${intentId} is not known, and the broker's orders have not let themselves be read for ${seconds} s (${why}). Look there by hand: where there is no such order, close the position there; it is asked on, and this engine goes on by itself once it is answered`;
  tellOnce(desk, keyOf(intentId), () => {
    desk.out.alert('critical', CODE, text, intentId);
  });
}

/** The outcome of an order is proven. */
export function settleUnknown(desk: DeskContext, intentId: string, evidence: string): void {
  desk.out.settle('resolve', 'ORDER_UNKNOWN', evidence, intentId);
  if (!desk.day.toldOnce.delete(keyOf(intentId))) return;
  desk.out.settle('resolve', CODE, evidence, intentId);
}
