/**
 * The order gateway, version 15: the port between the desk and a broker. An implementation is a state machine
 * without I/O: what it is told comes in as calls, what it wants done goes out as effects, and the
 * shell of the core thread performs them. So the same adapter runs in production and in simulation.
 * Thread contract: lives on the core thread, called from the desk's step only.
 */

import type { At } from '../engine/domain/clock.ts';
import type { Quote } from '../engine/domain/market.ts';
import type { Fill, OrderIntent, OrderLeg } from '../engine/domain/order.ts';
import type { SessionTimes } from '../engine/domain/session-calendar.ts';
import type { Cents, EpochMicros, Price, SessionDate } from '../engine/domain/units.ts';
import type { SettlementFacts } from '../engine/portfolio/settlement-facts.ts';
import type { ApprovedOrder } from './approved-order.ts';
import type { Turn } from './request-pacer.ts';
import { TOO_MANY_REQUESTS } from './request-pacer.ts';

export const ORDER_GATEWAY_VERSION = 15;

/** What a broker can and cannot do, and when. Times are minutes after midnight ET of a full day;
 * on a half day each is three hours earlier. */
export interface BrokerCapabilities {
  readonly name: 'paper' | 'tastytrade' | 'alpaca';
  /** `clientId`: the broker refuses a second order with the same client id. `none`: it does not. */
  readonly dedupe: 'none' | 'clientId';
  readonly maxLegs: number;
  readonly multiLegMarketOrders: boolean;
  /** `broker`: `dryRun` answers with what the broker reckons. `local`: there is none, and the engine's
   * own margin and fees stand alone. */
  readonly preview: 'broker' | 'local';
  /** True where an intent with `stopTrigger` rests at the broker until its trigger is reached, and is
   * listed among the working orders meanwhile. Elsewhere such an intent is never submitted. */
  readonly nativeStops: boolean;
  /** True where orders work on while the engine is down. Those of a broker in the engine's own process
   * end with it, and what rests there guards nothing until the next start. */
  readonly outlivesEngine: boolean;
  /** True where the broker documents that an order answered with 429 was not accepted. Elsewhere a
   * 429 to a submit proves nothing, and the outcome is UNKNOWN. */
  readonly rateLimitRefuses: boolean;
  /** True where a close gets a new limit by a cancel and a new order, as `isMovedByCancel` says: a run that
   * ends between the two leaves it cancelled. */
  readonly movesByCancel?: true;
  readonly openingCutoffMinutes: number;
  readonly flattenStartMinutes: number;
  readonly flattenDeadlineMinutes: number;
  /** From then on no order in a contract of the day is taken, closes included; absent where there is no
   * such rule. */
  readonly orderCutoffMinutes?: number;
}

/**
 * Why an order was refused, where the broker's code, words or hours tell it. `unsent`: nothing reached
 * the broker, the next may · `hours`: no order in the contract is taken any more today · `account`: the
 * account may not send it, in whatever shape · `combination`: its legs together are not covered or not
 * funded, each by itself may be.
 */
export type RefusalKind = 'unsent' | 'hours' | 'account' | 'combination';

/** A request that never reached the broker, or one whose answer says nothing of what it asked for: a time-out,
 * a 429, an error of a server. */
export type NoWord = 'unsent' | 'unproven';

/** Something that happened at the broker. Facts only: an outcome that is not proven is `unknown`. */
export type BrokerEvent =
  | {
      readonly kind: 'accepted';
      readonly intentId: string;
      readonly brokerOrderId: string;
      /** Taken as something else than was meant, in the broker's words: it must not work on. */
      readonly warning?: string;
    }
  | {
      readonly kind: 'rejected';
      readonly intentId: string;
      readonly reason: string;
      /** Absent where nothing tells it. */
      readonly refusal?: RefusalKind | undefined;
    }
  | { readonly kind: 'unknown'; readonly intentId: string; readonly reason: string }
  | {
      readonly kind: 'fill';
      readonly fill: Fill;
      /** Set by the desk: positions of which it left nothing but longs that nobody bids for. */
      readonly leavesUnbid?: readonly string[] | undefined;
    }
  | {
      readonly kind: 'cancelled';
      readonly intentId: string;
      readonly remaining: number;
      /** Set where the gateway did it by itself, and nobody had asked for that cancel. */
      readonly by?: 'gateway';
    }
  | {
      readonly kind: 'cancelRejected';
      readonly intentId: string;
      readonly reason: string;
      /** Of a new limit that is not known to be refused: it is no word of the broker's. */
      readonly refusal?: NoWord;
    }
  | {
      readonly kind: 'replaced';
      readonly intentId: string;
      readonly limit: Price;
      /** Of a foreign order whose owner may change its units: those left behind the executions told so far. */
      readonly remaining?: number;
    }
  | { readonly kind: 'expired'; readonly intentId: string; readonly remaining: number }
  | { readonly kind: 'settlement'; readonly settlement: Settlement }
  /** A simulated broker's note of the price by which it judges what expires on a date. */
  | {
      readonly kind: 'marked';
      readonly underlying: string;
      readonly date: SessionDate;
      readonly price: Price;
    }
  /** The broker took an execution back: what it bought or sold is as it was before. */
  | {
      readonly kind: 'busted';
      readonly intentId: string;
      readonly fillId: string;
      readonly reason: string;
    }
  /** An order that had ended works again. */
  | {
      readonly kind: 'reopened';
      readonly intentId: string;
      readonly brokerOrderId: string;
      readonly reason: string;
    }
  /** The answer to `findByIntent`, after the events that restate what was found. */
  | { readonly kind: 'searched'; readonly intentId: string; readonly search: OrderSearch }
  /** The answer to `dryRun`. */
  | { readonly kind: 'dryRun'; readonly intentId: string; readonly dryRun: DryRunAnswer }
  /** A list of the broker's shows an execution or the end of an own order that the stream, which is up, has not
   * told: `what`; undefined once it has, or once it began anew. */
  | {
      readonly kind: 'unheard';
      readonly intentId: string;
      readonly what: 'execution' | 'end' | undefined;
    }
  | { readonly kind: 'connection'; readonly connected: boolean; readonly detail: string };

