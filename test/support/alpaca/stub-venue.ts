/**
 * The orders of the Alpaca stub and what becomes of them. A state machine with a clock that the test
 * owns: the same venue answers over real sockets and in virtual time. One user.
 */

import { parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import { newYorkDate, newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import { StubAccount } from './stub-account.ts';
import { fullDayMinutes, StubMarket } from './stub-market.ts';
import type { StubLeg, StubOrder, StubStatus } from './stub-order.ts';
import {
  isOpen,
  isShares,
  legJson,
  moneyText,
  orderJson,
  signOf,
  timeText,
  uuid,
} from './stub-order.ts';
import type { LegRequest, OrderRequest } from './stub-order-rules.ts';
import { centsOf, checkContracts, checkOrder, readOrder } from './stub-order-rules.ts';
import { forbidden, notFound, unprocessable } from './stub-refusal.ts';

/** Expiring positions that the account cannot carry are closed from here on. */
const LIQUIDATION_MINUTES = 15 * 60 + 45;
const LAST_TRADE_MINUTES = 16 * 60 + 15;
const MOST_LISTS = 4;

/** Nothing takes the place of an order while the venue has not taken it, or another waits to. */
const UNSETTLED: ReadonlySet<StubStatus> = new Set(['accepted', 'pending_new', 'pending_replace']);

export interface TradeUpdate {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface VenueKnobs {
  /** Chance that a marketable order fills in part first, as the paper venue does in one of ten. */
  partialProbability: number;
  /** Which fills of an order with several legs are told: of the parent, of each leg, or both. */
  mlegFills: 'parent' | 'legs' | 'both';
  /** Amending an order that closes a spread is refused. */
  refusesSpreadCloseAmends: boolean;
  /** An amendment is answered before the venue has it: `settleAmend` tells whether it is taken. */
  amendsLater: boolean;
  /** The venue holds new orders back as `accepted` until `release` is called. */
  holdsNew: boolean;
  /** Close one leg, or nothing. */
  liquidation: 'oneLeg' | 'none';
  /** New York minutes of a full day from which it is done. */
  liquidationMinutes: number;
  /** Minutes after midnight of a full day at which expiries are booked: in the evening. */
  bookingMinutes: number;
}

export class StubVenue {
  readonly market = new StubMarket();
  readonly account: StubAccount;
  readonly orders: StubOrder[] = [];
  /** Those that have not ended, oldest first. */
  readonly open = new Set<StubOrder>();
  readonly knobs: VenueKnobs = {
    partialProbability: 0,
    mlegFills: 'parent',
    refusesSpreadCloseAmends: true,
    amendsLater: false,
    holdsNew: false,
    liquidation: 'none',
    liquidationMinutes: LIQUIDATION_MINUTES,
    bookingMinutes: 18 * 60,
  };
  /** Hears every update of the account. */
  onUpdate: (update: TradeUpdate) => void = () => undefined;
  /** A number in [0, 1). */
  random: () => number = () => 0.5;
  now: EpochMicros;
  liquidations = 0;
  #lastId = 0;
  #booked = '';
  /** Counts what changed of orders. */
  #changes = 0;
  /** Lists of orders as they were last written, by what they hang on. */
  readonly #lists = new Map<string, string>();

  constructor(now: EpochMicros, accountNumber = 'PA3TESTSTUB1') {
    this.now = now;
    this.account = new StubAccount(this.market, accountNumber);
  }

  #id(): string {
    this.#lastId += 1;
    return uuid(this.#lastId);
  }

  find(id: string): StubOrder {
    const order = this.orders.find((each) => each.id === id);
    if (order === undefined) throw notFound('order');
    return order;
  }

  byClientId(clientOrderId: string): StubOrder {
    const order = this.orders.find((each) => each.clientOrderId === clientOrderId);
    if (order === undefined) throw notFound('order');
    return order;
  }

  place(body: Readonly<Record<string, unknown>>): StubOrder {
    const request = readOrder(body);
    checkOrder(request, this.#world());
    const order = this.#enter(request, undefined);
    this.#tell('pending_new', order);
    if (!this.knobs.holdsNew) this.release(order);
    return order;
  }

  /** The venue takes an order that it held back. */
  release(order: StubOrder): void {
    if (order.status !== 'accepted') return;
    this.#set(order, 'new');
    this.#tell('new', order);
    this.#tryFill(order);
  }

  /** Refuses an order after it was taken. */
  reject(order: StubOrder, reason: string): void {
    this.#set(order, 'rejected');
    this.#tell('rejected', order, { reason });
  }

  #world() {
    const { market, account, orders, now } = this;
    return { market, account, orders, now };
  }

  #enter(request: OrderRequest, replaces: StubOrder | undefined): StubOrder {
    const id = this.#id();
    const order: StubOrder = {
      id,
      clientOrderId: request.clientOrderId === '' ? this.#id() : request.clientOrderId,
      orderClass: request.orderClass,
      type: request.type,
      legs: request.legs.map((leg) => this.#leg(request, leg, id)),
      units: request.units,
      limit: request.limit,
      submittedAt: this.now,
      replaces: replaces?.id,
      replacedBy: undefined,
      updatedAt: this.now,
      status: 'accepted',
      filled: 0,
    };
    this.orders.push(order);
    this.#changes += 1;
    this.open.add(order);
    return order;
  }

  #leg(request: OrderRequest, leg: LegRequest, orderId: string): StubLeg {
    const id = request.orderClass === 'simple' ? orderId : this.#id();
    return { ...leg, id, clientOrderId: this.#id(), filled: 0, notional: 0 };
  }

  cancel(id: string): void {
    const order = this.find(id);
    const isFixed = !isOpen(order) || order.status === 'pending_replace';
    if (isFixed) throw unprocessable(`order is already in "${order.status}" state`);
    const old = this.orders.find(({ id: each }) => each === order.replaces);
    if (old?.status === 'pending_replace') this.#set(old, 'new');
    this.#set(order, 'canceled');
    this.#tell('canceled', order);
  }

  cancelAll(): object[] {
    const open = [...this.open];
    for (const { id } of open) this.cancel(id);
    return open.map(({ id }) => ({ id, status: 200 }));
  }

  replace(id: string, body: Readonly<Record<string, unknown>>): StubOrder {
    const old = this.find(id);
    if (!isOpen(old)) throw unprocessable(`order is already in "${old.status}" state`);
    if (UNSETTLED.has(old.status)) {
      throw unprocessable(`cannot replace order in ${old.status} status`);
    }
    checkContracts(old, this.#world());
    const closes = old.legs.every(({ intent }) => intent.endsWith('close'));
    if (closes && old.legs.length > 1 && this.knobs.refusesSpreadCloseAmends) {
      throw forbidden('insufficient qty available for order');
    }
    const { client_order_id: clientId } = body;
    if (this.orders.some(({ clientOrderId }) => clientOrderId === clientId)) {
      throw unprocessable('client_order_id must be unique');
    }
    const next = this.#enter(
      {
        clientOrderId: typeof clientId === 'string' ? clientId : '',
        orderClass: old.orderClass,
        type: old.type,
        units: body['qty'] === undefined ? old.units - old.filled : Number(body['qty']),
        limit:
          body['limit_price'] === undefined ? old.limit : centsOf(body['limit_price'], 'limit'),
        legs: old.legs,
      },
      old,
    );
    this.#set(old, 'pending_replace');
    this.#set(next, 'pending_new');
    if (!this.knobs.amendsLater) this.settleAmend(next);
    return next;
  }

  /** The venue takes an amendment that was answered, or refuses it: then the old order works on. */
  settleAmend(next: StubOrder, isTaken = true): void {
    const old = this.find(next.replaces ?? '');
    if (next.status !== 'pending_new') return;
    if (!isTaken || !isOpen(old)) {
      if (isOpen(old)) this.#set(old, 'new');
      this.reject(next, 'the order could not be replaced');
      this.#tell('order_replace_rejected', old);
      return;
    }
    old.replacedBy = next.id;
    this.#set(old, 'replaced');
    this.#tell('replaced', old);
    this.#set(next, 'new');
    this.#tell('new', next);
    this.#tryFill(next);
  }

  /** Closes one position at the market, as DELETE /v2/positions/{symbol} does. */
  closePosition(symbol: string): StubOrder {
    const quantity = this.account.quantity(symbol);
    if (quantity === 0) throw notFound('position');
    const side = quantity > 0 ? 'sell' : 'buy';
    const body = { symbol, side, type: 'market', time_in_force: 'day', qty: Math.abs(quantity) };
    const intent = isShares(symbol) ? {} : { position_intent: `${side}_to_close` };
    return this.place({ ...body, ...intent });
  }

  /** A quote in cents. Whatever it makes marketable fills at the natural price. */
  quote(symbol: string, bid: number | undefined, ask: number | undefined, size = 50): void {
    this.market.put(symbol, { bid, ask, bidSize: size, askSize: size });
    for (const order of this.open) {
      if (order.legs.some((leg) => leg.symbol === symbol)) this.#tryFill(order);
    }
  }

  /** What one unit costs now at natural, in cents; undefined where a side is missing. */
  #natural({ legs }: StubOrder): readonly number[] | undefined {
    const prices = legs.map(({ symbol, side }) => {
      const quote = this.market.quote(symbol);
      return side === 'buy' ? quote?.ask : quote?.bid;
    });
    return prices.every((price) => price !== undefined) ? (prices as number[]) : undefined;
  }

  #tryFill(order: StubOrder): void {
    if (order.status !== 'new' && order.status !== 'partially_filled') return;
    const prices = this.#natural(order);
    if (prices === undefined) return;
    const net = netOf(order.legs, prices);
    const limit =
      order.legs.length === 1 && signOf(order.legs[0]!) < 0 ? -(order.limit ?? 0) : order.limit;
    if (order.type === 'limit' && (limit === undefined || net > limit)) return;
    const left = order.units - order.filled;
    const isPart = left > 1 && this.random() < this.knobs.partialProbability;
    this.fill(order, isPart ? Math.ceil(left / 2) : left, prices);
  }

  /** Executes some units of an order, leg by leg, at the given prices or at prices of its limit. */
  fill(order: StubOrder, units: number, prices: readonly number[] = pricesAtLimit(order)): void {
    order.filled += units;
    const isWhole = order.filled === order.units;
    this.#set(order, isWhole ? 'filled' : 'partially_filled');
    const executions = order.legs.map((leg, index) => {
      const price = prices[index] ?? 0;
      const quantity = units * leg.ratio;
      leg.filled += quantity;
      leg.notional += price * quantity;
      return { leg, price, quantity, executionId: this.#execute(order, leg, { quantity, price }) };
    });
    const event = isWhole ? 'fill' : 'partial_fill';
    const { mlegFills } = this.knobs;
    const isSimple = order.orderClass === 'simple';
    if (!isSimple && mlegFills !== 'parent') {
      for (const { leg, price, quantity, executionId } of executions) {
        const facts = this.#facts(executionId, moneyText(price), quantity, leg.symbol);
        this.onUpdate({ event, ...facts, order: legJson(order, leg) });
      }
    }
    if (!isSimple && mlegFills === 'legs') return;
    const [first] = executions;
    const price = isSimple ? (first?.price ?? 0) : netOf(order.legs, prices);
    const id = isSimple ? (first?.executionId ?? '') : this.#id();
    const facts = this.#facts(id, moneyText(price), units, first?.leg.symbol ?? '');
    this.#tell(event, order, facts);
  }

  #facts(executionId: string, price: string, quantity: number, symbol: string): object {
    const held = String(this.account.quantity(symbol));
    return { execution_id: executionId, price, qty: String(quantity), position_qty: held };
  }

  /** Books one execution of a leg; its activity carries the execution's id. */
  #execute(order: StubOrder, leg: StubLeg, done: { quantity: number; price: number }): string {
    const executionId = this.#id();
    const { quantity, price } = done;
    this.account.apply({
      executionId,
      symbol: leg.symbol,
      quantity: signOf(leg) * quantity,
      price,
    });
    this.account.book('FILL', this.now, {
      id: `${timeText(this.now).replaceAll(/\D/g, '').slice(0, 17)}::${executionId}`,
      transaction_time: timeText(this.now),
      type: order.filled === order.units ? 'fill' : 'partial_fill',
      price: moneyText(price),
      qty: String(quantity),
      side: leg.side,
      symbol: leg.symbol,
      leaves_qty: String(order.units * leg.ratio - leg.filled),
      order_id: leg.id,
      cum_qty: String(leg.filled),
      order_status: order.status,
    });
    return executionId;
  }

  /** Takes one execution of a single-leg order back. */
  bust(order: StubOrder, executionId: string, quantity: number, price: number): void {
    this.#trade(order, executionId, -quantity, price);
    this.#set(order, 'canceled');
    const facts = { execution_id: executionId, price: moneyText(price), qty: String(quantity) };
    this.#tell('trade_bust', order, facts);
  }

  /** Corrects one execution of a single-leg order, and says which where it is named. */
  correct(
    order: StubOrder,
    from: { quantity: number; price: number; id?: string },
    to: { quantity: number; price: number },
  ): void {
    const executionId = this.#id();
    this.#trade(order, executionId, -from.quantity, from.price);
    this.#trade(order, executionId, to.quantity, to.price);
    const facts = { execution_id: executionId, previous_execution_id: from.id };
    const corrected = { price: moneyText(to.price), qty: String(to.quantity) };
    this.#tell('trade_correct', order, { ...facts, ...corrected });
  }

  /** Fewer of the first leg where `quantity` is negative. */
  #trade(order: StubOrder, executionId: string, quantity: number, price: number): void {
    const [leg] = order.legs;
    if (leg === undefined) throw new RangeError('an order has a leg');
    leg.filled += quantity;
    leg.notional += price * quantity;
    order.filled += quantity;
    this.#changes += 1;
    const traded = { symbol: leg.symbol, quantity: signOf(leg) * quantity };
    this.account.apply({ executionId, ...traded, price });
  }

  /** A list of orders as it is written. Nearly every one says what the last one said: while no order changes
   * it is not written anew. */
  listed(path: string, write: () => string): string {
    const of = `${this.#changes} ${this.orders.length} ${path}`;
    const known = this.#lists.get(of);
    if (known !== undefined) return known;
    const text = write();
    if (this.#lists.size >= MOST_LISTS) this.#lists.clear();
    this.#lists.set(of, text);
    return text;
  }

  /** Moves the clock and does what falls due on the way: liquidation, expiry of orders, booking. */
  advance(to: EpochMicros): void {
    this.now = to;
    const minutes = fullDayMinutes(to);
    if (minutes >= this.knobs.liquidationMinutes && minutes < LAST_TRADE_MINUTES) this.#liquidate();
    if (minutes >= LAST_TRADE_MINUTES) this.#expireOrders();
    if (minutes < this.knobs.bookingMinutes) return;
    const today = newYorkDate(to);
    if (this.#booked === today) return;
    this.#booked = today;
    this.#bookExpiries();
  }

  #liquidate(): void {
    if (this.knobs.liquidation === 'none' || this.liquidations > 0) return;
    const today = newYorkDate(this.now);
    const expiring = [...this.account.held()].filter(
      ([symbol]) => parseOccSymbol(symbol)?.expiry === today,
    );
    const short = expiring.find(([, quantity]) => quantity < 0);
    if (short === undefined) return;
    this.liquidations += 1;
    const [symbol, quantity] = short;
    this.#closeAt(symbol, -quantity, this.market.quote(symbol)?.ask ?? 100);
  }

  /** Somebody at another screen takes contracts off at the market; false where there is none. */
  closeElsewhere(symbol: string, quantity: number): boolean {
    const { bid, ask } = this.market.quote(symbol) ?? {};
    const price = this.account.quantity(symbol) < 0 ? ask : bid;
    if (price === undefined || price <= 0) return false;
    this.#closeAt(symbol, quantity, price);
    return true;
  }

  #closeAt(symbol: string, units: number, price: number): void {
    const side = this.account.quantity(symbol) < 0 ? 'buy' : 'sell';
    const leg: LegRequest = { symbol, side, intent: `${side}_to_close`, ratio: 1 };
    const request = { clientOrderId: '', orderClass: 'simple', type: 'market' } as const;
    const order = this.#enter({ ...request, legs: [leg], units, limit: undefined }, undefined);
    this.#set(order, 'new');
    this.#tell('new', order);
    this.fill(order, units, [price]);
  }

  /** What is given in the evening is of the next day. */
  #expireOrders(): void {
    const end = newYorkInstant(newYorkDate(this.now), LAST_TRADE_MINUTES);
    for (const order of this.open) {
      if (order.submittedAt >= end) continue;
      this.#set(order, 'expired');
      this.#tell('expired', order);
    }
  }

  #bookExpiries(): void {
    const today = newYorkDate(this.now);
    const at = newYorkInstant(today, this.knobs.bookingMinutes);
    for (const [symbol] of this.account.held()) {
      const contract = parseOccSymbol(symbol);
      const close = contract === undefined ? undefined : this.market.mid(contract.root);
      if (contract?.expiry === today) this.account.expire(symbol, close ?? 0, at);
    }
  }

  #set(order: StubOrder, status: StubOrder['status']): void {
    order.status = status;
    order.updatedAt = this.now;
    this.#changes += 1;
    if (isOpen(order)) this.open.add(order);
    else this.open.delete(order);
  }

  #tell(event: string, order: StubOrder, facts: object = {}): void {
    const update = { event, timestamp: timeText(this.now), ...facts, order: orderJson(order) };
    this.onUpdate(update);
  }
}

/** The net of one unit in cents: positive for a debit. */
function netOf(legs: readonly StubLeg[], prices: readonly number[]): number {
  return legs.reduce((net, leg, i) => net + signOf(leg) * leg.ratio * (prices[i] ?? 0), 0);
}

/** Leg prices whose net is the order's limit: a dollar each, and one leg takes the difference. */
function pricesAtLimit(order: StubOrder): readonly number[] {
  const { legs, limit = 100 } = order;
  if (legs.length === 1) return [limit];
  const prices = legs.map(() => 100);
  const missing = limit - netOf(legs, prices);
  const taker = legs.findIndex((leg) => leg.ratio === 1 && signOf(leg) * missing >= 0);
  prices[taker] = (prices[taker] ?? 0) + Math.abs(missing);
  return prices;
}
