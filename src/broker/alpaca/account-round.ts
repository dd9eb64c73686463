/**
 * The account in one picture, read again and again: the session's orders, then positions, account and
 * what is open of before it, then the orders once more. Only where both lists are the same, and nothing
 * was heard meanwhile, is it a picture of one moment. Core thread only.
 */

import type { At } from '../../engine/domain/clock.ts';
import { instrumentSymbol, parseOccSymbol } from '../../engine/domain/instrument.ts';
import type { Fill } from '../../engine/domain/order.ts';
import { shareQuantity } from '../../engine/domain/share-quantity.ts';
import { centsFromDollars, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { AccountSnapshot, EndedOrder, HeldPosition, WorkingOrder } from '../order-gateway.ts';
import { PicturePace } from '../picture-pace.ts';
import { heldOnWire, heldPosition } from '../wire-number.ts';
import { bodyOf } from '../wire-requests.ts';
import type { LineOrder, OrderLine } from './order-line.ts';
import { remainingUnits, workingOrder } from './order-line.ts';
import { listedFacts, takeOrders } from './order-news.ts';
import type { OrderList } from './order-reading.ts';
import { readList, readPredecessor, sessionStart } from './order-reading.ts';
import type { AlpacaWorld } from './order-world.ts';
import { ask, readLater } from './order-world.ts';
import type { Fields, WireOrder } from './wire-order.ts';
import { hasEnded, instrumentOf, isFields, numberIn, parseJson, textIn } from './wire-order.ts';

/** Pictures that are wanted sooner begin at least this far apart. */
const LEAST_APART_MICROS = MICROS_PER_SECOND;
/** A picture that was disturbed is taken again after this long. */
const AGAIN_MICROS = 500_000;
/** Answers that do not come are not waited for longer than this. */
const ROUND_LIMIT_MICROS = 30 * MICROS_PER_SECOND;

interface Round {
  readonly startedAt: At;
  readonly changes: number;
  /** Where its lists of the session's orders begin. */
  readonly since: string;
  readonly orders: OrderList;
  /** Orders that are open, whenever they were given. */
  open: readonly WireOrder[] | undefined;
  positions: readonly HeldPosition[] | undefined;
  account: Fields | undefined;
}

export class AccountRounds {
  readonly #world: AlpacaWorld;
  readonly #onGone: () => void;
  readonly #pace = new PicturePace(LEAST_APART_MICROS, 0);
  #number = 0;
  #snapshot: AccountSnapshot | undefined;
  /** Why no picture comes about, where it is not for the market's own movement. */
  fault: string | undefined;

  /** `onGone`: called where a contract of the picture before is not in this one. */
  constructor(world: AlpacaWorld, onGone: () => void) {
    this.#world = world;
    this.#onGone = onGone;
  }

  get snapshot(): AccountSnapshot | undefined {
    return this.#snapshot;
  }

  /** Begins a round now: after each connection of the stream, for it tells nothing of the past. */
  hurry(): void {
    this.#pace.beginAnew(this.#world.at);
  }

  /** Begins the next round sooner. */
  lookAgain(at: At): void {
    this.#pace.lookAgain(at);
  }

  /** True where the account has not let itself be read for so long that the last picture is none. */
  isBlind(at: At): boolean {
    return this.#pace.isBlind(at);
  }

  onClock(): void {
    const { at } = this.#world;
    const { runningSince } = this.#pace;
    if (runningSince !== undefined) {
      if (at.wall < runningSince + ROUND_LIMIT_MICROS) return;
      this.#pace.failed(at);
    }
    if (this.#pace.isDue(at)) this.#begin();
  }

  #begin(): void {
    const world = this.#world;
    this.#number += 1;
    const number = this.#number;
    this.#pace.begin(world.at, world.session);
    const startedAt = { market: world.at.market, wall: world.at.wall };
    const since = sessionStart(world);
    this.#list({ listed: { all: since }, turn: 'picture' }, (orders) => {
      if (number !== this.#number) return;
      takeOrders(world, orders);
      world.witness.list(listedFacts(world, orders.orders), orders.takenAt, world.at);
      const { changes } = world;
      const rest = { open: undefined, positions: undefined, account: undefined };
      this.#readRest({ startedAt, changes, since, orders, ...rest });
    });
  }

  #list(query: Parameters<typeof readList>[1], onList: (list: OrderList) => void): void {
    readList(this.#world, query, (list, why) => {
      if (list === undefined) this.#fail(`the orders could not be read: ${why}`);
      else onList(list);
    });
  }

  #readRest(round: Round): void {
    const number = this.#number;
    this.#list({ listed: 'open', turn: 'read' }, (list) => {
      if (number !== this.#number) return;
      takeOrders(this.#world, list);
      round.open = list.orders;
      lookForEarlier(this.#world, round);
      this.#compare(number, round);
    });
    this.#get('/v2/positions', (value) => {
      if (number !== this.#number) return;
      round.positions = positionsIn(value);
      if (round.positions === undefined) this.#fail('a position in /v2/positions cannot be read');
      else this.#compare(number, round);
    });
    this.#get('/v2/account', (value) => {
      if (isFields(value)) round.account = value;
      this.#compare(number, round);
    });
  }

  #get(path: string, onValue: (value: unknown) => void): void {
    const world = this.#world;
    ask(world, { turn: 'read', method: 'GET', path }, (answer) => {
      const body = bodyOf(answer);
      if (body === undefined) this.#fail(`${path} could not be read`);
      else onValue(parseJson(body));
    });
  }

  /** Reads the orders again once the rest is there. */
  #compare(number: number, round: Round): void {
    const isWhole = [round.open, round.positions, round.account].every(
      (each) => each !== undefined,
    );
    if (number !== this.#number || !isWhole) return;
    this.#list({ listed: { all: round.since }, turn: 'read' }, (again) => {
      if (number !== this.#number) return;
      takeOrders(this.#world, again);
      const { changes } = this.#world;
      const isStill = changes === round.changes && again.text === round.orders.text;
      const rows = rowsOf(round);
      if (isStill && isTaken(this.#world, rows)) this.#take(round, rows);
      else {
        this.#pace.failed(this.#world.at);
        this.#pace.again(this.#world.at, AGAIN_MICROS);
      }
    });
  }

  #fail(why: string): void {
    this.fault = why;
    this.#number += 1;
    this.#pace.failed(this.#world.at);
  }

  #take(round: Round, rows: Rows): void {
    const { startedAt, positions = [], account = {} } = round;
    const world = this.#world;
    const number = textIn(account, 'account_number');
    if (number !== world.accountId) {
      this.#fail(`these keys are of account ${number ?? 'unknown'}, not of ${world.accountId}`);
      return;
    }
    this.fault = undefined;
    this.#pace.completed();
    if (world.session !== undefined) world.lines.forgetUnlisted(world.session.date);
    const fillsSince = world.session?.open ?? startedAt.market;
    const cents = (name: string) => centsFromDollars(numberIn(account, name) ?? 0);
    const lines = world.lines.all().filter((line) => isShown(line, round, rows));
    const before = this.#snapshot?.positions ?? [];
    this.#snapshot = {
      asOf: startedAt,
      accountId: world.accountId,
      cashCents: cents('cash'),
      buyingPowerCents: cents('options_buying_power'),
      marginCents: cents('maintenance_margin'),
      positions,
      workingOrders: lines.flatMap(workingIn),
      endedOrders: lines.flatMap(endedIn),
      fills: lines
        .flatMap((line) => standingFills(line, round, rows))
        .filter(({ marketAt }) => marketAt >= fillsSince),
      fillsSince,
    };
    if (isSomeGone(before, this.#snapshot.positions)) this.#onGone();
  }
}

