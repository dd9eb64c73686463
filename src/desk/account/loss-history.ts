/** Positions of this session that were closed at a loss, and orders that the broker would not have. */

import type { BrokerFact } from '../../broker/order-gateway.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { type Fill, isOpening, legSign, type OrderStatus } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { Losses } from '../../risk/risk-input.ts';
import type { DeskContext } from '../desk-context.ts';
import { quantitiesOf } from '../exits/close-legs.ts';
import { isExternal, type OrderRecord } from '../orders/order-book.ts';
import { markOf } from './day-pnl.ts';
import { areLeftToExpire, cashSoFar } from './held-position.ts';

interface Closed {
  readonly strategy: string;
  readonly cameToCents: number;
  readonly goneAtWall: EpochMicros;
}

/** True where all is bought back that a structure opened for a credit had sold: what it lost is lost, and the
 * longs that are left may wait for a bid until they expire. */
function isBoughtBack({ orders }: DeskContext, position: StructurePosition): boolean {
  const { positionId, legs, openingIntent } = position;
  if (openingIntent === undefined || openingIntent.limit <= 0) return false;
  if (legs.some(({ quantity }) => quantity < 0)) return false;
  return orders.get(positionId)?.fills.some(({ action }) => action === 'sellToOpen') === true;
}

/** The positions that this execution leaves with nothing but longs that nobody bids for. */
function leftUnbid(desk: DeskContext, { action, intentId, instrument, quantity }: Fill): string[] {
  if (isOpening(action)) return [];
  const order = desk.orders.get(intentId);
  const own = order === undefined || isExternal(order) ? undefined : order.intent.positionId;
  const symbol = instrumentSymbol(instrument);
  const isLeft = ({ positionId, legs }: StructurePosition): boolean => {
    const closed = (quantitiesOf(legs).get(symbol) ?? 0) * -legSign(action);
    if ((own ?? positionId) !== positionId || closed <= 0 || closed > quantity) return false;
    const rest = legs.filter((leg) => instrumentSymbol(leg.instrument) !== symbol);
    return rest.length > 0 && areLeftToExpire(desk, rest);
  };
  return desk.book.structures().flatMap((each) => (isLeft(each) ? [each.positionId] : []));
}

/** An execution with what quotes say of the longs that it leaves: a restart has none to look at, so that it is
 * journalled. */
export function withItsRest(desk: DeskContext, event: BrokerFact): BrokerFact {
  if (event.kind !== 'fill') return event;
  const leavesUnbid = leftUnbid(desk, event.fill);
  return leavesUnbid.length > 0 ? { ...event, leavesUnbid } : event;
}

/** One that had bought back what it sold may lose by its longs yet, but where nobody bids for them: what it lost
 * is lost. Any other that is held, be it that a late fill brought it back, goes once more. */
function noteStillHeld(desk: DeskContext, position: StructurePosition, isUnbid: boolean): void {
  const { positionId } = position;
  const { goneAt } = desk.day;
  const { wall } = desk.at;
  const before = goneAt.get(positionId);
  if (!isBoughtBack(desk, position)) goneAt.delete(positionId);
  else if (before?.how === 'unbid') return;
  else if (isUnbid) goneAt.set(positionId, { wall, how: 'unbid' });
  else goneAt.set(positionId, { wall: before?.wall ?? wall, how: 'boughtBack' });
}

/** Notes when positions went, by whomever: their strategy rests from then on where they lost. At a restart what
 * went in sessions before rests nobody any more. */
export function noteGone(desk: DeskContext, leavesUnbid: readonly string[] = []): void {
  const { book, day, at, out } = desk;
  if (out.session !== day.session.date) return;
  const { goneAt } = day;
  const over = new Set(book.gone().keys());
  for (const position of book.structures()) {
    const { positionId } = position;
    over.delete(positionId);
    noteStillHeld(desk, position, leavesUnbid.includes(positionId));
  }
  for (const positionId of over) {
    const how = goneAt.get(positionId)?.how;
    if (how === undefined || how === 'boughtBack') {
      goneAt.set(positionId, { wall: at.wall, how: 'gone' });
    }
  }
}

function isOfSession(order: OrderRecord, compactDate: string): boolean {
  return order.intent.intentId.startsWith(compactDate);
}

/** What a position came to: once it is gone, or nothing is left of it but longs that bring no more than they
 * are asked at. Undefined before. */
function cameTo(desk: DeskContext, positionId: string): number | undefined {
  const position = desk.book.structure(positionId);
  if (position === undefined) return desk.book.gone().get(positionId);
  if (!isBoughtBack(desk, position)) return undefined;
  return cashSoFar(position) + (markOf(desk, position).atBestCents ?? 0);
}

/** Positions that an order of this session opened and that are over, whoever closed them. */
function closedPositions(desk: DeskContext): ReadonlyMap<string, Closed> {
  const closed = new Map<string, Closed>();
  const compactDate = desk.day.session.date.replaceAll('-', '');
  for (const order of desk.orders.all()) {
    const { positionId, purpose, strategy } = order.intent;
    if (purpose !== 'open' || !isOfSession(order, compactDate)) continue;
    const cameToCents = cameTo(desk, positionId);
    if (cameToCents === undefined) continue;
    const goneAtWall = desk.day.goneAt.get(positionId)?.wall ?? order.updatedAt.wall;
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
const OPEN_OUTCOMES: ReadonlySet<OrderStatus> = new Set(['sending', 'unknown', 'absentPresumed']);

/** True for an order that tells nothing of the broker: its outcome is open or presumed, or it never got there. */
function saysNothing({ status, refusal }: OrderRecord): boolean {
  return OPEN_OUTCOMES.has(status) || (status === 'rejected' && refusal === 'unsent');
}

/** Orders in a row, the newest last, that the broker rejected since the operator last re-armed. One of
 * ours that it took ends the row. */
export function consecutiveRejects(desk: DeskContext): number {
  const all = desk.orders.all();
  let rejects = 0;
  for (let index = all.length - 1; index >= 0; index -= 1) {
    const order = all[index];
    if (order?.sentAt === undefined || isExternal(order) || saysNothing(order)) continue;
    if (order.intentSeq <= desk.day.rearmedSeq) continue;
    if (order.status !== 'rejected') break;
    rejects += 1;
  }
  return rejects;
}