/** What is journalled of that: a word on the stream itself is none of it. */
export type BrokerFact = Exclude<BrokerEvent, { kind: 'connection' | 'unheard' }>;

/** What a broker says to an order that is not sent. It holds for the order at its worst price. */
export type DryRunAnswer =
  | {
      readonly outcome: 'passed';
      /** Buying power that the order takes from the account as it stands, fees included; negative
       * where it gives some back. */
      readonly neededCents: Cents;
      readonly feesCents?: Cents;
      readonly buyingPowerAfterCents?: Cents;
      /** In the broker's words. */
      readonly warnings: readonly string[];
    }
  /** The broker would not take it. */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** No answer, or none that can be read: this says nothing of the order. */
  | { readonly outcome: 'failed'; readonly reason: string };

/** How a broker says that an order stands or has ended. */
export type OrderStanding = 'working' | 'filled' | 'cancelled' | 'rejected' | 'expired';

/** What a search for one order found, with the evidence. */
export type OrderSearch =
  | { readonly outcome: 'found'; readonly standing: OrderStanding; readonly evidence: string }
  /** A complete history of the session, read at `takenAt`, does not hold the order. */
  | { readonly outcome: 'absent'; readonly takenAt: At; readonly evidence: string }
  /** The history could not be read, or not to its end: this proves nothing. */
  | { readonly outcome: 'incomplete'; readonly evidence: string };

/** Exercise, assignment or worthless expiry of one option position. */
export interface Settlement extends SettlementFacts {
  readonly outcome: 'exercised' | 'assigned' | 'expired';
}

/** What an adapter asks its shell to do. `event`s go to the desk, in order. Secrets are the shell's: it
 * adds the headers that authorize a request, and fills the marks of `SECRET_MARKS` in the text of a
 * socket message, so that no secret ever enters an adapter, an input or a recording. */
export type GatewayEffect =
  | {
      readonly kind: 'event';
      readonly event: BrokerEvent;
      /** Set where it was learnt from what the account reads, and not from the stream or from the answer to
       * what was asked of an order. */
      readonly source?: 'snapshot' | undefined;
    }
  | {
      readonly kind: 'httpSend';
      readonly requestId: string;
      /** When it may leave is the shell's to say. An `entry` goes at once or not at all
       * (`neverSent`), for the kill word was looked at for this moment only, and so does a `move`, so that
       * none is begun that could not be finished. */
      readonly turn: Turn;
      readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | undefined;
      readonly timeoutMillis: number;
    }
  | { readonly kind: 'socketSend'; readonly text: string }
  /** Gives the account's socket up; the shell opens another, and `socketClosed` comes first. */
  | { readonly kind: 'socketReset'; readonly reason: string }
  /** The broker may take the login no more: another is fetched, and this one serves until it is there. */
  | { readonly kind: 'loginDoubted' };

/** What stands in the text of a `socketSend` where a secret belongs. */
export const SECRET_MARKS = {
  /** The access token of an OAuth login, valid at the moment of sending. */
  accessToken: '{{access-token}}',
  keyId: '{{key-id}}',
  secretKey: '{{secret-key}}',
} as const;

/** What comes back over an adapter's wires. */
export type WireInput =
  | {
      readonly kind: 'httpResponse';
      readonly requestId: string;
      readonly status: number;
      readonly body: string;
    }
  | {
      readonly kind: 'httpFailed';
      readonly requestId: string;
      readonly reason: string;
      /** True where no connection was ever made, so that not one byte can have arrived. */
      readonly neverSent?: boolean;
    }
  | { readonly kind: 'socketOpen' }
  | { readonly kind: 'socketFrame'; readonly text: string }
  | { readonly kind: 'socketClosed'; readonly reason: string };

/**
 * What the answer to the one POST of an intent proves. 2xx: accepted, if its body can be read ·
 * a refusal that says the order does not exist: rejected · a time-out, a reset, 5xx, a redirect or
 * nonsense: UNKNOWN, because the order may live. The one classification that adapters use.
 */
