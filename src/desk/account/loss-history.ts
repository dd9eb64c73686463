/** Positions of this session that were closed at a loss, and orders that the broker would not have. */

import { multiplierOf } from '../../engine/domain/instrument.ts';
import type { Fill, OrderStatus } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { amountCents } from '../../engine/domain/units.ts';
import type { Losses } from '../../risk/risk-input.ts';
import type { DeskContext } from '../desk-context.ts';
import { isExternal, type OrderRecord } from '../orders/order-book.ts';

interface Closed {
  readonly strategy: string;
  cashCents: number;
  lastAtWall: EpochMicros;
}

/** Cash of an execution after fees. */
function cashOf({ instrument, action, price, quantity, feesCents }: Fill): number {
  return 0 - legSign(action) * amountCents(price, quantity, multiplierOf(instrument)) - feesCents;
}

function isOfSession(order: OrderRecord, compactDate: string): boolean {
  return order.intent.intentId.startsWith(compactDate);
}

/** Option positions that were opened this session by an order and are gone from the book. */
function closedPositions(desk: DeskContext): ReadonlyMap<string, Closed> {
  const closed = new Map<string, Closed>();
  const compactDate = desk.day.session.date.replaceAll('-', '');
  for (const order of desk.orders.all()) {
    const { positionId, strategy } = order.intent;
    if (order.fills.length === 0 || !isOfSession(order, compactDate)) continue;
    if (desk.book.structure(positionId) !== undefined) continue;
    const position = closed.get(positionId) ?? {
      strategy,
      cashCents: 0,
      lastAtWall: order.updatedAt.wall,
    };
    for (const fill of order.fills) {
      if (fill.instrument.kind === 'option') position.cashCents += cashOf(fill);
    }
    if (order.updatedAt.wall > position.lastAtWall) position.lastAtWall = order.updatedAt.wall;
    closed.set(positionId, position);
  }
  return closed;
}

/** Losing positions of this session, by strategy. */
export function lossesByStrategy(desk: DeskContext): ReadonlyMap<string, Losses> {
  const losses = new Map<string, Losses>();
  for (const { strategy, cashCents, lastAtWall } of closedPositions(desk).values()) {
    if (cashCents >= 0) continue;
    const before = losses.get(strategy);
    const isLater = before === undefined || lastAtWall > before.lastAtWall;
    losses.set(strategy, {
      count: (before?.count ?? 0) + 1,
      lastAtWall: isLater ? lastAtWall : before.lastAtWall,
    });
  }
  return losses;
}

/** What the broker neither took nor rejected, as far as is known. */
const SAYS_NOTHING: ReadonlySet<OrderStatus> = new Set(['sending', 'unknown', 'absentPresumed']);

/** Orders in a row, the newest last, that the broker rejected since the operator last re-armed. One of
 * ours that it took ends the row; one whose outcome is open or presumed says nothing. */
export function consecutiveRejects(desk: DeskContext): number {
  const since = desk.day.rearmedAt ?? 0;
  let rejects = 0;
  for (const order of desk.orders.all()) {
    const { status, sentAt, createdAt } = order;
    if (sentAt === undefined || createdAt.wall <= since || isExternal(order)) continue;
    if (status === 'rejected') rejects += 1;
    else if (!SAYS_NOTHING.has(status)) rejects = 0;
  }
  return rejects;
}
