/**
 * What stands behind the wires of a broker that does not refuse an order it has seen before: it takes the
 * requests that `wire-gateway.ts` writes, and tells its stream what comes about. How either travels is
 * the wires'. One user.
 */

import type { ApprovedOrder } from '../../broker/approved-order.ts';
import type { BrokerEvent, GatewayEffect, Settlement } from '../../broker/order-gateway.ts';
import type { PaperBroker } from '../../broker/paper/paper-broker.ts';
import type { HttpSend } from '../../broker/wire-requests.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { AccountWriter } from './account-text.ts';
import type { WireReply } from './lossy-wires.ts';
import type { DryRunFate } from './remote-dry-run.ts';
import { remoteDryRun } from './remote-dry-run.ts';

export interface RemoteRequest {
  readonly send: HttpSend;
  /** What a submit or reprice is about. */
  readonly order: ApprovedOrder | undefined;
}

export interface RemoteVenueOptions {
  readonly paper: PaperBroker;
  /** Drawn at each dry run. */
  readonly dryRunFate: () => DryRunFate;
  /** Hears of every order that arrives. */
  readonly onArrival: (intentId: string) => void;
  /** A frame of the stream leaves. */
  readonly onFrame: (text: string, at: At) => void;
}

export class RemoteVenue {
  readonly #options: RemoteVenueOptions;
  readonly #account = new AccountWriter();
  /** A frame of the stream may be lost, and what expired is in no picture any more. */
  readonly #settlements: Settlement[] = [];

  constructor(options: RemoteVenueOptions) {
    this.#options = options;
  }

  onQuote(symbol: string, quote: Quote, at: At, place?: number): void {
    this.#stream(this.#options.paper.onQuote(symbol, quote, at, place), at);
  }

  onBatchEnd(at: At): void {
    this.#stream(this.#options.paper.onBatchEnd(at), at);
  }

  onClock(at: At, session: SessionTimes): void {
    this.#stream(this.#options.paper.onClock(at, session), at);
  }

  serve({ send, order }: RemoteRequest, at: At): WireReply {
    const { paper } = this.#options;
    const { method, path } = send;
    const intentId = path.split('/').at(-1) ?? '';
    let status = 200;
    let body = '[]';
    if (path === '/account') body = this.#writeAccount(at);
    else if (method === 'GET') body = JSON.stringify(eventsOf(paper.findByIntent(intentId, at)));
    else if (path.startsWith('/dry-runs/')) body = JSON.stringify(this.#dryRun(send));
    else if (method === 'DELETE') this.#stream(paper.cancel(intentId, at), at);
    else if (order === undefined) status = 400;
    else if (method === 'PUT') this.#stream(paper.reprice(order, at), at);
    else this.#take(order, at);
    return { status, body };
  }

  #writeAccount(at: At): string {
    const settlements = this.#settlements;
    return this.#account.write({ ...this.#options.paper.snapshot(at), settlements });
  }

  #dryRun({ body }: HttpSend): readonly BrokerEvent[] {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by wire-gateway.ts
    const intent = JSON.parse(body ?? '') as OrderIntent;
    const dryRun = remoteDryRun(intent, this.#options.dryRunFate());
    return [{ kind: 'dryRun', intentId: intent.intentId, dryRun }];
  }

  #take(order: ApprovedOrder, at: At): void {
    this.#options.onArrival(order.intent.intentId);
    this.#stream(this.#options.paper.submit(order, at), at);
  }

  #stream(effects: readonly GatewayEffect[], at: At): void {
    for (const event of eventsOf(effects)) {
      if (event.kind === 'settlement') this.#settlements.push(event.settlement);
      this.#options.onFrame(JSON.stringify([event]), at);
    }
  }
}

function eventsOf(effects: readonly GatewayEffect[]): readonly BrokerEvent[] {
  return effects.flatMap((effect) => (effect.kind === 'event' ? [effect.event] : []));
}