function isSomeGone(before: readonly HeldPosition[], now: readonly HeldPosition[]): boolean {
  const held = new Set(now.map(({ symbol }) => symbol));
  return before.some(({ symbol }) => !held.has(symbol) && parseOccSymbol(symbol) !== undefined);
}

/** Undefined where a row cannot be read: a position that is not understood is not left out. */
function positionsIn(rows: unknown): readonly HeldPosition[] | undefined {
  const read = Array.isArray(rows) ? rows.map(positionIn) : [undefined];
  if (!read.every((position) => position !== undefined)) return undefined;
  return read.filter(({ quantity }) => quantity !== 0);
}

function positionIn(row: unknown): HeldPosition | undefined {
  if (!isFields(row)) return undefined;
  const name = textIn(row, 'symbol');
  const quantity = heldOnWire(row['qty']);
  if (name === undefined || quantity === undefined) return undefined;
  const symbol = instrumentSymbol(instrumentOf(name));
  return heldPosition(symbol, quantity, numberIn(row, 'avg_entry_price'));
}

function workingIn(line: OrderLine): readonly WorkingOrder[] {
  const order = workingOrder(line);
  if (order?.id === undefined || line.end !== undefined) return [];
  const { intentId, intent } = line;
  const remaining = remainingUnits(line);
  const { legs } = intent;
  return [{ intentId, brokerOrderId: order.id, legs, remaining, limit: order.limit }];
}

