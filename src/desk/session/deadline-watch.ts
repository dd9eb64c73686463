/** Past the deadline everything was to be flat: what is still open is paged once, with what becomes of
 * it. A long that nobody bids for is left to expire, which whoever finds it tells. */
import { newYorkText } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { dollarsFromPrice } from '../../engine/domain/units.ts';
import type { PositionLeg, StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import {
  areLeftToExpire,
  arePaidFor,
  arePaidForAt,
  expiredBefore,
  heldInSession,
  isOpen,
  isOthersOutsideChain,
  sharesText,
} from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { concedesAll, isPastOrders } from '../orders/limit-walker.ts';
import { namesOf, staysFor } from '../orders/long-cover.ts';
import { positionOf } from '../outbox.ts';
import { awaitQuotes, FIRST_WORD_MICROS } from './chain-filling.ts';
import { closeOn, soundSpot } from './closing-price.ts';
import { tellOnce } from './told-once.ts';

/** Incidents of a position that is over once it is closed, by the keys under which they were told. */
const PAST_DEADLINE = { code: 'OPEN_PAST_DEADLINE', key: 'late ' };
const PAST_ORDERS = { code: 'OPEN_PAST_ORDERS', key: 'no orders for ' };
const OF_DEADLINES = [PAST_DEADLINE, PAST_ORDERS];

const ASK_TRADE_DESK =
  'Ask its trade desk to close it or not to exercise it, or hedge what it may become';

/** Called on the clock. */
export function watchDeadline(desk: DeskContext): void {
  const { at, book, day } = desk;
  const open = book.structures().filter(isOpen);
  if (!day.sealed && at.market >= day.schedule.flattenDeadlineAt) {
    const late = heldInSession(desk).filter(
      (position) => isOpen(position) && !isOthersOutsideChain(desk, position),
    );
    tellLate(desk, late);
    for (const position of late) settleLeft(desk, position);
  }
  settleClosed(desk, new Set(open.map(({ positionId }) => positionId)));
}

function tellLate(desk: DeskContext, open: readonly StructurePosition[]): void {
  const heard = open.filter(({ legs }) => !awaitQuotes(desk, legs));
  for (const position of heard) {
    if (!isToldByFlatten(desk, position)) tell(desk, position);
  }
  for (const position of heard) {
    if (isPastOrders(desk, position.legs)) tellCutoff(desk, position);
  }
}

/** True where a flatten has told why it cannot close the position now. One that has an order at work tells
 * nothing of it. */
function isToldByFlatten({ day }: DeskContext, { positionId }: StructurePosition): boolean {
  const { told = '' } = day.flattening.get(positionId) ?? {};
  return told !== '';
}

/** Tells of what is open in a chain that has expired, for no exit is judged without it, unless that was
 * told at the deadline: a run may have begun, or its machine may have woken, after that. Called on the
 * clock, `since` (wall) that is so. */
export function tellUnwatched(desk: DeskContext, expiredAt: EpochMicros, since: EpochMicros): void {
  const { at, day } = desk;
  const { date, lastTrade } = day.session;
  const isOfToday = ({ instrument, quantity }: PositionLeg): boolean =>
    instrument.kind === 'option' && instrument.expiry === date && quantity !== 0;
  const first = closeOn(desk, date);
  for (const position of desk.book.structures()) {
    const { legs } = position;
    if (!legs.some(isOfToday)) continue;
    const now = soundSpot(desk);
    const spot = at.market < lastTrade ? (now ?? first) : (first ?? now);
    if (mayBeWorthless(desk, legs, spot, since)) continue;
    const text = `its chain has expired (${newYorkText(expiredAt)}): nothing here watches or closes it. ${wayOut(desk, legs)}`;
    tellOpen(desk, position, text);
  }
}

/** Tells the same of what expired in a session before this one, where nobody was told of it then (the
 * machine slept over its evening, or no engine ran) and the broker tells of no settlement at once. Called
 * on the clock. */
export function tellLeftOver(desk: DeskContext): void {
  const { at, book, day, gateway } = desk;
  if (at.wall < day.begunAt + FIRST_WORD_MICROS) return;
  for (const position of book.structures()) {
    const { legs } = position;
    const [first] = legs;
    if (first?.instrument.kind !== 'option' || !expiredBefore(day.session.date, legs)) continue;
    const { expiry } = first.instrument;
    if (arePaidForAt(desk, closeOn(desk, expiry), legs)) continue;
    const text = `it expired on ${expiry}, and its settlement is not told yet: ${gateway.capabilities.name} takes no more orders in it. Hedge what it may become`;
    tellOpen(desk, position, text);
  }
}

function tellOpen(desk: DeskContext, { positionId }: StructurePosition, text: string): void {
  if (desk.day.toldOnce.has(`${PAST_DEADLINE.key}${positionId}`)) return;
  tellOnce(desk, `${PAST_ORDERS.key}${positionId}`, () => {
    const { code } = PAST_ORDERS;
    desk.out.alert('critical', code, `${positionId} is still open and ${text}`, positionId);
  });
}

/** True for longs that are worth nothing at this price, and for longs of which a first price will show
 * whether they are, until that is overdue. */
function mayBeWorthless(
  desk: DeskContext,
  legs: StructurePosition['legs'],
  spot: Price | undefined,
  since: EpochMicros,
): boolean {
  if (spot !== undefined) return arePaidForAt(desk, spot, legs);
  const isLong = legs.every(({ instrument, quantity }) => {
    return instrument.kind === 'option' && quantity >= 0;
  });
  return isLong && desk.at.wall < since + FIRST_WORD_MICROS;
}

/** What can still be done about options of the day that this engine leaves alone. */
function wayOut(desk: DeskContext, legs: StructurePosition['legs']): string {
  const { at, day, gateway } = desk;
  const { name } = gateway.capabilities;
  const { lastTrade } = day.session;
  if (at.market >= lastTrade || isPastOrders(desk, legs)) {
    return `${name} takes no more orders in it. ${ASK_TRADE_DESK}`;
  }
  return `It trades at ${name} until ${newYorkText(lastTrade)}: close it there`;
}

/** True for longs that are worth nothing as they stand, once nobody bids for them or the broker takes no order
 * for them any more: nobody has to be called, as long as it stays so. */
function isNoWorry(desk: DeskContext, legs: StructurePosition['legs']): boolean {
  if (areLeftToExpire(desk, legs)) return true;
  return isPastOrders(desk, legs) && arePaidFor(desk, legs);
}

/** What is open when the broker takes its last order of the day is out of the engine's hands: told as
 * soon as it is so. */
function tellCutoff(desk: DeskContext, position: StructurePosition): void {
  const { positionId, legs } = position;
  if (arePaidFor(desk, legs)) return;
  const { name } = desk.gateway.capabilities;
  const text = `${positionId} is still open and ${name} takes no more orders in what expires today: ${doing(desk, position)}. ${ASK_TRADE_DESK}`;
  tellOnce(desk, `${PAST_ORDERS.key}${positionId}`, () => {
    desk.out.alert('critical', PAST_ORDERS.code, text, positionId);
  });
}

function tell(desk: DeskContext, position: StructurePosition): void {
  const { positionId, legs } = position;
  if (isNoWorry(desk, legs)) return;
  const deadline = newYorkText(desk.day.schedule.flattenDeadlineAt);
  const text = `${positionId} is still open past the deadline of ${deadline}: ${doing(desk, position)}`;
  tellOnce(desk, `${PAST_DEADLINE.key}${positionId}`, () => {
    desk.out.alert('critical', PAST_DEADLINE.code, text, positionId);
  });
}

function doing(desk: DeskContext, position: StructurePosition): string {
  const closing = desk.orders.closing(position.positionId).at(-1);
  if (closing === undefined) {
    const shorts = staysFor(desk, position);
    if (shorts.length > 0) return `it stays for ${namesOf(shorts)}, which it covers`;
    return 'no order to close it is on its way';
  }
  const { intent, status, limit } = closing;
  const how = `order ${intent.intentId} to close it is ${status}`;
  if (!concedesAll(desk, closing)) return how;
  const net = dollarsFromPrice(limit).toFixed(2);
  return `${how} at a net of ${net}, and a worse one would pay more than it can ever be worth: what the market asks beyond that is yours to decide`;
}

/** What is held in its place, where it was not closed but became shares. */
function leaving(desk: DeskContext): string {
  return desk.book.sharesHeld() === 0 ? '' : `; ${sharesText(desk)}`;
}

/** Ends what was told at the deadlines of the session before of what is held in this one, as a restart does:
 * at the deadlines of this one it is told again. */
export function endLate(desk: DeskContext): void {
  const { day, out } = desk;
  for (const { positionId } of heldInSession(desk)) {
    for (const { code, key } of OF_DEADLINES) {
      if (!day.toldOnce.delete(`${key}${positionId}`)) continue;
      const text = `${positionId} is held in the session of ${day.session.date}`;
      out.settle('resolve', code, text, positionId);
    }
  }
}

/** Ends what was told of a position of which nothing is left that it would be told of now. Once: a price that
 * goes to and fro over a strike pages no oftener than twice. */
function settleLeft(desk: DeskContext, { positionId, legs }: StructurePosition): void {
  const { day, orders, out } = desk;
  for (const { code, key } of OF_DEADLINES) {
    const told = `${key}${positionId}`;
    if (!day.toldOnce.has(told) || orders.isClosing(positionId)) continue;
    const isLeft = code === PAST_ORDERS.code ? arePaidFor(desk, legs) : isNoWorry(desk, legs);
    if (!isLeft) continue;
    tellOnce(desk, `left of ${told}`, () => {
      day.toldOnce.delete(told);
      const text = `what is left of ${positionId} is left to expire: its loss is paid`;
      out.settle('resolve', code, text, positionId);
    });
  }
}

/** Ends the incidents of positions that have been closed after all, or settled. */
function settleClosed(desk: DeskContext, open: ReadonlySet<string>): void {
  for (const told of desk.day.toldOnce) {
    const incident = OF_DEADLINES.find(({ key }) => told.startsWith(key));
    if (incident === undefined) continue;
    const positionId = told.slice(incident.key.length);
    if (open.has(positionId)) continue;
    desk.day.toldOnce.delete(told);
    desk.out.settle('resolve', incident.code, `${positionId} is gone${leaving(desk)}`, positionId);
  }
  for (const incident of desk.out.ofPositions) {
    const positionId = positionOf(incident);
    if (open.has(positionId)) continue;
    desk.out.settle('resolve', incident.code, `${positionId} is gone`, incident.subject);
  }
}
