/**
 * What traders asked to be closed: contracts that are held then, and are still to go. Their word stands until
 * those are gone, whatever becomes of the order that they confirmed: the broker may refuse it, and the engine
 * calls it back where a leg has lost its market or was closed by somebody else. What closes is taken from
 * it, whoever closes; what comes later was not asked for. It ends where a person calls it off, here or at
 * another screen, with its session, and where nothing came of an order that was presumed absent: that is told,
 * with what to do. All of it follows from records and is reckoned with each, in a run and after a restart alike.
 */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { PortfolioBook } from '../../engine/portfolio/portfolio-book.ts';
import { quantitiesOf } from '../exits/close-legs.ts';
import type { Outbox } from '../outbox.ts';
import type { ClosePause } from './close-pause.ts';
import type { OrderBook, OrderRecord } from './order-book.ts';
import { contractsLeft, isCalledBackByPerson, isExternal, letWork } from './order-book.ts';

/** The reason of the exits by which the engine goes on with what a trader asked for. */
export const ASKED = 'asked';

interface AskedLeg {
  /** Contracts that are still to go. */
  toGo: number;
  /** What is held, signed, as it was last reckoned with. */
  held: number;
}

export interface AskedClose {
  /** The order by which it was asked for last. */
  readonly intentId: string;
  /** Nothing of the position is to stay. */
  readonly isOfAll: boolean;
  /** By symbol. */
  readonly legs: Map<string, AskedLeg>;
  /** What single executions took from it, by their ids: a broker may take one back. */
  readonly taken: Map<string, number>;
  /** Until when it is not tried again, and why the last try came to nothing: both begin anew with a run. */
  pause: ClosePause | undefined;
  told: string;
}

/** By position. */
export type AskedCloses = Map<string, AskedClose>;

/** The parts of a desk that it follows from. */
interface Books {
  readonly book: PortfolioBook;
  readonly orders: OrderBook;
  readonly day: { readonly askedCloses: AskedCloses };
  readonly out: Pick<Outbox, 'settlePosition'>;
}

/** What changed what is held: an execution, one that was taken back, or neither. */
interface Change {
  readonly fillId?: string;
  readonly isBust?: boolean;
  /** What it executes, where the order is known. */
  readonly intent?: OrderIntent | undefined;
}

/** True for an order by which a trader closes, or the engine in a trader's stead. */
export function isAsked(order: OrderRecord): boolean {
  const isOurs = order.intent.purpose === 'close' && !isExternal(order);
  return isOurs || order.exitReason === ASKED;
}

/** True for an order that a trader asked for and nobody cancelled since. */
function isWanted(order: OrderRecord): boolean {
  return isAsked(order) && !isCalledBackByPerson(order);
}

/** Enters what a trader's order asks for, when it is recorded. What is asked of the same legs last counts;
 * the whole of a position stays asked for, and lets what was cancelled in vain work on. Who asks for a part
 * asks for nothing of that. */
export function noteAsked(desk: Books, order: OrderRecord, isOfThisAll: boolean): void {
  const { intentId, positionId, purpose } = order.intent;
  const position = desk.book.structure(positionId);
  if (purpose !== 'close' || position === undefined) return;
  const known = desk.day.askedCloses.get(positionId);
  const isOfAll = isOfThisAll || known?.isOfAll === true;
  const isNamed = new Set(order.intent.legs.map((leg) => instrumentSymbol(leg.instrument)));
  if (isOfThisAll) desk.orders.closing(positionId).forEach(letWork);
  const asked = desk.orders.closing(positionId).filter(isWanted);
  const legs = new Map<string, AskedLeg>();
  for (const [symbol, held] of quantitiesOf(position.legs)) {
    const before = known?.legs.get(symbol)?.toGo ?? 0;
    const ordered = asked.reduce((sum, each) => sum + leftOf(each, symbol), 0);
    const part = isNamed.has(symbol) ? Math.max(ordered, isOfAll ? before : 0) : before;
    const most = Math.abs(held);
    legs.set(symbol, { held, toGo: isOfThisAll ? most : Math.min(most, part) });
  }
  const { taken, told = '' } = known ?? {};
  const entry = { intentId, isOfAll, legs, taken: new Map(taken), pause: undefined, told };
  desk.day.askedCloses.set(positionId, entry);
}

