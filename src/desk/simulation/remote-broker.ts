/**
 * A broker at the other end of bad wires, modelled on one that does not refuse an order it has seen
 * before. Requests and answers take time and get lost apart from each other; its stream tells late,
 * twice or not at all. It outlives every crash of the engine. One user.
 */

import type { ApprovedOrder } from '../../broker/approved-order.ts';
import type { BrokerEvent, GatewayEffect, WireInput } from '../../broker/order-gateway.ts';
import type { PaperBroker } from '../../broker/paper/paper-broker.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MILLI, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { EventQueue } from './event-queue.ts';
import type { DryRunFate } from './remote-dry-run.ts';
import { remoteDryRun } from './remote-dry-run.ts';
import type { SeededRandom } from './seeded-random.ts';

type HttpSend = Extract<GatewayEffect, { readonly kind: 'httpSend' }>;

interface Request {
  readonly send: HttpSend;
  /** What a submit or reprice is about. */
  readonly order: ApprovedOrder | undefined;
  /** Its answer never comes back. */
  readonly isMute: boolean;
}

/** What becomes of a request. `late`: its answer comes after the time-out. */
const FATES = { normal: 88, lostRequest: 3, lostAnswer: 5, gateway502: 2, unreachable: 2 };
/** What a dry run comes to. */
const DRY_RUN_FATES: Readonly<Record<DryRunFate, number>> = {
  right: 94,
  refused: 2,
  odd: 2,
  unreadable: 2,
};
/** What becomes of a frame of the stream. */
const FRAME_FATES = { normal: 86, twice: 7, late: 5, lost: 2 };
const SHORTEST_MILLIS = 5;
const LONGEST_MILLIS = 90;
const LATEST_FRAME_SECONDS = 25;

export interface RemoteBrokerOptions {
  readonly paper: PaperBroker;
  readonly random: SeededRandom;
  /** Hears what is wrong with what arrived. */
  readonly report: (what: string) => void;
}

export class RemoteBroker {
  readonly paper: PaperBroker;
  readonly #random: SeededRandom;
  readonly #report: (what: string) => void;
  readonly #arriving = new EventQueue<Request>();
  readonly #leaving = new EventQueue<WireInput>();
  readonly #arrived = new Set<string>();

  constructor({ paper, random, report }: RemoteBrokerOptions) {
    this.paper = paper;
    this.#random = random;
    this.#report = report;
  }

  /** When something next arrives at one end or the other. */
  next(): EpochMicros | undefined {
    const times = [this.#arriving.next(), this.#leaving.next(), this.paper.nextWake()];
    return times.filter((time) => time !== undefined).toSorted((a, b) => a - b)[0];
  }

  /** The engine sent this. */
  onSend(send: HttpSend, order: ApprovedOrder | undefined, at: At): void {
    const fate = this.#random.weighted(FATES);
    const { requestId } = send;
    const timeout = addMicros(at.wall, send.timeoutMillis * MICROS_PER_MILLI);
    if (fate === 'unreachable') {
      const reason = 'connection refused';
      this.#leave(this.#soon(at), { kind: 'httpFailed', requestId, reason, neverSent: true });
      return;
    }
    const isMute = fate !== 'normal';
    if (fate !== 'lostRequest') this.#arriving.add(this.#soon(at), { send, order, isMute });
    if (fate === 'gateway502') {
      this.#leave(this.#soon(at), { kind: 'httpResponse', requestId, status: 502, body: '' });
    } else if (isMute) {
      this.#leave(timeout, { kind: 'httpFailed', requestId, reason: 'no answer in time' });
    }
  }

  onQuote(symbol: string, quote: Quote, at: At): void {
    this.#stream(this.paper.onQuote(symbol, quote, at), at);
  }

  onClock(at: At, session: SessionTimes): void {
    this.#stream(this.paper.onClock(at, session), at);
  }

  /** Everything that is due by now: what arrives is done, what reaches the engine is returned. */
  run(at: At): readonly WireInput[] {
    for (let due = this.#arriving.take(at.wall); due; due = this.#arriving.take(at.wall)) {
      this.#serve(due, at);
    }
    const inputs: WireInput[] = [];
    for (let due = this.#leaving.take(at.wall); due; due = this.#leaving.take(at.wall)) {
      inputs.push(due);
    }
    return inputs;
  }

  /** The engine is gone: what was on its way to it is lost, what was on its way here is not. */
  onCrash(): void {
    this.#leaving.clear();
  }

  #soon(at: At): EpochMicros {
    const millis = this.#random.between(SHORTEST_MILLIS, LONGEST_MILLIS);
    return addMicros(at.wall, Math.round(millis * MICROS_PER_MILLI));
  }

  #leave(due: EpochMicros, input: WireInput): void {
    this.#leaving.add(due, input);
  }

  #serve({ send, order, isMute }: Request, at: At): void {
    const { requestId, method, path } = send;
    const intentId = path.split('/').at(-1) ?? '';
    let status = 200;
    let body = '[]';
    if (path === '/account') body = JSON.stringify(this.paper.snapshot(at));
    else if (method === 'GET')
      body = JSON.stringify(eventsOf(this.paper.findByIntent(intentId, at)));
    else if (path.startsWith('/dry-runs/')) body = JSON.stringify(this.#dryRun(send));
    else if (method === 'DELETE') this.#stream(this.paper.cancel(intentId, at), at);
    else if (order === undefined) status = 400;
    else if (method === 'PUT') this.#stream(this.paper.reprice(order, at), at);
    else this.#take(order, at);
    if (isMute) return;
    this.#leave(this.#soon(at), { kind: 'httpResponse', requestId, status, body });
  }

  #dryRun({ body }: HttpSend): readonly BrokerEvent[] {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by wire-gateway.ts
    const intent = JSON.parse(body ?? '') as OrderIntent;
    const dryRun = remoteDryRun(intent, this.#random.weighted(DRY_RUN_FATES));
    return [{ kind: 'dryRun', intentId: intent.intentId, dryRun }];
  }

  #take(order: ApprovedOrder, at: At): void {
    const { intentId } = order.intent;
    if (this.#arrived.has(intentId)) this.#report(`${intentId} reached the broker twice`);
    this.#arrived.add(intentId);
    this.#stream(this.paper.submit(order, at), at);
  }

  #stream(effects: readonly GatewayEffect[], at: At): void {
    for (const event of eventsOf(effects)) this.#frame(event, at);
  }

  #frame(event: BrokerEvent, at: At): void {
    const fate = this.#random.weighted(FRAME_FATES);
    if (fate === 'lost') return;
    const frame = { kind: 'socketFrame', text: JSON.stringify([event]) } as const;
    const isLate = fate === 'late';
    const seconds = isLate ? this.#random.between(0, LATEST_FRAME_SECONDS) : 0;
    const due = addMicros(this.#soon(at), Math.round(seconds * MICROS_PER_SECOND));
    this.#leave(due, frame);
    if (fate === 'twice') this.#leave(this.#soon(at), frame);
  }
}

function eventsOf(effects: readonly GatewayEffect[]): readonly BrokerEvent[] {
  return effects.flatMap((effect) => (effect.kind === 'event' ? [effect.event] : []));
}