export function sendOutcome(
  answer: Extract<WireInput, { kind: 'httpResponse' | 'httpFailed' }>,
  capabilities: Pick<BrokerCapabilities, 'rateLimitRefuses'>,
): 'accepted' | 'rejected' | 'unknown' {
  if (answer.kind === 'httpFailed') return answer.neverSent === true ? 'rejected' : 'unknown';
  const { status } = answer;
  if (status >= 200 && status < 300) return 'accepted';
  if (status === TOO_MANY_REQUESTS) return capabilities.rateLimitRefuses ? 'rejected' : 'unknown';
  return REFUSALS.has(status) ? 'rejected' : 'unknown';
}

/** Answers that are given instead of taking the order. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404, 406, 422]);

/**
 * The broker's own picture of an account, for reconciliation: one moment. An adapter that reads it
 * in several requests hands it out only when nothing changed between the first and the last.
 */
export interface AccountSnapshot {
  readonly asOf: At;
  readonly accountId: string;
  readonly cashCents: Cents;
  readonly buyingPowerCents: Cents;
  readonly marginCents: Cents;
  readonly positions: readonly HeldPosition[];
  readonly workingOrders: readonly WorkingOrder[];
  /** Orders of the session that have ended. */
  readonly endedOrders: readonly EndedOrder[];
  /** Every execution that stands, at or after the market time `fillsSince`. */
  readonly fills: readonly Fill[];
  readonly fillsSince: EpochMicros;
}

/** A picture older than this, of an account that cannot be read, is none. */
export const BLIND_AFTER_MICROS = 30_000_000;

export interface HeldPosition {
  readonly symbol: string;
  /** Contracts or shares, signed. */
  readonly quantity: number;
  /** Per share, where the broker tells it. */
  readonly averagePrice?: Price;
}

export interface EndedOrder {
  readonly intentId: string;
  readonly standing: Exclude<OrderStanding, 'working'>;
  /** Units never filled. */
  readonly remaining: number;
}

/** What an order is called that this engine did not give, by the broker's id. */
export function externalName(brokerOrderId: string): string {
  return `external-${brokerOrderId}`;
}

export interface WorkingOrder {
  /** Of an order that this engine did not give its `externalName`. By that name the gateway knows it in
   * `cancel`, and its events carry it. */
  readonly intentId: string;
  readonly brokerOrderId: string;
  readonly legs: readonly OrderLeg[];
  /** Units not yet filled. */
  readonly remaining: number;
  readonly limit: Price;
  /** Of a stop that waits: the price of its option at which it begins to work. */
  readonly stopTrigger?: Price | undefined;
}

/** What a broker without dry runs says to one. */
export function noDryRun(
  { intentId }: OrderIntent,
  { name }: Pick<BrokerCapabilities, 'name'>,
): readonly GatewayEffect[] {
  const dryRun = { outcome: 'failed', reason: `${name} offers no dry run` } as const;
  return [{ kind: 'event', event: { kind: 'dryRun', intentId, dryRun } }];
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
  /**
   * Looks for the order of an intent in the broker's working orders and in the session's history,
   * however the send ended. What is found is restated by its ordinary events; `searched` ends the
   * answer. It never sends, changes or cancels anything. For an order that closes the `exit` turn is
   * used: its position waits for the answer.
   */
  findByIntent(intentId: string, at: At): readonly GatewayEffect[];
  /**
   * Asks what the broker would say to an order, at its worst price. The answer is one `dryRun` event;
   * nothing is sent, reserved or changed by it. Where `capabilities.preview` is `local` it has failed.
   */
  dryRun(intent: OrderIntent, at: At): readonly GatewayEffect[];
  /** A new quote of an instrument the account may hold or work. Quote and time are lent for the call:
   * what is kept of them is copied. `place` is the caller's small number for this symbol, if it has one;
   * it may be another symbol's the next time. */
  onQuote(symbol: string, quote: Quote, at: At, place?: number): readonly GatewayEffect[];
  /** The quotes since the last batch are through: the market stands as of one moment, and simulated
   * brokers fill from it. The time is lent. */
  onBatchEnd(at: At): readonly GatewayEffect[];
  /** The feed begins anew: what it told before may have moved since, and is no market to trade on. */
  forgetQuotes(): void;
  onWire(input: WireInput, at: At): readonly GatewayEffect[];
  /** Time passed. Called at least at every `nextWake`. */
  onClock(at: At, session: SessionTimes): readonly GatewayEffect[];
  /** The market time at which the adapter next wants `onClock`, if any. */
  nextWake(): EpochMicros | undefined;
  /** The account as the broker sees it; undefined while it is not known, also where reads of it have
   * failed for `BLIND_AFTER_MICROS`. The same object until there is a newer picture, where pictures
   * are read. */
  snapshot(at: At): AccountSnapshot | undefined;
  /** The last picture showed something that the next must bear out: it is wanted as soon as the broker
   * lets itself be asked. */
  lookAgain(at: At): void;
}
