/**
 * What the broker says of an order, wherever it was learnt (the answer to a send, the stream, a list,
 * a search), turned into events: one way in, so that each fact is told once.
 */

import type { At } from '../../engine/domain/clock.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { OrderSearch } from '../order-gateway.ts';
import type { OrderFacts } from '../stream-witness.ts';
import { unitsPerUnit } from './order-body.ts';
import type { Heard, LineOrder, OrderLine } from './order-line.ts';
import {
  foldLeg,
  foldOrder,
  hasEndedOversized,
  isOvertaken,
  isWaiting,
  lacksFills,
  lastOrder,
  lineUnits,
  liveOrder,
  newFills,
  remainingUnits,
  untouchedUnits,
} from './order-line.ts';
import type { Place } from './order-lines.ts';
import type { AlpacaWorld } from './order-world.ts';
import { readLater, reject, tell, tellLimit } from './order-world.ts';
import type { WireLeg, WireOrder } from './wire-order.ts';
import { hasEnded, hasWorked } from './wire-order.ts';
import type { Withdrawal } from './withdrawal.ts';
import { foldBust, takeContradicted } from './withdrawal.ts';

/** Totals that lag behind the broker's own word are read again after this long, and twice as long with
 * each reading that did not mend them. */
const LAGGING_MILLIS = 300;
const MOST_LAGGING_MILLIS = 30_000;

/** Takes in an order. Undefined where it belongs to nobody and cannot be taken in. */
export function takeOrder(
  world: AlpacaWorld,
  wire: WireOrder,
  heard: Heard = {},
): OrderLine | undefined {
  const place = foldIn(world, wire);
  return place === undefined ? undefined : tellNews(world, place, heard);
}

/** Takes in an order that was read by itself. */
export function takeRead(world: AlpacaWorld, wire: WireOrder): OrderLine | undefined {
  const place = foldIn(world, wire);
  return place === undefined ? undefined : tellNews(world, place, {}, 'snapshot');
}

/** Takes in a list, all of it before anything is told: how an order of a line stands hangs on those that
 * came in its place. As many answers as orders, as `takeOrder` gives them. */
export function takeOrders(
  world: AlpacaWorld,
  { orders, takenAt }: { readonly orders: readonly WireOrder[]; readonly takenAt: At },
): readonly (OrderLine | undefined)[] {
  const places = orders.map((wire) => foldIn(world, wire, takenAt));
  return places.map((place) => place && tellNews(world, place, {}, 'snapshot'));
}

/** `askedAt`: when it was asked for, where it was listed. */
function foldIn(world: AlpacaWorld, wire: WireOrder, askedAt?: At): Place | undefined {
  const place = world.lines.take(wire);
  if (place === undefined || (askedAt && isOvertaken(place.order, askedAt))) return place;
  const { line, order } = place;
  const { status, filledUnits, limit } = order;
  foldOrder(line, order, wire);
  markReplaced(world, wire);
  const isSame =
    order.status === status && order.filledUnits === filledUnits && order.limit === limit;
  if (!isSame) world.changes += 1;
  if (wire.lacksLegs && wire.filledUnits > 0) readLater(world, wire.id, 0);
  if (wire.replacedBy !== undefined && world.lines.placeOf(wire.replacedBy) === undefined) {
    readLater(world, wire.replacedBy, LAGGING_MILLIS);
  }
  return place;
}

function tellNews(world: AlpacaWorld, place: Place, heard: Heard, source?: 'snapshot'): OrderLine {
  const { line } = place;
  world.source = source;
  tellStanding(world, place);
  tellFills(world, line, heard);
  tellEnd(world, line);
  world.source = undefined;
  world.goOn(line);
  return line;
}

/** The newest order of a line that the broker has; one that was to take its place, and never came, is none. */
function lastListed(line: OrderLine): LineOrder | undefined {
  return line.orders.findLast((order) => order.id !== undefined && !isWaiting(line, order));
}