function leftOf(order: OrderRecord, symbol: string): number {
  const leg = order.intent.legs.find((each) => instrumentSymbol(each.instrument) === symbol);
  return leg === undefined ? 0 : contractsLeft(order, leg);
}

/** Takes what closed from what is still to go, after each change of what is held, and ends what is through,
 * with what was told of it: what stays of the position may be told of again, and what is told of an exit of its
 * own stands. To what is to go comes what a
 * broker takes back of it and, where all is asked for, what the position's own opening still fills: it is
 * not through before that has ended. */
export function noteHeld(desk: Books, change: Change): void {
  const { book, day, orders } = desk;
  for (const [positionId, asked] of day.askedCloses) {
    const held = quantitiesOf(book.structure(positionId)?.legs ?? []);
    const isOpening = asked.isOfAll && isOpeningOf(change.intent, positionId);
    for (const symbol of new Set([...asked.legs.keys(), ...held.keys()])) {
      const leg = asked.legs.get(symbol) ?? { held: 0, toGo: 0 };
      asked.legs.set(symbol, reckoned(asked, { leg, change, isOpening }, held.get(symbol) ?? 0));
    }
    if ([...asked.legs.values()].some(({ toGo }) => toGo > 0)) continue;
    if (asked.isOfAll && orders.live().some((it) => isOpeningOf(it.intent, positionId))) continue;
    end(desk, positionId, 'is closed');
  }
}

/** What was asked of the position is through or called off, and so is what was told of it. */
function end({ day, out }: Books, positionId: string, how: string): boolean {
  const asked = day.askedCloses.get(positionId);
  if (asked === undefined) return false;
  day.askedCloses.delete(positionId);
  const codes = asked.told === '' ? ['CLOSE_REJECTED'] : ['CLOSE_REJECTED', 'EXIT_REFUSED'];
  out.settlePosition(codes, positionId, `what was asked to be closed of ${positionId} ${how}`);
  return true;
}

/** What others open is a later word than what was asked for. */
function isOpeningOf(intent: OrderIntent | undefined, positionId: string): boolean {
  const isOurs = intent?.purpose === 'open' && intent.strategy !== 'external';
  return isOurs && intent.positionId === positionId;
}

interface Step {
  readonly leg: AskedLeg;
  readonly change: Change;
  /** The change fills the opening of what is asked for as a whole. */
  readonly isOpening: boolean;
}

function reckoned({ taken }: AskedClose, step: Step, held: number): AskedLeg {
  const { leg, change, isOpening } = step;
  const { fillId = '', isBust = false } = change;
  const stays = Math.sign(held) === Math.sign(leg.held) ? Math.abs(held) : 0;
  const went = Math.abs(leg.held) - stays;
  if (went > 0) {
    const took = isBust ? 0 : Math.min(leg.toGo, went);
    if (took > 0) taken.set(fillId, took);
    return { held, toGo: Math.min(stays, leg.toGo - took) };
  }
  if (held === leg.held) return leg;
  const back = isBust ? (taken.get(fillId) ?? 0) : 0;
  const more = isOpening ? Math.abs(held) - Math.abs(leg.held) : back;
  return { held, toGo: Math.min(Math.abs(held), leg.toGo + more) };
}

/** True while what the order asked for stands. */
export function isStillAsked({ day }: Pick<Books, 'day'>, order: OrderRecord): boolean {
  return isAsked(order) && day.askedCloses.has(order.intent.positionId);
}

/** Ends what the order asked for, with all else that was asked of its position; false where nothing was. */
export function callOff(desk: Books, order: OrderRecord): boolean {
  return isAsked(order) && end(desk, order.intent.positionId, 'was called off');
}

/** Live orders by which the engine goes on with what the order asked for. */
export function standInsOf(
  { orders }: Pick<Books, 'orders'>,
  order: OrderRecord,
): readonly OrderRecord[] {
  if (!isAsked(order)) return [];
  return orders
    .closing(order.intent.positionId)
    .filter((other) => other.exitReason === ASKED && other !== order);
}
