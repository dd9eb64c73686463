/**
 * An adapter to a broker behind wires, as the real ones are: it sends requests, hears answers and a
 * stream, and knows nothing else. Its broker does not refuse a second order of the same id. One POST
 * an intent; what an answer does not prove is unknown. Core thread only.
 */

import type { ApprovedOrder } from '../../broker/approved-order.ts';
import type {
  AccountSnapshot,
  BrokerCapabilities,
  BrokerEvent,
  GatewayEffect,
  OrderGateway,
  WireInput,
} from '../../broker/order-gateway.ts';
import { sendOutcome } from '../../broker/order-gateway.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros } from '../../engine/domain/units.ts';

type HttpSend = Extract<GatewayEffect, { readonly kind: 'httpSend' }>;
type HttpAnswer = Extract<WireInput, { readonly kind: 'httpResponse' | 'httpFailed' }>;

/** What a request was about, kept until its answer. */
type Asked =
  | { readonly kind: 'submit' | 'cancel' | 'reprice' | 'find'; readonly intentId: string }
  | { readonly kind: 'account' };

const TIMEOUT_MILLIS = 2_000;
const ACCOUNT_EVERY_MICROS = 2_000_000;
const NOTHING: readonly GatewayEffect[] = [];

function told(event: BrokerEvent): GatewayEffect {
  return { kind: 'event', event };
}

/** The events in a frame or body. They come from this program's own model of a broker. */
export function eventsIn(text: string): readonly BrokerEvent[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by remote-broker.ts
  return JSON.parse(text) as readonly BrokerEvent[];
}

function snapshotIn(text: string): AccountSnapshot {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by remote-broker.ts
  return JSON.parse(text) as AccountSnapshot;
}

export class WireGateway implements OrderGateway {
  readonly capabilities: BrokerCapabilities;
  readonly accountId: string;
  readonly #asked = new Map<string, Asked>();
  readonly #approved = new Map<string, ApprovedOrder>();
  #lastRequest = 0;
  #snapshot: AccountSnapshot | undefined;
  #accountDue: number = 0;

  /** `local`: what the broker allows, as a broker of this process would. */
  constructor(accountId: string, local: BrokerCapabilities) {
    this.accountId = accountId;
    this.capabilities = { ...local, name: 'tastytrade', dedupe: 'none' };
  }

  /** The order as it was last approved: what the bytes of a request would say. */
  orderOf(intentId: string): ApprovedOrder | undefined {
    return this.#approved.get(intentId);
  }

  submit(order: ApprovedOrder): readonly GatewayEffect[] {
    const { intentId } = order.intent;
    this.#approved.set(intentId, order);
    return this.#send({ kind: 'submit', intentId }, 'POST', `/orders/${intentId}`);
  }

  cancel(intentId: string): readonly GatewayEffect[] {
    return this.#send({ kind: 'cancel', intentId }, 'DELETE', `/orders/${intentId}`);
  }

  reprice(order: ApprovedOrder): readonly GatewayEffect[] {
    const { intentId } = order.intent;
    this.#approved.set(intentId, order);
    return this.#send({ kind: 'reprice', intentId }, 'PUT', `/orders/${intentId}`);
  }

  findByIntent(intentId: string): readonly GatewayEffect[] {
    return this.#send({ kind: 'find', intentId }, 'GET', `/orders/${intentId}`);
  }

  /** The broker has a market of its own. */
  onQuote(): readonly GatewayEffect[] {
    return NOTHING;
  }

  onClock(at: At): readonly GatewayEffect[] {
    if (at.wall < this.#accountDue) return NOTHING;
    this.#accountDue = addMicros(at.wall, ACCOUNT_EVERY_MICROS);
    return this.#send({ kind: 'account' }, 'GET', '/account');
  }

  nextWake(): EpochMicros | undefined {
    return undefined;
  }

  snapshot(): AccountSnapshot | undefined {
    return this.#snapshot;
  }

  onWire(input: WireInput): readonly GatewayEffect[] {
    switch (input.kind) {
      case 'socketFrame':
        return eventsIn(input.text).map(told);
      case 'socketOpen':
        return [told({ kind: 'connection', connected: true, detail: 'the stream is open' })];
      case 'socketClosed':
        return [told({ kind: 'connection', connected: false, detail: input.reason })];
      case 'httpResponse':
      case 'httpFailed':
        return this.#onAnswer(input);
    }
  }

  #send(asked: Asked, method: HttpSend['method'], path: string): readonly GatewayEffect[] {
    this.#lastRequest += 1;
    const requestId = String(this.#lastRequest);
    this.#asked.set(requestId, asked);
    const rest = { headers: {}, body: undefined, timeoutMillis: TIMEOUT_MILLIS };
    return [{ kind: 'httpSend', requestId, method, path, ...rest }];
  }

  #onAnswer(answer: HttpAnswer): readonly GatewayEffect[] {
    const asked = this.#asked.get(answer.requestId);
    this.#asked.delete(answer.requestId);
    if (asked === undefined) return NOTHING;
    const body = answer.kind === 'httpResponse' && answer.status === 200 ? answer.body : undefined;
    if (asked.kind === 'account') {
      if (body !== undefined) this.#snapshot = snapshotIn(body);
      return NOTHING;
    }
    const { intentId } = asked;
    const why = answer.kind === 'httpFailed' ? answer.reason : `status ${answer.status}`;
    if (asked.kind === 'find') {
      if (body !== undefined) return eventsIn(body).map(told);
      const search = { outcome: 'incomplete', evidence: why } as const;
      return [told({ kind: 'searched', intentId, search })];
    }
    if (asked.kind !== 'submit') {
      const isTaken = answer.kind === 'httpResponse' && answer.status < 300;
      return isTaken ? NOTHING : [told({ kind: 'cancelRejected', intentId, reason: why })];
    }
    return this.#onSubmitted(intentId, answer, why);
  }

  #onSubmitted(intentId: string, answer: HttpAnswer, reason: string): readonly GatewayEffect[] {
    const outcome = sendOutcome(answer, this.capabilities);
    if (outcome === 'rejected') return [told({ kind: 'rejected', intentId, reason })];
    if (outcome === 'unknown') return [told({ kind: 'unknown', intentId, reason })];
    // That it works, or why not, is told by the stream.
    return NOTHING;
  }
}
