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
  Settlement,
  WireInput,
} from '../../broker/order-gateway.ts';
import { sendOutcome } from '../../broker/order-gateway.ts';
import type { Turn } from '../../broker/request-pacer.ts';
import { ToldSettlements } from '../../broker/told-settlements.ts';
import type { WireAnswer, WireRequest } from '../../broker/wire-requests.ts';
import { bodyOf, WireRequests } from '../../broker/wire-requests.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros } from '../../engine/domain/units.ts';
import { AccountReader } from './account-text.ts';

type Effects = readonly GatewayEffect[];

const LIMITS = { readMillis: 2_000, changeMillis: 2_000 };
const ACCOUNT_EVERY_MICROS = 2_000_000;
const NOTHING: Effects = [];

function told(event: BrokerEvent): GatewayEffect {
  return { kind: 'event', event };
}

/** The events in a frame or body. They come from this program's own model of a broker. */
export function eventsIn(text: string): readonly BrokerEvent[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by remote-venue.ts
  return JSON.parse(text) as readonly BrokerEvent[];
}

/** A history that lacks an order is as young as the question, by this machine's own clock: the broker's
 * may show another time. */
function takenWhenAsked(event: BrokerEvent, at: At): BrokerEvent {
  if (event.kind !== 'searched' || event.search.outcome !== 'absent') return event;
  return { ...event, search: { ...event.search, takenAt: { market: at.market, wall: at.wall } } };
}

export class WireGateway implements OrderGateway {
  readonly capabilities: BrokerCapabilities;
  readonly accountId: string;
  readonly #requests = new WireRequests<Effects>(LIMITS);
  readonly #approved = new Map<string, ApprovedOrder>();
  readonly #account = new AccountReader();
  readonly #toldSettlements: ToldSettlements;
  /** By the newest picture of the account. */
  #settlements: readonly Settlement[] = [];
  #snapshot: AccountSnapshot | undefined;
  #accountDue: number = 0;

  /** `local`: what the broker allows, as a broker of this process would; this one outlives it.
   * `past`: what the journal holds. */
  constructor(accountId: string, local: BrokerCapabilities, past: readonly BrokerEvent[] = []) {
    this.accountId = accountId;
    this.#toldSettlements = new ToldSettlements(past);
    const elsewhere = { dedupe: 'none', preview: 'broker', outlivesEngine: true } as const;
    this.capabilities = { ...local, name: 'tastytrade', ...elsewhere };
  }

  /** The order as it was last approved: what the bytes of a request would say. */
  orderOf(intentId: string): ApprovedOrder | undefined {
    return this.#approved.get(intentId);
  }