function endedIn(line: OrderLine): readonly EndedOrder[] {
  const { intentId, end } = line;
  return end === undefined ? [] : [{ intentId, standing: end, remaining: remainingUnits(line) }];
}

/** The orders of both lists, each once, by their ids. */
type Rows = ReadonlyMap<string, WireOrder>;

function rowsOf({ orders, open = [] }: Round): Rows {
  return new Map([...open, ...orders.orders].map((row) => [row.id, row]));
}

/** True of an order that was given before the session's list begins. */
function isEarlier({ submittedAt }: LineOrder, { since }: Round): boolean {
  return submittedAt !== undefined && Date.parse(submittedAt) <= Date.parse(since);
}

/** What one of the lists shows; and what none can: orders that were refused when they were sent, and those
 * from before the session that have ended in it. */
function isShown(line: OrderLine, round: Round, rows: Rows): boolean {
  if (line.end === 'rejected') return true;
  return line.orders.some((order) => {
    if (order.id !== undefined && rows.has(order.id)) return true;
    return line.end !== undefined && isEarlier(order, round);
  });
}

/** True where no order of the lists waits for the one in whose place it came. */
function isTaken({ lines }: AlpacaWorld, rows: Rows): boolean {
  return ![...rows.values()].some((row) => lines.lacksPredecessor(row));
}

/** Orders from before the session that no list shows any more are read by themselves: those that were
 * open, those of which an earlier run told executions today, and those that somebody moved before it. */
function lookForEarlier(world: AlpacaWorld, round: Round): void {
  const rows = rowsOf(round);
  for (const row of rows.values()) readPredecessor(world, row);
  for (const { orders } of world.lines.all()) {
    for (const order of orders) {
      const { id, status } = order;
      const isGone = id !== undefined && !rows.has(id) && !hasEnded(status);
      if (isGone && isEarlier(order, round)) readLater(world, id, 0);
    }
  }
  const { open = round.startedAt.market } = world.session ?? {};
  for (const id of world.lines.unseen(open)) readLater(world, id, 0);
}

/** The told executions that the broker's totals of this moment bear out: where they show less, the
 * newest do not stand any more. */
function standingFills(line: OrderLine, round: Round, rows: Rows): readonly Fill[] {
  const totals = new Map<string, number>();
  const add = (symbol: string, quantity: number): void => {
    totals.set(symbol, shareQuantity((totals.get(symbol) ?? 0) + quantity));
  };
  for (const order of line.orders) {
    const row = order.id === undefined ? undefined : rows.get(order.id);
    for (const { instrument, filled } of row?.legs ?? []) add(instrumentSymbol(instrument), filled);
    if (row !== undefined || !isEarlier(order, round)) continue;
    for (const [symbol, { quantity }] of order.filled) add(symbol, quantity);
  }
  return line.fills.filter(({ instrument, quantity }) => {
    const symbol = instrumentSymbol(instrument);
    const left = shareQuantity((totals.get(symbol) ?? 0) - quantity);
    totals.set(symbol, left);
    return left >= 0;
  });
}
