/**
 * The account in one picture, read again and again: the session's orders, then positions and account,
 * then the orders once more. Only where both lists are the same, and nothing was heard meanwhile, is
 * it a picture of one moment. Core thread only.
 */

import type { At } from '../../engine/domain/clock.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill } from '../../engine/domain/order.ts';
import { centsFromDollars, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { AccountSnapshot, EndedOrder, HeldPosition, WorkingOrder } from '../order-gateway.ts';
import { PicturePace } from '../picture-pace.ts';
import { bodyOf } from '../wire-requests.ts';
import type { OrderLine } from './order-line.ts';
import { remainingUnits, workingOrder } from './order-line.ts';
import { takeOrder } from './order-news.ts';
import type { OrderList } from './order-reading.ts';
import { readList, sessionStart } from './order-reading.ts';
import type { AlpacaWorld } from './order-world.ts';
import { ask } from './order-world.ts';
import type { Fields, WireOrder } from './wire-order.ts';
import { instrumentOf, isFields, numberIn, parseJson, priceIn, textIn } from './wire-order.ts';

/** Pictures that are wanted sooner begin at least this far apart. */
const LEAST_APART_MICROS = MICROS_PER_SECOND;
/** A picture that was disturbed is taken again after this long. */
const AGAIN_MICROS = 500_000;
/** Answers that do not come are not waited for longer than this. */
const ROUND_LIMIT_MICROS = 30 * MICROS_PER_SECOND;

interface Round {
  readonly startedAt: At;
  readonly changes: number;
  readonly orders: OrderList;
  positions: readonly Fields[] | undefined;
  account: Fields | undefined;
}

export class AccountRounds {
  readonly #world: AlpacaWorld;
  readonly #pace = new PicturePace(LEAST_APART_MICROS, 0);
  #number = 0;
  #snapshot: AccountSnapshot | undefined;
  /** Why no picture comes about, where it is not for the market's own movement. */
  fault: string | undefined;

  constructor(world: AlpacaWorld) {
    this.#world = world;
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
    this.#list((orders) => {
      if (number !== this.#number) return;
      for (const order of orders.orders) takeOrder(world, order);
      const { changes } = world;
      this.#readRest({ startedAt, changes, orders, positions: undefined, account: undefined });
    });
  }

  #list(onList: (list: OrderList) => void): void {
    const query = { after: sessionStart(this.#world), turn: 'read' } as const;
    readList(this.#world, query, (list, why) => {
      if (list === undefined) this.#fail(`the orders could not be read: ${why}`);
      else onList(list);
    });
  }

  #readRest(round: Round): void {
    const number = this.#number;
    this.#get('/v2/positions', (value) => {
      if (Array.isArray(value) && value.every(isFields)) round.positions = value;
      this.#compare(number, round);
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
    if (number !== this.#number || round.positions === undefined || round.account === undefined) {
      return;
    }
    this.#list((again) => {
      if (number !== this.#number) return;
      for (const order of again.orders) takeOrder(this.#world, order);
      const isStill = this.#world.changes === round.changes && again.text === round.orders.text;
      if (isStill) this.#take(round);
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

  #take({ startedAt, orders, positions = [], account = {} }: Round): void {
    const world = this.#world;
    const number = textIn(account, 'account_number');
    if (number !== world.accountId) {
      this.#fail(`these keys are of account ${number ?? 'unknown'}, not of ${world.accountId}`);
      return;
    }
    this.fault = undefined;
    this.#pace.completed();
    const fillsSince = world.session?.open ?? startedAt.market;
    const cents = (name: string) => centsFromDollars(numberIn(account, name) ?? 0);
    const listed = new Set(orders.orders.map(({ id }) => world.lines.placeOf(id)?.line));
    const lines = world.lines.all().filter((line) => listed.has(line) || line.end === 'rejected');
    this.#snapshot = {
      asOf: startedAt,
      accountId: world.accountId,
      cashCents: cents('cash'),
      buyingPowerCents: cents('options_buying_power'),
      marginCents: cents('maintenance_margin'),
      positions: positions.flatMap(positionIn),
      workingOrders: lines.flatMap(workingIn),
      endedOrders: lines.flatMap(endedIn),
      fills: lines
        .flatMap((line) => standingFills(line, orders.orders, world))
        .filter(({ marketAt }) => marketAt >= fillsSince),
      fillsSince,
    };
  }
}

function positionIn(fields: Fields): readonly HeldPosition[] {
  const name = textIn(fields, 'symbol');
  const quantity = numberIn(fields, 'qty');
  if (name === undefined || quantity === undefined || quantity === 0) return [];
  const averagePrice = priceIn(fields, 'avg_entry_price');
  const symbol = instrumentSymbol(instrumentOf(name));
  return [{ symbol, quantity, ...(averagePrice !== undefined && { averagePrice }) }];
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

/** The told executions that the broker's totals of this moment bear out: where they show less, the
 * newest do not stand any more. */
function standingFills(
  line: OrderLine,
  orders: readonly WireOrder[],
  world: AlpacaWorld,
): readonly Fill[] {
  const totals = new Map<string, number>();
  for (const { id, legs } of orders) {
    if (world.lines.placeOf(id)?.line !== line) continue;
    for (const { instrument, filled } of legs) {
      const symbol = instrumentSymbol(instrument);
      totals.set(symbol, (totals.get(symbol) ?? 0) + filled);
    }
  }
  return line.fills.filter(({ instrument, quantity }) => {
    const symbol = instrumentSymbol(instrument);
    const left = (totals.get(symbol) ?? 0) - quantity;
    totals.set(symbol, left);
    return left >= 0;
  });
}
