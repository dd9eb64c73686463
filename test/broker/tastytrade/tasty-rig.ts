/** A tastytrade adapter before the stub venue, connected, with virtual time. */
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { TastytradeGateway } from '../../../src/broker/tastytrade/tastytrade-gateway.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { OrderIntent, OrderLeg, OrderPurpose } from '../../../src/engine/domain/order.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';
import { TastytradeVenue } from '../../support/tastytrade/tastytrade-venue.ts';
import { VenueRig } from '../../support/tastytrade/venue-wire.ts';
import { witness } from '../paper/paper-rig.ts';

export const TASTY_DATE = sessionDate('2026-08-04');
export const ACCOUNT = '5WT00001';

export const SHORT_PUT = optionLeg('sellToOpen', 'put', 640);
export const LONG_PUT = optionLeg('buyToOpen', 'put', 635);
export const SPREAD: readonly OrderLeg[] = [SHORT_PUT, LONG_PUT];

/** Ten in the morning of the day that the test legs expire. */
export function newVenue(minutes = 10 * 60): TastytradeVenue {
  const venue = new TastytradeVenue(newYorkInstant(TASTY_DATE, minutes) / 1_000, ACCOUNT);
  venue.quote(instrumentSymbol(SHORT_PUT.instrument), 1.5, 1.6);
  venue.quote(instrumentSymbol(LONG_PUT.instrument), 0.8, 0.9);
  return venue;
}

export interface TastyRigOptions {
  readonly venue?: TastytradeVenue;
  readonly history?: {
    readonly intents: readonly OrderIntent[];
    readonly brokerEvents: readonly BrokerEvent[];
  };
}

export class TastyRig extends VenueRig {
  #count = 0;

  constructor({
    venue = newVenue(),
    history = { intents: [], brokerEvents: [] },
  }: TastyRigOptions = {}) {
    const source = 'deltaring/test';
    super(venue, new TastytradeGateway({ accountId: ACCOUNT, source, history }));
    this.#count = history.intents.length;
  }

  /** An intent of its own id; its limit in dollars, credit positive. */
  intent(
    legs: readonly OrderLeg[],
    limit: number,
    quantity = 1,
    purpose: OrderPurpose = 'open',
  ): OrderIntent {
    this.#count += 1;
    const intentId = `20260804-${String(this.#count).padStart(6, '0')}`;
    const price = priceFromDollars(limit);
    return {
      intentId,
      purpose,
      strategy: 'iron_condor_30_delta',
      positionId: intentId,
      legs,
      quantity,
      limit: price,
      worst: price,
      principal: 'test',
    };
  }

  /** Sends an order and lets the venue take it. */
  place(intent: OrderIntent, waitMillis = 300): BrokerEvent[] {
    return [...this.send(intent), ...this.pass(waitMillis)];
  }

  send(intent: OrderIntent): BrokerEvent[] {
    return this.call((gateway, at) => gateway.submit(witness(intent), at));
  }

  /** The broker's order that works for an intent. */
  head(intentId: string): number {
    return this.venue.orders.headOf(intentId)?.id ?? 0;
  }
}

/** Kinds of the events of one intent. */
export function kindsOf(events: readonly BrokerEvent[], intentId: string): string[] {
  return events.flatMap((event) => {
    if (event.kind === 'fill') return event.fill.intentId === intentId ? ['fill'] : [];
    return 'intentId' in event && event.intentId === intentId ? [event.kind] : [];
  });
}
