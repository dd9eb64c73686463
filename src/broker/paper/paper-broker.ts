/** The paper broker: an order gateway whose exchange is the live quote stream. */

import { unreachable } from '../../engine/domain/assert.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { OptionContract } from '../../engine/domain/instrument.ts';
import { multiplierOf, underlyingOfContract } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { underlyingOf } from '../../engine/domain/underlying.ts';
import type { Cents, EpochMicros, Price } from '../../engine/domain/units.ts';
import { addMicros, centsFromDollars, MICROS_PER_MILLI, price } from '../../engine/domain/units.ts';
import type { ApprovedOrder } from '../approved-order.ts';
import { dateOfIntent } from '../intent-date.ts';
import type {
  AccountSnapshot,
  BrokerCapabilities,
  GatewayEffect,
  OrderGateway,
  WireInput,
  WorkingOrder,
} from '../order-gateway.ts';
import { noDryRun } from '../order-gateway.ts';
import type { Task } from './agenda.ts';
import type { PaperHistory } from './history.ts';
import { newOrder } from './history.ts';
import {
  arrive,
  cancelNow,
  endOfDay,
  replaceNow,
  scheduleEndOfDay,
  tryFill,
} from './order-life.ts';
import { search } from './order-search.ts';
import type { PaperKnobs } from './paper-knobs.ts';
import type { PaperOrder } from './paper-order.ts';
import { remainingUnits } from './paper-order.ts';
import type { PaperBooks, StatedPosition } from './paper-statement.ts';
import { averagePrices } from './paper-statement.ts';
import type { PaperWorld } from './paper-world.ts';
import {
  buyingPower,
  enterSession,
  luckOf,
  newPaperWorld,
  sessionAt,
  sessionOf,
} from './paper-world.ts';
import { assignLate, scheduleExpiry, settle, tellMark } from './settlement-life.ts';

export interface PaperBrokerOptions {
  readonly accountId: string;
  /** What the account trades, SPY by default. */
  readonly underlying?: string;
  /** Decides every draw of chance; the same seed and inputs give the same events. */
  readonly seed: number;
  /** What the journal holds of this account. */
  readonly history: PaperHistory;
  /** Cash before the history, 100,000 dollars by default. */
  readonly startingCashCents?: Cents;
  readonly knobs?: Partial<PaperKnobs>;
  /** Holds stop orders on single long legs; off by default. */
  readonly nativeStops?: boolean;
}

const PAPER_CAPABILITIES: BrokerCapabilities = {
  name: 'paper',
  dedupe: 'clientId',
  maxLegs: 4,
  multiLegMarketOrders: false,
  preview: 'local',
  nativeStops: false,
  outlivesEngine: false,
  rateLimitRefuses: true,
  openingCutoffMinutes: 15 * 60 + 25,
  flattenStartMinutes: 15 * 60 + 40,
  flattenDeadlineMinutes: 15 * 60 + 50,
};

const DEFAULT_CASH_DOLLARS = 100_000;
/** An OCC symbol has this many characters; an underlying's ticker never has. */
const OCC_SYMBOL_LENGTH = 21;
const NOTHING: readonly GatewayEffect[] = [];

/**
 * Fills at the end of a batch in which a leg was quoted after its order was accepted, never from the
 * quotes it was priced on: all legs at once, on the market as it stands then, and never more than is
 * displayed. Requests take effect after a latency, so that a fill can win
 * against a cancel. Submitting a client id again changes nothing: the order it names is restated
 * while it works. Its memory between runs is the journal. Lives on the core thread.
 */
export class PaperBroker implements OrderGateway {
  readonly capabilities: BrokerCapabilities;
  readonly accountId: string;
  readonly #world: PaperWorld;