  submit(order: ApprovedOrder, at: At): Effects {
    const { intentId } = order.intent;
    this.#approved.set(intentId, order);
    return this.#ask({ turn: turnOf(order), method: 'POST', intentId }, at, (answer, why) =>
      this.#onSubmitted(intentId, answer, why),
    );
  }

  cancel(intentId: string, at: At): Effects {
    return this.#ask({ turn: 'exit', method: 'DELETE', intentId }, at, (answer, why) =>
      onChanged(intentId, answer, why),
    );
  }

  reprice(order: ApprovedOrder, at: At): Effects {
    const { intentId } = order.intent;
    this.#approved.set(intentId, order);
    return this.#ask({ turn: turnOf(order), method: 'PUT', intentId }, at, (answer, why) =>
      onChanged(intentId, answer, why),
    );
  }

  findByIntent(intentId: string, at: At): Effects {
    return this.#ask({ turn: 'search', method: 'GET', intentId }, at, (answer, evidence) => {
      const body = bodyOf(answer);
      if (body !== undefined) {
        return eventsIn(body).map((event) => told(takenWhenAsked(event, at)));
      }
      const search = { outcome: 'incomplete', evidence } as const;
      return [told({ kind: 'searched', intentId, search })];
    });
  }

  dryRun(intent: OrderIntent, at: At): Effects {
    const { intentId } = intent;
    const body = JSON.stringify(intent);
    const path = `/dry-runs/${intentId}`;
    const request = { turn: 'read', method: 'POST', path, body, intentId } as const;
    return this.#ask(request, at, (answer, reason) => {
      const events = bodyOf(answer);
      if (events !== undefined) return eventsIn(events).map(told);
      return [told({ kind: 'dryRun', intentId, dryRun: { outcome: 'failed', reason } })];
    });
  }

  /** The broker has a market of its own. */
  onQuote(): Effects {
    return NOTHING;
  }

  onBatchEnd(): Effects {
    return NOTHING;
  }

  forgetQuotes(): void {}

  onClock(at: At): Effects {
    if (at.wall < this.#accountDue) return NOTHING;
    this.#accountDue = addMicros(at.wall, ACCOUNT_EVERY_MICROS);
    const request = { turn: 'read', method: 'GET', path: '/account' } as const;
    return [
      this.#requests.ask(request, at, (answer) => {
        const body = bodyOf(answer);
        return body === undefined ? NOTHING : this.#onAccount(body, at);
      }),
    ];
  }

  nextWake(): EpochMicros | undefined {
    return undefined;
  }

  lookAgain(at: At): void {
    this.#accountDue = at.wall;
  }

  snapshot(): AccountSnapshot | undefined {
    return this.#snapshot;
  }

  onWire(input: WireInput, at: At): Effects {
    switch (input.kind) {
      case 'socketFrame':
        return this.#heard(eventsIn(input.text));
      case 'socketOpen':
        return [told({ kind: 'connection', connected: true, detail: 'the stream is open' })];
      case 'socketClosed':
        return [told({ kind: 'connection', connected: false, detail: input.reason })];
      case 'httpResponse':
      case 'httpFailed':
        return this.#requests.onAnswer(input, at) ?? NOTHING;
    }
  }

  /** Tells what is settled by two pictures in a row: between them the stream had its time to tell it, and
   * executions that it did not tell either are taken from the first. */
  #onAccount(body: string, { market, wall }: At): Effects {
    const { settlements, ...account } = this.#account.read(body);
    // What it tells is at least as young as the question, by this machine's own clock.
    this.#snapshot = { ...account, asOf: { market, wall } };
    const untold = this.#settlements.filter((each) => this.#toldSettlements.isNews(each));
    this.#settlements = settlements;
    return untold.map((settlement) => told({ kind: 'settlement', settlement }));
  }

  /** What the stream says is passed on as often as it says it. */
  #heard(events: readonly BrokerEvent[]): Effects {
    for (const event of events)
      if (event.kind === 'settlement') this.#toldSettlements.isNews(event.settlement);
    return events.map(told);
  }

  #ask(
    {
      intentId,
      ...request
    }: Omit<WireRequest, 'path'> & {
      readonly intentId: string;
      readonly path?: string;
    },
    at: At,
    onAnswer: (answer: WireAnswer, why: string) => Effects,
  ): Effects {
    const sent = { path: `/orders/${intentId}`, ...request };
    return [
      this.#requests.ask(sent, at, (answer) => {
        const why = answer.kind === 'httpFailed' ? answer.reason : `status ${answer.status}`;
        return onAnswer(answer, why);
      }),
    ];
  }

  #onSubmitted(intentId: string, answer: WireAnswer, reason: string): Effects {
    const outcome = sendOutcome(answer, this.capabilities);
    if (outcome === 'rejected') return [told({ kind: 'rejected', intentId, reason })];
    if (outcome === 'unknown') return [told({ kind: 'unknown', intentId, reason })];
    // That it works, or why not, is told by the stream.
    return NOTHING;
  }
}

function turnOf({ intent }: ApprovedOrder): Turn {
  return intent.purpose === 'open' ? 'entry' : 'exit';
}

function onChanged(intentId: string, answer: WireAnswer, reason: string): Effects {
  const isTaken = answer.kind === 'httpResponse' && answer.status < 300;
  return isTaken ? NOTHING : [told({ kind: 'cancelRejected', intentId, reason })];
}
