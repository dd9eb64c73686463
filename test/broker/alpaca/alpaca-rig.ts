/** The Alpaca adapter against the stub in virtual time: what it sends arrives, is served or spoilt, and
 * what comes back is fed to it, one input at a time. */

import { AlpacaGateway } from '../../../src/broker/alpaca/alpaca-gateway.ts';
import type { OrderHistory } from '../../../src/broker/alpaca/order-lines.ts';
import type { ApprovedOrder } from '../../../src/broker/approved-order.ts';
import { approve } from '../../../src/broker/approved-order.ts';
import type {
  AccountSnapshot,
  BrokerEvent,
  GatewayEffect,
  OrderGateway,
} from '../../../src/broker/order-gateway.ts';
import type { Turn } from '../../../src/broker/request-pacer.ts';
import type { HttpSend } from '../../../src/broker/wire-requests.ts';
import type { TurnQueue, TurnRequest } from '../../../src/desk/threads/turn-queue.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import type { Fill, OrderIntent, OrderLeg } from '../../../src/engine/domain/order.ts';
import { isOpening, legSign } from '../../../src/engine/domain/order.ts';
import type { SessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import {
  newYorkInstant,
  nextSessionDate,
  sessionTimes,
} from '../../../src/engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import { addMicros, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import type { StubLeg, StubOrder } from '../../support/alpaca/stub-order.ts';
import { StubVenue } from '../../support/alpaca/stub-venue.ts';
import { StubWires } from '../../support/alpaca/stub-wires.ts';
import { optionLeg } from '../../support/legs.ts';

const DATE = sessionDate('2026-08-04');
/** The two clocks never show the same time, so that a mix-up of them shows. */
const WALL_AHEAD_MICROS = 1_000_000_000;
const STEP_MICROS = 100_000;

/** An order that somebody else gives. */
export const FOREIGN = {
  symbol: 'SPY260804C00660000',
  qty: '1',
  side: 'buy',
  type: 'limit',
  limit_price: '1.00',
  time_in_force: 'day',
  position_intent: 'buy_to_open',
};

export interface AlpacaRigOptions {
  readonly minutes?: number;
  readonly history?: OrderHistory;
  /** A venue that is there already, as after a restart. */
  readonly venue?: StubVenue;
  readonly accountId?: string;
  readonly underlying?: string;
  readonly isConnected?: boolean;
}

export class AlpacaRig {
  readonly venue: StubVenue;
  readonly wires: StubWires;
  readonly gateway: AlpacaGateway;
  readonly events: BrokerEvent[] = [];
  readonly intents: OrderIntent[];
  /** The account's turns; without them everything leaves at once. */
  pace: TurnQueue<HttpSend & TurnRequest> | undefined;
  readonly #turns: { readonly request: string; readonly turn: Turn }[] = [];
  session: SessionTimes;
  now: EpochMicros;
  #lastNumber: number;

  constructor(options: AlpacaRigOptions = {}) {
    const session = sessionTimes(DATE);
    if (session === undefined) throw new RangeError('the date has a session');
    this.session = session;
    this.now = options.venue?.now ?? newYorkInstant(DATE, options.minutes ?? 600);
    this.venue = options.venue ?? new StubVenue(this.now);
    this.wires = new StubWires(this.venue);
    this.venue.market.list(contracts());
    const history = options.history ?? { intents: [], brokerEvents: [] };
    this.intents = [...history.intents];
    this.events.push(...history.brokerEvents);
    this.#lastNumber = this.intents.length;
    this.gateway = new AlpacaGateway({
      accountId: options.accountId ?? this.venue.account.number,
      underlying: options.underlying ?? 'SPY',
      history,
      at: this.at(),
    });
    if (options.isConnected !== false) this.connect();
  }

  at(): At {
    return { market: this.now, wall: addMicros(this.now, WALL_AHEAD_MICROS) };
  }

  connect(): BrokerEvent[] {
    this.wires.open();
    return this.pass();
  }

  /** Cuts the stream. */
  disconnect(): BrokerEvent[] {
    this.wires.cut();
    return this.pass(0.2);
  }

  call(use: (gateway: OrderGateway, at: At) => readonly GatewayEffect[]): BrokerEvent[] {
    return this.#perform(use(this.gateway, this.at()));
  }

  /** Lets seconds pass; all that is under way arrives, is served and answered meanwhile. */
  pass(seconds = 6): BrokerEvent[] {
    const before = this.events.length;
    const until = addMicros(this.now, seconds * 1_000_000);
    do {
      this.#exchange();
      this.now = addMicros(this.now, Math.min(STEP_MICROS, Math.max(0, until - this.now)));
      this.venue.advance(this.now);
      for (const send of this.pace?.due(this.now).go ?? []) this.wires.perform(send);
      this.#perform(this.gateway.onClock(this.at(), this.session));
      this.#exchange();
    } while (this.now < until);
    return this.events.slice(before);
  }

  /** Moves both clocks without anything happening on the way. */
  goTo(minutes: number): BrokerEvent[] {
    this.now = newYorkInstant(DATE, minutes);
    return this.pass();
  }

  snapshot(): AccountSnapshot {
    const snapshot = this.gateway.snapshot(this.at());
    if (snapshot === undefined) throw new Error('there is no snapshot yet');
    return snapshot;
  }

  intent(legs: readonly OrderLeg[], limitDollars: number, quantity = 1, of = ''): OrderIntent {
    this.#lastNumber += 1;
    const intentId = `20260804-${String(this.#lastNumber).padStart(6, '0')}`;
    const limit = priceFromDollars(limitDollars);
    const purpose = legs.some((leg) => isOpening(leg.action)) ? 'open' : 'close';
    const positionId = of === '' ? intentId : of;
    const strategy = 'place_order' as const;
    const rest = { limit, worst: limit, principal: 'test' };
    return { intentId, purpose, strategy, positionId, legs, quantity, ...rest };
  }

  /** Somebody else gives an order in the account, and it is heard of. */
  placeForeign(qty: string): StubOrder {
    const order = this.venue.place({ ...FOREIGN, qty });
    this.pass();
    return order;
  }

  /** Somebody else buys shares, with a target and a stop to leave them by: one row of a list. */
  placeBracket(): { readonly entry: StubOrder; readonly exits: readonly StubOrder[] } {
    const { position_intent: _none, ...shares } = { ...FOREIGN, symbol: 'SPY' };
    const entry = this.venue.place(shares);
    const exits = ['target', 'stop'].map((name): StubOrder => {
      const [id, clientOrderId] = [`${entry.id}-${name}`, `${entry.clientOrderId}-${name}`];
      const legs = entry.legs.map((leg): StubLeg => {
        return { ...leg, id, clientOrderId, side: 'sell', intent: 'sell_to_close' };
      });
      return { ...entry, id, clientOrderId, legs };
    });
    return { entry: Object.assign(entry, { orderClass: 'bracket', exits }), exits };
  }

  /** Sends an order and lets it be answered. */
  place(order: ApprovedOrder, seconds?: number): BrokerEvent[] {
    return [...this.submit(order), ...this.pass(seconds)];
  }

  submit(order: ApprovedOrder): BrokerEvent[] {
    this.intents.push(order.intent);
    return this.call((gateway, at) => gateway.submit(order, at));
  }

  cancel(intentId: string): BrokerEvent[] {
    return [...this.call((gateway, at) => gateway.cancel(intentId, at)), ...this.pass()];
  }

  reprice(order: ApprovedOrder, limitDollars: number, seconds?: number): BrokerEvent[] {
    const moved = witness({ ...order.intent, limit: priceFromDollars(limitDollars) });
    return [...this.call((gateway, at) => gateway.reprice(moved, at)), ...this.pass(seconds)];
  }

  find(intentId: string): BrokerEvent[] {
    return [...this.call((gateway, at) => gateway.findByIntent(intentId, at)), ...this.pass()];
  }

  /** The newest order of an intent at the venue. */
  atVenue(intentId: string) {
    const own = this.venue.orders.filter(({ clientOrderId }) => clientOrderId.startsWith(intentId));
    const last = own.at(-1);
    if (last === undefined) throw new Error(`the venue has no order of ${intentId}`);
    return last;
  }

  trade(intentId: string, units: number): BrokerEvent[] {
    const order = this.atVenue(intentId);
    if (order.status === 'new' || order.status === 'partially_filled')
      this.venue.fill(order, units);
    return this.pass();
  }

  /** Another adapter with the same journal and the same broker. */
  restarted(isConnected = true): AlpacaRig {
    const history = { intents: [...this.intents], brokerEvents: [...this.events] };
    const again = new AlpacaRig({ venue: this.venue, history, isConnected: false });
    again.session = this.session;
    if (isConnected) again.connect();
    return again;
  }

  /** Requests that begin so, since the start. */
  sent(start: string): string[] {
    return this.wires.requests.filter((request) => request.startsWith(start));
  }

  /** The turns of requests that begin so. */
  turnsOf(start: string): Turn[] {
    return this.#turns.flatMap(({ request, turn }) => (request.startsWith(start) ? [turn] : []));
  }

  #perform(effects: readonly GatewayEffect[]): BrokerEvent[] {
    const before = this.events.length;
    for (const effect of effects) {
      if (effect.kind === 'httpSend') {
        const { method, path, turn } = effect;
        this.#turns.push({ request: `${method} ${path}`, turn });
      }
      if (effect.kind === 'event') this.events.push(effect.event);
      else if (effect.kind === 'httpSend') this.#send(effect);
      else this.wires.perform(effect);
    }
    return this.events.slice(before);
  }

  #send(send: HttpSend): void {
    const became = this.pace?.take({ ...send, patienceMillis: send.timeoutMillis }, this.now);
    if (became === 'refused') this.wires.refuse(send.requestId);
    else if (became !== 'waits') this.wires.perform(send);
  }

  #exchange(): void {
    for (let input = this.wires.next(); input; input = this.wires.next()) {
      this.#perform(this.gateway.onWire(input, this.at()));
    }
  }
}