  constructor(options: PaperBrokerOptions) {
    const nativeStops = options.nativeStops ?? PAPER_CAPABILITIES.nativeStops;
    this.accountId = options.accountId;
    this.capabilities = { ...PAPER_CAPABILITIES, nativeStops };
    this.#world = newPaperWorld({
      seed: options.seed,
      maxLegs: PAPER_CAPABILITIES.maxLegs,
      nativeStops,
      hours: underlyingOf(options.underlying ?? 'SPY'),
      history: options.history,
      startingCashCents: options.startingCashCents ?? centsFromDollars(DEFAULT_CASH_DOLLARS),
      knobs: options.knobs,
    });
    for (const order of this.#world.live) this.#restoreEnd(order);
    for (const expiry of this.#world.account.expiries()) scheduleExpiry(this.#world, expiry);
  }

  /** Turns knobs of a running broker, for drills. */
  setKnobs(knobs: Partial<PaperKnobs>): void {
    this.#world.knobs = { ...this.#world.knobs, ...knobs };
  }

  /** Contracts that come in from another account, with no execution to tell of them, for drills. */
  transfer(contract: OptionContract, quantity: number): void {
    this.#world.account.takeIn(contract, quantity);
    scheduleExpiry(this.#world, contract.expiry);
  }

  submit(order: ApprovedOrder, at: At): readonly GatewayEffect[] {
    this.#advance(at);
    const { intent } = order;
    const { intentId } = intent;
    const known = this.#world.orders.get(intentId);
    if (known === undefined) {
      const due = addMicros(at.market, this.#latency(intentId, at));
      const made = newOrder(intent, due);
      this.#world.orders.set(intentId, made);
      this.#world.live.add(made);
      this.#world.agenda.add(due, { kind: 'arrive', intentId, afterUnknown: false });
    } else if (known.status === 'working') {
      const { brokerOrderId } = known;
      this.#world.events.push({ kind: 'accepted', intentId, brokerOrderId });
    }
    return this.#handOut();
  }

  cancel(intentId: string, at: At): readonly GatewayEffect[] {
    this.#advance(at);
    this.#request({ kind: 'cancel', intentId }, at);
    return this.#handOut();
  }

  reprice(order: ApprovedOrder, at: At): readonly GatewayEffect[] {
    this.#advance(at);
    const { intentId, limit } = order.intent;
    this.#request({ kind: 'replace', intentId, limit }, at);
    return this.#handOut();
  }

  findByIntent(intentId: string, at: At): readonly GatewayEffect[] {
    this.#advance(at);
    search(this.#world, intentId, at);
    return this.#handOut();
  }

  /** It would reckon as the engine does: no second source. */
  dryRun(intent: OrderIntent): readonly GatewayEffect[] {
    return noDryRun(intent, this.capabilities);
  }

  onQuote(symbol: string, quote: Quote, at: At, place?: number): readonly GatewayEffect[] {
    this.#advance(at);
    const { tape, live, waiting } = this.#world;
    if (symbol.length === OCC_SYMBOL_LENGTH) tape.put(symbol, quote, place);
    else {
      const session = sessionAt(this.#world, at.market);
      tape.putUnderlying(symbol, quote, session);
      if (session !== undefined && at.market > session.exerciseMark) {
        tellMark(this.#world, symbol, session);
      }
      for (const expiry of waiting) settle(this.#world, expiry, at.market);
    }
    if (live.size > 0) this.#note(symbol);
    return this.#handOut();
  }

  /** A method of its own: most quotes meet no order, and then not even an iterator is made. */
  #note(symbol: string): void {
    for (const order of this.#world.live) {
      if (order.status === 'working' && order.symbols.includes(symbol)) order.isQuoted = true;
    }
  }

  onBatchEnd(at: At): readonly GatewayEffect[] {
    if (this.#world.live.size > 0) this.#match(at);
    return this.#handOut();
  }

  #match({ market }: At): void {
    for (const order of this.#world.live) {
      if (!order.isQuoted) continue;
      order.isQuoted = false;
      tryFill(this.#world, order, market);
    }
  }

  forgetQuotes(): void {
    this.#world.tape.forget();
  }

  /** There is no wire: nothing ever comes in over it. */
  onWire(_input: WireInput, at: At): readonly GatewayEffect[] {
    this.#advance(at);
    return this.#handOut();
  }

  onClock(at: At, session: SessionTimes): readonly GatewayEffect[] {
    enterSession(this.#world, session);
    this.#advance(at);
    return this.#handOut();
  }

  nextWake(): EpochMicros | undefined {
    return this.#world.agenda.next();
  }

  /** A picture is always of now. */
  lookAgain(): void {}

  snapshot(at: At): AccountSnapshot {
    const { account, tape, executions, ended, session } = this.#world;
    const fillsSince = (session ?? sessionAt(this.#world, at.market))?.open ?? at.market;
    const isBefore = ({ marketAt }: Fill): boolean => marketAt < fillsSince;
    return {
      asOf: at,
      accountId: this.accountId,
      cashCents: account.cashCents,
      buyingPowerCents: buyingPower(this.#world),
      marginCents: account.marginCents((symbol): Price | undefined => tape.lastMid(symbol)),
      positions: account.positions(),
      workingOrders: this.#workingOrders(),
      endedOrders: ended,
      fills: executions.some(isBefore) ? executions.filter((fill) => !isBefore(fill)) : executions,
      fillsSince,
    };
  }

  /** The account with its whole ledger, for readers of it: no order depends on this. */
  books(at: At): PaperBooks {
    const { account, ledger, tape, startingCashCents } = this.#world;
    return {
      asOf: at,
      accountId: this.accountId,
      startingCashCents,
      cashCents: account.cashCents,
      buyingPowerCents: buyingPower(this.#world),
      marginCents: account.marginCents((symbol): Price | undefined => tape.lastMid(symbol)),
      positions: this.#stated(),
      ledger: [...ledger],
    };
  }

  #stated(): readonly StatedPosition[] {
    const { account, ledger, tape } = this.#world;
    const averages = averagePrices(ledger);
    return account.positions().flatMap(({ symbol, quantity }) => {
      const instrument = account.lot(symbol)?.instrument;
      const averagePrice = averages.get(symbol);
      if (instrument === undefined || averagePrice === undefined) return [];
      const { kind } = instrument;
      const underlying = kind === 'option' ? underlyingOfContract(instrument) : instrument.symbol;
      const { bid, ask } = tape.of(symbol)?.quote ?? {};
      const mark = ask === undefined ? undefined : price(Math.round(((bid ?? 0) + ask) / 2));
      const multiplier = multiplierOf(instrument);
      return [{ symbol, underlying, kind, quantity, averagePrice, mark, multiplier }];
    });
  }

  #workingOrders(): readonly WorkingOrder[] {
    return [...this.#world.live]
      .filter((order) => order.status === 'working')
      .map((order) => ({
        intentId: order.intent.intentId,
        brokerOrderId: order.brokerOrderId,
        legs: order.intent.legs,
        remaining: remainingUnits(order),
        limit: order.limit,
      }));
  }

  /** A day order ends with the session it was given in, also where that is over by now. */
  #restoreEnd(order: PaperOrder): void {
    const date = dateOfIntent(order.intent.intentId);
    const session = date === undefined ? undefined : sessionOf(this.#world, date);
    if (session !== undefined) scheduleEndOfDay(this.#world, order, session);
  }

  /** Microseconds until a request takes effect. */
  #latency(intentId: string, at: At): number {
    const { leastLatencyMillis, mostLatencyMillis } = this.#world.knobs;
    const luck = luckOf(this.#world, `${intentId} latency`, at.market);
    const millis = leastLatencyMillis + luck * (mostLatencyMillis - leastLatencyMillis);
    return Math.round(millis * MICROS_PER_MILLI);
  }

  /** Puts a change on the agenda, behind everything asked of the same order before. */
  #request(task: Extract<Task, { kind: 'cancel' | 'replace' }>, at: At): void {
    const order = this.#world.orders.get(task.intentId);
    let due = addMicros(at.market, this.#latency(`${task.intentId} ${task.kind}`, at));
    if (order !== undefined && order.lastDue > due) due = order.lastDue;
    if (order !== undefined) order.lastDue = due;
    this.#world.agenda.add(due, task);
  }

  /** Does everything that was due by now, in the order of its time. */
  #advance(at: At): void {
    const { agenda } = this.#world;
    for (let entry = agenda.take(at.market); entry; entry = agenda.take(at.market)) {
      this.#perform(entry.task, entry.due);
    }
  }

  #perform(task: Task, now: EpochMicros): void {
    const world = this.#world;
    switch (task.kind) {
      case 'arrive': {
        const order = world.orders.get(task.intentId);
        if (order !== undefined) arrive(world, order, now, task.afterUnknown);
        return;
      }
      case 'cancel':
        cancelNow(world, task.intentId);
        return;
      case 'replace':
        replaceNow(world, task.intentId, task.limit);
        return;
      case 'endOfDay':
        endOfDay(world, task.intentId);
        return;
      case 'settle':
        settle(world, task.expiry, now);
        return;
      case 'assign':
        assignLate(world, task.symbol, now);
        return;
      default:
        unreachable(task);
    }
  }

  #handOut(): readonly GatewayEffect[] {
    const { events } = this.#world;
    if (events.length === 0) return NOTHING;
    return events.splice(0).map((event): GatewayEffect => ({ kind: 'event', event }));
  }
}
