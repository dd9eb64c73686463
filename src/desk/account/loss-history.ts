/** Positions of this session that were closed at a loss, and orders that the broker would not have. */

import type { OrderStatus } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { Losses } from '../../risk/risk-input.ts';
import type { DeskContext } from '../desk-context.ts';
import { isExternal, type OrderRecord } from '../orders/order-book.ts';

interface Closed {
  readonly strategy: string;
  readonly cameToCents: number;
  readonly goneAtWall: EpochMicros;
}

/** Notes when positions went, by whomever: their strategy rests from then on where they lost. */
export function noteGone({ book, day: { goneAt }, at }: DeskContext): void {
  for (const positionId of book.gone().keys()) {
    // One that a late fill brought back goes once more.
    if (book.structure(positionId) !== undefined) goneAt.delete(positionId);
    else if (!goneAt.has(positionId)) goneAt.set(positionId, at.wall);
  }
}

function isOfSession(order: OrderRecord, compactDate: string): boolean {
  return order.intent.intentId.startsWith(compactDate);
}

/** Positions that an order of this session opened and that are gone from the book, whoever closed them. */
function closedPositions(desk: DeskContext): ReadonlyMap<string, Closed> {
  const closed = new Map<string, Closed>();
  const compactDate = desk.day.session.date.replaceAll('-', '');
  const gone = desk.book.gone();
  for (const order of desk.orders.all()) {
    const { positionId, purpose, strategy } = order.intent;
    if (purpose !== 'open' || !isOfSession(order, compactDate)) continue;
    const cameToCents = gone.get(positionId);
    if (cameToCents === undefined || desk.book.structure(positionId) !== undefined) continue;
    const goneAtWall = desk.day.goneAt.get(positionId) ?? order.updatedAt.wall;
    closed.set(positionId, { strategy, cameToCents, goneAtWall });
  }
  return closed;
}

/** Losing positions of this session, by strategy. */
export function lossesByStrategy(desk: DeskContext): ReadonlyMap<string, Losses> {
  const losses = new Map<string, Losses>();
  for (const { strategy, cameToCents, goneAtWall } of closedPositions(desk).values()) {
    if (cameToCents >= 0) continue;
    const before = losses.get(strategy);
    const isLater = before === undefined || goneAtWall > before.lastAtWall;
    losses.set(strategy, {
      count: (before?.count ?? 0) + 1,
      lastAtWall: isLater ? goneAtWall : before.lastAtWall,
    });
  }
  return losses;
}

/** What the broker neither took nor rejected, as far as is known. */
const SAYS_NOTHING: ReadonlySet<OrderStatus> = new Set(['sending', 'unknown', 'absentPresumed']);

/** Orders in a row, the newest last, that the broker rejected since the operator last re-armed. One of
 * ours that it took ends the row; one whose outcome is open or presumed says nothing. */
export function consecutiveRejects(desk: DeskContext): number {
  let rejects = 0;
  for (const order of desk.orders.all()) {
    const { status, sentAt, intentSeq } = order;
    if (sentAt === undefined || intentSeq <= desk.day.rearmedSeq || isExternal(order)) continue;
    if (status === 'rejected') rejects += 1;
    else if (!SAYS_NOTHING.has(status)) rejects = 0;
  }
  return rejects;
}
