/** Reading orders: one by its id, all of a session, and the search for one whose fate is open. */

import type { At } from '../../engine/domain/clock.ts';
import { newYorkDate, newYorkInstant } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import { epochMicrosFromMillis } from '../../engine/domain/units.ts';
import { searchedSince } from '../intent-date.ts';
import type { Turn } from '../request-pacer.ts';
import type { WireAnswer } from '../wire-requests.ts';
import { bodyOf } from '../wire-requests.ts';
import { judgeUnchanged, lookAgain, turnOf } from './changing.ts';
import type { OrderLine } from './order-line.ts';
import {
  hasPosting,
  intentIdOf,
  isOvertaken,
  lacksFills,
  lastOrder,
  liveOrder,
} from './order-line.ts';
import type { Place } from './order-lines.ts';
import { retell, takeOrders, takeRead } from './order-news.ts';
import type { AlpacaWorld } from './order-world.ts';
import { ask, readLater, refuseChange, tell } from './order-world.ts';
import type { WireOrder } from './wire-order.ts';
import { hasEnded, parseJson, readOrder, readPage } from './wire-order.ts';

const PAGE = 500;
/** Most pages of a session's orders: no account of this engine's limits comes near. */
const MOST_PAGES = 20;
const READ_AGAIN_MILLIS = 1_500;

/** Reads the orders whose time has come. */
export function readDue(world: AlpacaWorld): void {
  for (const [orderId, due] of world.due) {
    if (due > world.at.wall) continue;
    world.due.delete(orderId);
    const place = world.lines.placeOf(orderId);
    if (place === undefined || mayHaveNews(place)) readOne(world, orderId);
  }
}

/** False of an order that has ended with all that it filled, where its line has, or another lives on. */
function mayHaveNews({ line, order }: Place): boolean {
  if (line.end !== undefined) return false;
  return !hasEnded(order.status) || liveOrder(line) === undefined || lacksFills(line);
}

function readOne(world: AlpacaWorld, orderId: string): void {
  const path = `/v2/orders/${orderId}?nested=true`;
  const turn = searchTurn(world.lines.placeOf(orderId)?.line);
  ask(world, { turn, method: 'GET', path }, (answer, _at, askedAt) => {
    const wire = readOrder(parseJson(bodyOf(answer) ?? ''));
    if (wire === undefined) {
      if (isNotFound(answer)) forsake(world, orderId);
      else readLater(world, orderId, READ_AGAIN_MILLIS);
      return;
    }
    const { order } = world.lines.placeOf(orderId) ?? {};
    if (order !== undefined && isOvertaken(order, askedAt)) readLater(world, orderId, 0);
    else onRead(world, wire, askedAt);
  });
}

function onRead(world: AlpacaWorld, wire: WireOrder, askedAt: At): void {
  const { id: orderId } = wire;
  const before = world.changes;
  const line = takeRead(world, wire);
  if (line === undefined) {
    if (world.lines.lacksPredecessor(wire)) readPredecessor(world, wire);
    else world.lines.passOver(orderId);
    return;
  }
  if (lacksFills(line)) line.vainReads += 1;
  // What is asked of one order of a line is not judged by another.
  const isOfLive = liveOrder(line)?.id === orderId;
  if (before === world.changes && isOfLive) judgeUnchanged(world, line, askedAt);
  else lookAgain(world, line);
}

/** Reads the order in whose place one came that cannot be taken before it. That one tells what came in
 * its place in turn. */
export function readPredecessor(world: AlpacaWorld, wire: WireOrder): void {
  const { replaces } = wire;
  if (replaces !== undefined && world.lines.lacksPredecessor(wire)) readLater(world, replaces, 0);
}

/** What is looked for of a close of ours keeps its position from being left: it waits for nothing else. */
function searchTurn(line: OrderLine | undefined): Turn {
  const isOwn = line !== undefined && !line.isForeign;
  return isOwn && turnOf(line) === 'exit' ? 'exit' : 'search';
}

function isNotFound(answer: WireAnswer): boolean {
  return answer.kind === 'httpResponse' && answer.status === 404;
}

/** The broker knows no such order any more: what was asked of it is refused, and the next picture of
 * the account shows what it is missing from. */
function forsake(world: AlpacaWorld, orderId: string): void {
  const line = world.lines.placeOf(orderId)?.line;
  if (line === undefined) world.lines.passOver(orderId);
  if (line?.change !== undefined) refuseChange(world, line, 'the broker knows no such order');
}

/** Where a list of a session's orders begins: midnight in New York, in Alpaca's own words. In the evening
 * the next session has begun, and what ended before it is forgotten: it is not asked for again, for it
 * would come back as somebody else's. */
export function sessionStart({ at, session }: AlpacaWorld): string {
  const today = newYorkDate(at.market);
  return midnight(session !== undefined && session.date > today ? session.date : today);
}

function midnight(date: SessionDate): string {
  return rfc3339(newYorkInstant(date, 0));
}

function rfc3339(at: EpochMicros): string {
  return new Date(at / 1_000).toISOString();
}

/** A list that was read to its end. `text` is the same where nothing changed. */
export interface OrderList {
  readonly orders: readonly WireOrder[];
  readonly text: string;
  readonly takenAt: At;
}

type OnList = (list: OrderList | undefined, why: string) => void;

/** Which orders: `all` of those given since a time, or the `open` ones, whenever they were given. */
type Listed = { readonly all: string } | 'open';

/**
 * Reads a list of orders, page by page. `onList` is told undefined where the list could not be
 * read, or not to its end.
 */
export function readList(
  world: AlpacaWorld,
  query: { readonly listed: Listed; readonly turn: Turn },
  onList: OnList,
): void {
  const { listed } = query;
  new ListReading(world, query, onList).readPage(listed === 'open' ? undefined : listed.all);
}