/** What a list says of own orders. */
export function listedFacts(
  world: AlpacaWorld,
  wires: readonly WireOrder[],
): readonly OrderFacts[] {
  return wires.flatMap((wire) => {
    const { line, order } = world.lines.placeOf(wire.id) ?? {};
    const isEnd = line?.end !== undefined && lastListed(line) === order;
    return orderFacts(world, wire).map((facts) => (isEnd ? facts : { ...facts, hasEnded: false }));
  });
}

/** What a message says of an own order, or of one leg of it. */
export function orderFacts({ lines }: AlpacaWorld, wire: WireOrder): readonly OrderFacts[] {
  const place = lines.placeOf(wire.id);
  if (place === undefined || place.line.isForeign) return [];
  const { intentId, intent } = place.line;
  const { isLeg, status, filledUnits, legs } = wire;
  const factor = unitsPerUnit(intent);
  const filled = new Map<string, number>();
  for (const { instrument, ratio } of intent.legs) {
    const symbol = instrumentSymbol(instrument);
    const told = legs.find((leg) => instrumentSymbol(leg.instrument) === symbol)?.filled ?? 0;
    filled.set(symbol, isLeg ? told : Math.max(told, filledUnits * (ratio / factor)));
  }
  const hasEnded = !isLeg && (status === 'canceled' || status === 'rejected');
  return [{ intentId, orderId: place.order.clientId, filled, hasEnded }];
}

/** An order that works in place of another tells that the other has ended. One that was taken and has not
 * worked yet does not: the broker may refuse it still, and then the other works on. */
function markReplaced({ lines }: AlpacaWorld, wire: WireOrder): void {
  const { id, replaces } = wire;
  const old = replaces === undefined ? undefined : lines.placeOf(replaces)?.order;
  if (old === undefined || hasEnded(old.status) || !hasWorked(wire)) return;
  old.status = 'replaced';
  old.replacedBy = id;
}

/** Takes in what one leg of an order filled, where the stream tells of legs. */
export function takeLeg(world: AlpacaWorld, place: Place, leg: WireLeg, heard: Heard): void {
  foldLeg(place.order, leg);
  tellFills(world, place.line, heard);
  tellEnd(world, place.line);
}

function tellStanding(world: AlpacaWorld, place: Place): void {
  if (place.order.id === undefined) return;
  // That somebody else's order works, or works again, is for pictures of the account to show.
  if (!place.line.isForeign) tellWorking(world, place);
  tellTerms(world, place.line);
}

function tellWorking(world: AlpacaWorld, { line, order }: Place): void {
  const { intentId } = line;
  const { id: brokerOrderId, status } = order;
  if (brokerOrderId === undefined) return;
  if (!line.isAccepted && status !== 'rejected') {
    line.isAccepted = true;
    tell(world, { kind: 'accepted', intentId, brokerOrderId });
  } else if (!hasEnded(status) && line.end !== undefined) {
    line.end = undefined;
    const reason = `the broker says that it is ${status}`;
    tell(world, { kind: 'reopened', intentId, brokerOrderId, reason });
  }
}

/** The limit, and of a foreign line the units too, for whoever gave it may move both. */
function tellTerms(world: AlpacaWorld, line: OrderLine): void {
  const { intent } = line;
  const last = lastOrder(line);
  if (last?.id === undefined || isWaiting(line, last)) return;
  // Cancelled before it was heard of, it had the limit all the same: the move to it was through.
  if (hasEnded(last.status) && last.status !== 'canceled') return;
  const isMoved = (line.told ?? intent.limit) !== last.limit;
  const isResized = (line.toldUnits ?? intent.quantity) !== lineUnits(line);
  if (isMoved || isResized || isChangedBy(line, last)) tellLimit(world, line, last.limit);
}

/** True of the order that a change was to end in: it is over, also where the limit came back to what was
 * told before it. */
function isChangedBy({ change }: OrderLine, { clientId }: LineOrder): boolean {
  if (change?.kind === 'amend') return change.sentAs === clientId;
  return change?.kind === 'move' && change.phase === 'posting';
}

