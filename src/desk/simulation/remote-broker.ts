/**
 * A broker at the other end of bad wires, modelled on one that does not refuse an order it has seen
 * before. It outlives every crash of the engine. One user.
 */

import type { ApprovedOrder } from '../../broker/approved-order.ts';
import type { BrokerEvent, GatewayEffect, WireInput } from '../../broker/order-gateway.ts';
import type { PaperBroker } from '../../broker/paper/paper-broker.ts';
import type { HttpSend } from '../../broker/wire-requests.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { soonest } from './event-queue.ts';
import type { RequestFates, WireDoor, WireReply } from './lossy-wires.ts';
import { LossyWires } from './lossy-wires.ts';
import type { DryRunFate } from './remote-dry-run.ts';
import { remoteDryRun } from './remote-dry-run.ts';
import type { SeededRandom } from './seeded-random.ts';

interface Request {
  readonly send: HttpSend;
  /** What a submit or reprice is about. */
  readonly order: ApprovedOrder | undefined;
}

const FATES: RequestFates = {
  normal: 88,
  lostRequest: 3,
  lostAnswer: 5,
  gateway502: 2,
  unreachable: 2,
  slow: 0,
};
/** What a dry run comes to. */
const DRY_RUN_FATES: Readonly<Record<DryRunFate, number>> = {
  right: 94,
  refused: 2,
  odd: 2,
  unreadable: 2,
};

export interface RemoteBrokerOptions {
  readonly paper: PaperBroker;
  readonly random: SeededRandom;
  /** Hears of every order that arrives. */
  readonly onArrival: (intentId: string) => void;
  readonly door: WireDoor;
}

export class RemoteBroker {
  readonly paper: PaperBroker;
  readonly #random: SeededRandom;
  readonly #onArrival: (intentId: string) => void;
  readonly #wires: LossyWires<Request>;

  constructor({ paper, random, onArrival, door }: RemoteBrokerOptions) {
    this.paper = paper;
    this.#random = random;
    this.#onArrival = onArrival;
    const serve = (request: Request, at: At): WireReply => this.#serve(request, at);
    this.#wires = new LossyWires({ random, fatesOf: () => FATES, serve, door });
  }

  /** When something next arrives at one end or the other. */
  next(): EpochMicros | undefined {
    return soonest(this.#wires.next(), this.paper.nextWake());
  }

  /** The engine sent this. */
  onSend(send: HttpSend, order: ApprovedOrder | undefined, at: At): void {
    this.#wires.send({ send, order }, at);
  }

  onQuote(symbol: string, quote: Quote, at: At): void {
    this.#stream(this.paper.onQuote(symbol, quote, at), at);
  }

  onBatchEnd(at: At): void {
    this.#stream(this.paper.onBatchEnd(at), at);
  }

  onClock(at: At, session: SessionTimes): void {
    this.#stream(this.paper.onClock(at, session), at);
  }

  /** Everything that is due by now: what arrives is done, what reaches the engine is returned. */
  run(at: At): readonly WireInput[] {
    return this.#wires.run(at);
  }

  /** The engine is gone: what was on its way to it is lost, what was on its way here is not. */
  onCrash(): void {
    this.#wires.onCrash();
  }

  #serve({ send, order }: Request, at: At): WireReply {
    const { method, path } = send;
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
    return { status, body };
  }

  #dryRun({ body }: HttpSend): readonly BrokerEvent[] {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by wire-gateway.ts
    const intent = JSON.parse(body ?? '') as OrderIntent;
    const dryRun = remoteDryRun(intent, this.#random.weighted(DRY_RUN_FATES));
    return [{ kind: 'dryRun', intentId: intent.intentId, dryRun }];
  }

  #take(order: ApprovedOrder, at: At): void {
    this.#onArrival(order.intent.intentId);
    this.#stream(this.paper.submit(order, at), at);
  }

  #stream(effects: readonly GatewayEffect[], at: At): void {
    for (const event of eventsOf(effects)) this.#wires.frame(JSON.stringify([event]), at);
  }
}

function eventsOf(effects: readonly GatewayEffect[]): readonly BrokerEvent[] {
  return effects.flatMap((effect) => (effect.kind === 'event' ? [effect.event] : []));
}
