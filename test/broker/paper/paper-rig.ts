/** A paper broker with its market and clock in hand. */

import { approve } from '../../../src/broker/approved-order.ts';
import type { BrokerEvent, GatewayEffect, Settlement } from '../../../src/broker/order-gateway.ts';
import type { PaperBrokerOptions } from '../../../src/broker/paper/paper-broker.ts';
import { PaperBroker } from '../../../src/broker/paper/paper-broker.ts';
import type { PaperKnobs } from '../../../src/broker/paper/paper-knobs.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import type { Instrument } from '../../../src/engine/domain/instrument.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill, OrderIntent, OrderLeg } from '../../../src/engine/domain/order.ts';
import { isOpening } from '../../../src/engine/domain/order.ts';
import type { SessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import { newYorkInstant, sessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import { addMicros, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';

/** No chance in it: whole fills at natural, nothing between mid and natural, no pinned shorts. */
export const CALM_KNOBS: Partial<PaperKnobs> = {
  partialFillProbability: 0,
  passiveFillProbability: 0,
  slipProbabilityPerLeg: 0,
  pinnedAssignmentProbability: 0,
};

/** Longer than any latency. */
export const AFTER_LATENCY_MILLIS = 200;

export const SESSION_DATE = '2026-08-04';

export function theSession(date: string): SessionTimes {
  const session = sessionTimes(sessionDate(date));
  if (session === undefined) throw new RangeError(`${date} has no session`);
  return session;
}

export interface RigOptions extends Partial<PaperBrokerOptions> {
  readonly date?: string;
  readonly minutes?: number;
}

export class PaperRig {
  readonly broker: PaperBroker;
  session: SessionTimes;
  now: EpochMicros;
  readonly intents: OrderIntent[];
  readonly events: BrokerEvent[];
  #lastNumber = 0;

  constructor(options: RigOptions = {}) {
    this.session = theSession(options.date ?? SESSION_DATE);
    this.now = newYorkInstant(this.session.date, options.minutes ?? 600);
    const history = options.history ?? { intents: [], brokerEvents: [] };
    this.intents = [...history.intents];
    this.events = [...history.brokerEvents];
    this.#lastNumber = this.intents.length;
    this.broker = new PaperBroker({
      accountId: 'PAPER-1',
      seed: options.seed ?? 7,
      history,
      ...(options.startingCashCents && { startingCashCents: options.startingCashCents }),
      knobs: { ...CALM_KNOBS, ...options.knobs },
      ...(options.nativeStops !== undefined && { nativeStops: options.nativeStops }),
    });
    this.clock();
  }

  at(): At {
    return { market: this.now, wall: this.now };
  }

  /** Builds the next order; an opening makes its own position. */
  intent(legs: readonly OrderLeg[], limitDollars: number, quantity = 1, of = ''): OrderIntent {
    this.#lastNumber += 1;
    const date = this.session.date.replaceAll('-', '');
    const intentId = `${date}-${String(this.#lastNumber).padStart(6, '0')}`;
    const limit = priceFromDollars(limitDollars);
    const purpose = legs.some((leg) => isOpening(leg.action)) ? 'open' : 'close';
    const positionId = of === '' ? intentId : of;
    return {
      intentId,
      purpose,
      strategy: 'place_order',
      positionId,
      legs,
      quantity,
      limit,
      worst: limit,
      principal: 'test',
    };
  }

  take(effects: readonly GatewayEffect[]): BrokerEvent[] {
    const events = effects.flatMap((effect) => (effect.kind === 'event' ? [effect.event] : []));
    this.events.push(...events);
    return events;
  }

  submit(intent: OrderIntent): BrokerEvent[] {
    if (!this.intents.includes(intent)) this.intents.push(intent);
    return this.take(this.broker.submit(witness(intent), this.at()));
  }

  cancel(intentId: string): BrokerEvent[] {
    return this.take(this.broker.cancel(intentId, this.at()));
  }

  reprice(intent: OrderIntent, limitDollars: number): BrokerEvent[] {
    const limit = priceFromDollars(limitDollars);
    return this.take(this.broker.reprice(witness({ ...intent, limit }), this.at()));
  }

  /** A quote in dollars and the end of its batch; undefined is a missing side. */
  quote(...quote: Parameters<PaperRig['hears']>): BrokerEvent[] {
    return [...this.hears(...quote), ...this.batchEnd()];
  }

  batchEnd(): BrokerEvent[] {
    return this.take(this.broker.onBatchEnd(this.at()));
  }

  /** One quote of a batch. */
  hears(
    instrument: Instrument,
    bid: number | undefined,
    ask: number | undefined,
    size: number | readonly [bid: number, ask: number] = 10,
  ): BrokerEvent[] {
    const side = (dollars: number | undefined) =>
      dollars === undefined ? undefined : priceFromDollars(dollars);
    const [bidSize, askSize] = typeof size === 'number' ? [size, size] : size;
    const quote = { bid: side(bid), ask: side(ask), bidSize, askSize, at: this.at() };
    return this.take(this.broker.onQuote(instrumentSymbol(instrument), quote, this.at()));
  }

  spot(dollars: number): BrokerEvent[] {
    return this.quote({ kind: 'shares', symbol: 'SPY' }, dollars - 0.01, dollars + 0.01, 500);
  }

  clock(): BrokerEvent[] {
    return this.take(this.broker.onClock(this.at(), this.session));
  }

  /** Lets market time pass and the clock tick once at its end. */
  pass(millis: number = AFTER_LATENCY_MILLIS): BrokerEvent[] {
    this.now = addMicros(this.now, millis * 1_000);
    return this.clock();
  }

  /** Moves the clock to a moment of New York time. */
  goTo(at: EpochMicros): BrokerEvent[] {
    this.now = at;
    return this.clock();
  }

  /** Sends an order whose legs are quoted as given and lets it be accepted. */
  accepted(intent: OrderIntent): OrderIntent {
    this.submit(intent);
    this.pass();
    return intent;
  }

  /** Another broker with the same memory, as after a restart. */
  restarted(options: RigOptions = {}): PaperRig {
    const history = { intents: [...this.intents], brokerEvents: [...this.events] };
    const rig = new PaperRig({ ...options, history });
    rig.now = this.now;
    return rig;
  }
}

export function witness(intent: OrderIntent) {
  return approve(intent, { approved: true, checks: [], limitsVersion: 'test' });
}

export function kinds(events: readonly BrokerEvent[]): string[] {
  return events.map((event) => event.kind);
}

export function fillsOf(events: readonly BrokerEvent[]): Fill[] {
  return events.flatMap((event) => (event.kind === 'fill' ? [event.fill] : []));
}

export function settlementsOf(events: readonly BrokerEvent[]): Settlement[] {
  return events.flatMap((event) => (event.kind === 'settlement' ? [event.settlement] : []));
}