/** The latest moment at which an order of the line can have filled what was heard at a time: what is found of
 * an earlier session is no execution of this one. */
function filledBy({ lastTrade }: OrderLine, by: EpochMicros): EpochMicros {
  return lastTrade !== undefined && lastTrade < by ? lastTrade : by;
}

function tellFills(world: AlpacaWorld, line: OrderLine, { execution, at }: Heard): void {
  for (const fill of newFills(line, filledBy(line, at ?? world.at.market), execution)) {
    line.fills.push(fill);
    tell(world, { kind: 'fill', fill });
  }
}

/** An order has ended once the newest of its line has, with all that it filled. */
function tellEnd(world: AlpacaWorld, line: OrderLine): void {
  const last = lastOrder(line);
  if (last === undefined || line.end !== undefined || liveOrder(line) !== undefined) return;
  if (last.status === 'posting' || last.status === 'replaced') return;
  if (lacksFills(line)) {
    const pause = Math.min(MOST_LAGGING_MILLIS, LAGGING_MILLIS * 2 ** line.vainReads);
    if (last.id !== undefined) readLater(world, last.id, pause);
    return;
  }
  const isMoving = line.change?.kind === 'move' && line.change.phase === 'cancelling';
  if (isMoving && last.status === 'canceled' && untouchedUnits(line) > 0) return;
  end(world, line, last.status);
}

function end(world: AlpacaWorld, line: OrderLine, status: string): void {
  if (status === 'rejected') {
    reject(world, line, 'the broker rejected it after taking it');
    return;
  }
  line.change = undefined;
  line.next = undefined;
  line.wantsCancel = false;
  const isExpired = status === 'expired' || status === 'done_for_day';
  line.end = remainingUnits(line) === 0 ? 'filled' : isExpired ? 'expired' : 'cancelled';
  tellHowEnded(world, line);
}

/** Tells how a line ended that did not fill. */
function tellHowEnded(world: AlpacaWorld, line: OrderLine): void {
  const { intentId, end: kind } = line;
  const remaining = remainingUnits(line);
  const byUs = hasEndedOversized(line) ? ({ by: 'gateway' } as const) : {};
  if (kind === 'rejected') {
    tell(world, { kind, intentId, reason: line.endReason ?? 'rejected' });
  } else if (kind === 'cancelled') tell(world, { kind, intentId, remaining, ...byUs });
  else if (kind === 'expired') tell(world, { kind, intentId, remaining });
}

/**
 * The broker takes an execution of an order back, or corrects one. What was told and does not stand any more
 * is taken back, the whole of it where it was told as part of a larger one; what does stand is told anew, as
 * of then. No totals of before may be taken in behind this.
 */
export function takeBack(
  world: AlpacaWorld,
  { line, order }: Place,
  wire: WireOrder,
  withdrawal: Withdrawal,
): void {
  const { reason } = withdrawal;
  const { intentId } = line;
  world.changes += 1;
  foldBust(order, wire, world.at.wall);
  const taken = takeContradicted(line, withdrawal);
  for (const { fillId } of taken) tell(world, { kind: 'busted', intentId, fillId, reason });
  tellFills(world, line, { at: taken[0]?.marketAt });
}

/** Tells again all that is known of an order, and how it stands, as it was looked for. */
export function retell(world: AlpacaWorld, line: OrderLine, evidence: string): void {
  const { intentId, fills } = line;
  const order = liveOrder(line) ?? lastOrder(line);
  const brokerOrderId = order?.id;
  world.source = 'snapshot';
  if (line.isAccepted && brokerOrderId !== undefined) {
    tell(world, { kind: 'accepted', intentId, brokerOrderId });
  }
  for (const fill of fills) tell(world, { kind: 'fill', fill });
  tellHowEnded(world, line);
  world.source = undefined;
  const search: OrderSearch = { outcome: 'found', standing: line.end ?? 'working', evidence };
  tell(world, { kind: 'searched', intentId, search });
}