function contracts() {
  return Array.from({ length: 61 }, (_, index) => 620 + index).flatMap((strike) =>
    (['put', 'call'] as const).flatMap((right) => {
      const { instrument } = optionLeg('buyToOpen', right, strike);
      return instrument.kind === 'option' ? [instrument] : [];
    }),
  );
}

export function witness(intent: OrderIntent): ApprovedOrder {
  return approve(intent, { approved: true, checks: [], limitsVersion: 'test' });
}

/** Another adapter with the same journal and the same broker, at ten in the morning of the next day. */
export function nextDay(rig: AlpacaRig): AlpacaRig {
  const again = rig.restarted(false);
  const next = sessionTimes(nextSessionDate(rig.session.date));
  if (next === undefined) throw new Error('the next session has times');
  again.session = next;
  again.now = newYorkInstant(next.date, 600);
  again.venue.advance(again.now);
  return again;
}

/** The legs that take the same structure off again. */
export function closingLegs(legs: readonly OrderLeg[]): OrderLeg[] {
  return legs.map((leg): OrderLeg => {
    const action = legSign(leg.action) > 0 ? 'sellToClose' : 'buyToClose';
    return { ...leg, action };
  });
}

export function kinds(events: readonly BrokerEvent[]): string[] {
  return events.map(({ kind }) => kind);
}

export function fillsOf(events: readonly BrokerEvent[]): Fill[] {
  return events.flatMap((event) => (event.kind === 'fill' ? [event.fill] : []));
}

export const SHORT_PUT = optionLeg('sellToOpen', 'put', 640);
export const LONG_PUT = optionLeg('buyToOpen', 'put', 635);
export const LONG_CALL = optionLeg('buyToOpen', 'call', 660);
