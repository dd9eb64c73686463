/** A year of sessions for an adapter, its broker's answers written by the test: what it keeps is counted. */
import type { BrokerEvent, GatewayEffect, OrderGateway } from '../../src/broker/order-gateway.ts';
import type { WireAnswer } from '../../src/broker/wire-requests.ts';
import type { At } from '../../src/engine/domain/clock.ts';
import type { OrderIntent } from '../../src/engine/domain/order.ts';
import {
  newYorkInstant,
  nextSessionDate,
  sessionTimes,
} from '../../src/engine/domain/session-calendar.ts';
import type { SessionDate } from '../../src/engine/domain/units.ts';
import { addMicros, priceFromDollars, sessionDate } from '../../src/engine/domain/units.ts';
import { optionLeg } from '../support/legs.ts';
import { witness } from './paper/paper-rig.ts';

const SESSIONS = 252;

type HttpSend = Extract<GatewayEffect, { kind: 'httpSend' }>;
export type OrderState = 'working' | 'filled' | 'cancelled';

export interface YearBroker {
  readonly gateway: OrderGateway & { readonly remembered: number };
  /** An order of one short put of the date, as the broker writes it. */
  orderText(order: {
    readonly id: number;
    readonly name: string;
    readonly state: OrderState;
    readonly date: SessionDate;
  }): string;
  /** The same, as the stream brings it. */
  frameOf(orderText: string): string;
}

/** Per session: one order filled, one cancelled, one refused, one unknown, and one of somebody else. */
export class Year {
  readonly events: BrokerEvent[] = [];
  readonly #broker: YearBroker;
  #date = sessionDate('2026-08-04');
  #at: At = { market: newYorkInstant(this.#date, 0), wall: newYorkInstant(this.#date, 0) };
  #count = 0;

  constructor(broker: YearBroker) {
    this.#broker = broker;
  }

  /** What was kept at the end of each session. */
  run(): number[] {
    return Array.from({ length: SESSIONS }, () => {
      this.#trade();
      return this.#broker.gateway.remembered;
    });
  }

  count(kind: BrokerEvent['kind']): number {
    return this.events.filter((event) => event.kind === kind).length / SESSIONS;
  }

  #trade(): void {
    const { gateway } = this.#broker;
    const session = sessionTimes(this.#date);
    if (session === undefined) throw new RangeError('a session has times');
    this.#goTo(600);
    this.#do(gateway.onClock(this.#at, session));
    const cancelled = this.#order();
    this.#answer(this.#order(), 'filled');
    this.#answer(cancelled, 'working');
    const [cancel] = this.#sends(gateway.cancel(cancelled.name, this.#at));
    if (cancel === undefined) throw new Error('a cancel is sent');
    this.#answer({ ...cancelled, send: cancel }, 'cancelled');
    this.#hear({ ...cancelled, state: 'cancelled' });
    this.#respond(this.#order().send, 422, '{"message":"no"}');
    const { requestId } = this.#order().send;
    this.#take({ kind: 'httpFailed', requestId, reason: 'no answer' });
    this.#count += 1;
    this.#hear({ id: this.#count, name: 'somebody', state: 'filled' });
    this.#date = nextSessionDate(this.#date);
  }

  #order(): { readonly id: number; readonly name: string; readonly send: HttpSend } {
    this.#count += 1;
    const name = `${this.#date.replaceAll('-', '')}-${String(this.#count).padStart(6, '0')}`;
    const intent = witness(shortPut(name, this.#date));
    const [send] = this.#sends(this.#broker.gateway.submit(intent, this.#at));
    if (send === undefined) throw new Error('an order is sent');
    return { id: this.#count, name, send };
  }

  #answer(
    { id, name, send }: { id: number; name: string; send: HttpSend },
    state: OrderState,
  ): void {
    const text = this.#broker.orderText({ id, name, state, date: this.#date });
    this.#respond(send, send.method === 'POST' ? 201 : 200, text);
  }

  #hear(order: { readonly id: number; readonly name: string; readonly state: OrderState }): void {
    const { id, name, state } = order;
    const text = this.#broker.frameOf(
      this.#broker.orderText({ id, name, state, date: this.#date }),
    );
    this.#do(this.#broker.gateway.onWire({ kind: 'socketFrame', text }, this.#at));
  }

  #respond({ requestId }: HttpSend, status: number, body: string): void {
    this.#take({ kind: 'httpResponse', requestId, status, body });
  }

  #take(answer: WireAnswer): void {
    this.#do(this.#broker.gateway.onWire(answer, this.#at));
  }

  /** The requests among effects; events are kept. */
  #sends(effects: readonly GatewayEffect[]): HttpSend[] {
    for (const effect of effects) if (effect.kind === 'event') this.events.push(effect.event);
    return effects.flatMap((effect) => (effect.kind === 'httpSend' ? [effect] : []));
  }

  /** Reads are answered with nothing. */
  #do(effects: readonly GatewayEffect[]): void {
    for (const { requestId } of this.#sends(effects)) {
      this.#take({ kind: 'httpFailed', requestId, reason: 'nothing' });
    }
  }

  #goTo(minutes: number): void {
    const market = newYorkInstant(this.#date, minutes);
    this.#at = { market, wall: addMicros(market, 1_000_000_000) };
  }
}

function shortPut(intentId: string, expiry: SessionDate): OrderIntent {
  const leg = optionLeg('sellToOpen', 'put', 640);
  const { instrument } = leg;
  if (instrument.kind !== 'option') throw new TypeError('an option');
  const limit = priceFromDollars(1);
  return {
    intentId,
    purpose: 'open',
    strategy: 'place_order',
    positionId: intentId,
    legs: [{ ...leg, instrument: { ...instrument, expiry } }],
    quantity: 1,
    limit,
    worst: limit,
    principal: 'test',
  };
}