/** One list on its way. A page begins a moment before the last one's end, for orders may share one. */
class ListReading {
  readonly #world: AlpacaWorld;
  readonly #turn: Turn;
  readonly #status: 'open' | 'all';
  readonly #onList: OnList;
  readonly #found = new Map<string, WireOrder>();
  #text = '';
  #pages = 0;
  #takenAt: At | undefined;

  constructor(world: AlpacaWorld, query: Parameters<typeof readList>[1], onList: OnList) {
    this.#world = world;
    this.#turn = query.turn;
    this.#status = query.listed === 'open' ? 'open' : 'all';
    this.#onList = onList;
  }

  readPage(after: string | undefined): void {
    const world = this.#world;
    const since = after === undefined ? '' : `&after=${encodeURIComponent(after)}`;
    const path = `/v2/orders?status=${this.#status}&nested=true&direction=asc&limit=${PAGE}${since}`;
    this.#pages += 1;
    ask(world, { turn: this.#turn, method: 'GET', path }, (answer, _at, askedAt) => {
      this.#takenAt ??= askedAt;
      this.#take(answer, this.#takenAt);
    });
  }

  #take(answer: WireAnswer, takenAt: At): void {
    const body = bodyOf(answer) ?? '';
    const page = readPage(body);
    if (page === undefined) {
      this.#onList(undefined, whyNot(answer));
      return;
    }
    const before = this.#found.size;
    for (const order of page.orders) this.#found.set(order.id, order);
    this.#text += body;
    const { rows, lastSubmittedAt: last } = page;
    const isStuck = this.#found.size === before || this.#pages === MOST_PAGES;
    if (rows < PAGE) {
      this.#onList({ orders: [...this.#found.values()], text: this.#text, takenAt }, '');
    } else if (last === undefined || isStuck) this.#onList(undefined, 'its pages have no end');
    else this.readPage(new Date(Date.parse(last) - 1).toISOString());
  }
}

function whyNot(answer: WireAnswer): string {
  return answer.kind === 'httpFailed' ? answer.reason : `status ${answer.status}`;
}

/**
 * Looks for the order of an intent by its client id, and where that knows none in the whole history of
 * the session. What is found is told again with its fills and its end.
 */
export function find(world: AlpacaWorld, intentId: string): void {
  const line = world.lines.get(intentId);
  if (line?.end === 'rejected' && lastOrder(line)?.id === undefined) {
    retell(world, line, 'the broker refused it when it was sent');
    return;
  }
  const clientId = (line === undefined ? undefined : lastOrder(line)?.clientId) ?? intentId;
  const path = `/v2/orders:by_client_order_id?client_order_id=${encodeURIComponent(clientId)}`;
  const turn = searchTurn(line);
  ask(world, { turn, method: 'GET', path }, (answer) => {
    const body = bodyOf(answer);
    const known = readOrder(parseJson(body ?? ''));
    if (body !== undefined || isNotFound(answer)) searchList(world, intentId, turn, known);
    else incomplete(world, intentId, whyNot(answer));
  });
}

function incomplete(world: AlpacaWorld, intentId: string, evidence: string): void {
  tell(world, { kind: 'searched', intentId, search: { outcome: 'incomplete', evidence } });
}

/** The list holds each order with its legs and whatever replaced it, from the day of the intent on, or
 * from the evening before where the broker took it then. One that the broker knows by its client id is
 * never absent. */
function searchList(
  world: AlpacaWorld,
  intentId: string,
  turn: Turn,
  known: WireOrder | undefined,
): void {
  const since = searchedSince(intentId, newYorkDate(world.at.market));
  const after = midnight(earlierOf(since, dayGiven(known)));
  readList(world, { listed: { all: after }, turn }, (list, why) => {
    if (list === undefined) incomplete(world, intentId, why);
    else if (known === undefined || list.orders.some(({ id }) => id === known.id)) {
      judgeList(world, intentId, list);
    } else incomplete(world, intentId, 'the broker knows its client id, and its list lacks it');
  });
}

/** The date in New York on which the broker took an order. */
function dayGiven(order: WireOrder | undefined): SessionDate | undefined {
  const millis = Date.parse(order?.submittedAt ?? '');
  return Number.isNaN(millis) ? undefined : newYorkDate(epochMicrosFromMillis(millis));
}

function earlierOf(date: SessionDate, other: SessionDate | undefined): SessionDate {
  return other !== undefined && other < date ? other : date;
}

function judgeList(world: AlpacaWorld, intentId: string, list: OrderList): void {
  const orders = list.orders.filter(({ clientId }) => intentIdOf(clientId) === intentId);
  world.isQuiet = true;
  let line: OrderLine | undefined;
  let isForeign = false;
  for (const taken of takeOrders(world, { orders, takenAt: list.takenAt })) {
    if (taken?.intentId === intentId) line = taken;
    else isForeign = true;
  }
  world.isQuiet = false;
  const evidence = `${list.orders.length} orders of the session, read to the end`;
  const sent = world.lines.get(intentId);
  if (isForeign && sent !== undefined && line === undefined) {
    sent.end = 'rejected';
    sent.endReason = 'its client id is taken by another order';
    line = sent;
  }
  if (line === undefined && orders.length > 0) {
    incomplete(
      world,
      intentId,
      'an order with its client id is listed, and this adapter has no such intent',
    );
  } else if (line === undefined || (hasPosting(line) && line.end === undefined)) {
    const search = { outcome: 'absent', takenAt: list.takenAt, evidence } as const;
    tell(world, { kind: 'searched', intentId, search });
  } else retell(world, line, evidence);
}
