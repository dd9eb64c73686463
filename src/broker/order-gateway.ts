/**
 * The order gateway: the port between the desk and a broker. An implementation is a state machine
 * without I/O: what it is told comes in as calls, what it wants done goes out as effects, and the
 * shell of the core thread performs them. So the same adapter runs in production and in simulation.
 * Thread contract: lives on the core thread, called from the desk's step only.
 */

import type { At } from '../engine/domain/clock.ts';
import type { Instrument } from '../engine/domain/instrument.ts';
import type { Quote } from '../engine/domain/market.ts';
import type { Fill, OrderLeg } from '../engine/domain/order.ts';
import type { SessionTimes } from '../engine/domain/session-calendar.ts';
import type { Cents, EpochMicros, Price } from '../engine/domain/units.ts';
import type { ApprovedOrder } from './approved-order.ts';

/** What a broker can and cannot do, and when. Times are minutes after midnight ET of a full day;
 * on a half day each is three hours earlier. */
export interface BrokerCapabilities {
  readonly name: 'paper' | 'tastytrade' | 'alpaca';
  /** `clientId`: the broker refuses a second order with the same client id. `none`: it does not. */
  readonly dedupe: 'none' | 'clientId';
  readonly maxLegs: number;
  readonly multiLegMarketOrders: boolean;
  /** `broker`: a dry run answers with margin and fees. `local`: the engine computes both. */
  readonly preview: 'broker' | 'local';
  readonly nativeStops: boolean;
  readonly openingCutoffMinutes: number;
  readonly flattenStartMinutes: number;
  readonly flattenDeadlineMinutes: number;
}

/** Something that happened at the broker. Facts only: an outcome that is not proven is `unknown`. */
export type BrokerEvent =
  | { readonly kind: 'accepted'; readonly intentId: string; readonly brokerOrderId: string }
  | { readonly kind: 'rejected'; readonly intentId: string; readonly reason: string }
  | { readonly kind: 'unknown'; readonly intentId: string; readonly reason: string }
  | { readonly kind: 'fill'; readonly fill: Fill }
  | { readonly kind: 'cancelled'; readonly intentId: string; readonly remaining: number }
  | { readonly kind: 'cancelRejected'; readonly intentId: string; readonly reason: string }
  | { readonly kind: 'replaced'; readonly intentId: string; readonly limit: Price }
  | { readonly kind: 'expired'; readonly intentId: string; readonly remaining: number }
  | { readonly kind: 'settlement'; readonly settlement: Settlement }
  | { readonly kind: 'connection'; readonly connected: boolean; readonly detail: string };

/** Exercise, assignment or worthless expiry of one option position. */
export interface Settlement {
  readonly settlementId: string;
  readonly outcome: 'exercised' | 'assigned' | 'expired';
  readonly instrument: Instrument;
  /** Contracts settled, signed as they were held. */
  readonly quantity: number;
  /** Shares received (+) or delivered (-), and their price per share (the strike). */
  readonly shares: number;
  readonly sharePrice: Price;
  /** Cash paid for each share behind the contracts, to who held them long: index options. Absent
   * where shares change hands instead. */
  readonly cashPerShare?: Price;
  readonly feesCents: Cents;
  readonly marketAt: EpochMicros;
}

/** What an adapter asks its shell to do. `event`s go to the desk, in order. */
export type GatewayEffect =
  | { readonly kind: 'event'; readonly event: BrokerEvent }
  | {
      readonly kind: 'httpSend';
      readonly requestId: string;
      readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | undefined;
      readonly timeoutMillis: number;
    }
  | { readonly kind: 'socketSend'; readonly text: string };

/** What comes back over an adapter's wires. */
export type WireInput =
  | {
      readonly kind: 'httpResponse';
      readonly requestId: string;
      readonly status: number;
      readonly body: string;
    }
  | { readonly kind: 'httpFailed'; readonly requestId: string; readonly reason: string }
  | { readonly kind: 'socketOpen' }
  | { readonly kind: 'socketFrame'; readonly text: string }
  | { readonly kind: 'socketClosed'; readonly reason: string };

/** The broker's own picture of an account, for reconciliation. */
export interface AccountSnapshot {
  readonly asOf: At;
  readonly accountId: string;
  readonly cashCents: Cents;
  readonly buyingPowerCents: Cents;
  readonly marginCents: Cents;
  readonly positions: readonly HeldPosition[];
  readonly workingOrders: readonly WorkingOrder[];
}

export interface HeldPosition {
  readonly symbol: string;
  /** Contracts or shares, signed. */
  readonly quantity: number;
}

export interface WorkingOrder {
  readonly intentId: string;
  readonly brokerOrderId: string;
  readonly legs: readonly OrderLeg[];
  /** Units not yet filled. */
  readonly remaining: number;
  readonly limit: Price;
}

/** Commands and the event stream of one broker account. */
export interface OrderGateway {
  readonly capabilities: BrokerCapabilities;
  readonly accountId: string;
  /** Sends the order. Called at most once in the life of an intent. */
  submit(order: ApprovedOrder, at: At): readonly GatewayEffect[];
  /** Asks for a cancel; the answer is an event. Cancelling what is final is `cancelRejected`. */
  cancel(intentId: string, at: At): readonly GatewayEffect[];
  /** Moves the limit of a working order; the answer is `replaced` or `cancelRejected`. */
  reprice(order: ApprovedOrder, at: At): readonly GatewayEffect[];
  /** A new quote of an instrument the account may hold or work. Simulated brokers fill from it. */
  onQuote(symbol: string, quote: Quote, at: At): readonly GatewayEffect[];
  onWire(input: WireInput, at: At): readonly GatewayEffect[];
  /** Time passed. Called at least at every `nextWake`. */
  onClock(at: At, session: SessionTimes): readonly GatewayEffect[];
  /** The market time at which the adapter next wants `onClock`, if any. */
  nextWake(): EpochMicros | undefined;
  /** The account as the broker sees it; undefined while it is not known. */
  snapshot(at: At): AccountSnapshot | undefined;
}
