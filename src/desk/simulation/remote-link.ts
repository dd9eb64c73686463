/** The session's side of a broker behind wires: the broker, which stays, and the adapter of the
 * engine that runs now. One user. */

import type { GatewayEffect, WireInput } from '../../broker/order-gateway.ts';
import { PaperBroker } from '../../broker/paper/paper-broker.ts';
import type { At } from '../../engine/domain/clock.ts';
import { occSymbol } from '../../engine/domain/instrument.ts';
import type { ChainListing } from '../../engine/domain/market.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { Input } from '../inputs.ts';
import { summarizeJournal } from '../journal-summary.ts';
import { RemoteBroker } from './remote-broker.ts';
import type { SeededRandom } from './seeded-random.ts';
import { WireGateway } from './wire-gateway.ts';

export interface RemoteLinkOptions {
  readonly accountId: string;
  readonly seed: number;
  readonly random: SeededRandom;
  readonly report: (what: string) => void;
}

export class RemoteLink {
  readonly #accountId: string;
  readonly #broker: RemoteBroker;
  #adapter: WireGateway;

  constructor({ accountId, seed, random, report }: RemoteLinkOptions) {
    const paper = new PaperBroker({ accountId, seed, history: summarizeJournal([]) });
    this.#accountId = accountId;
    this.#broker = new RemoteBroker({ paper, random, report });
    this.#adapter = new WireGateway(accountId, paper.capabilities);
  }

  /** A fresh adapter: what the last one knew went with its process. */
  connect(): { readonly gateway: WireGateway; readonly paper: PaperBroker } {
    const { paper } = this.#broker;
    this.#adapter = new WireGateway(this.#accountId, paper.capabilities);
    return { gateway: this.#adapter, paper };
  }

  next(): EpochMicros | undefined {
    return this.#broker.next();
  }

  run(at: At): readonly WireInput[] {
    return this.#broker.run(at);
  }

  onClock(at: At, session: SessionTimes): void {
    this.#broker.onClock(at, session);
  }

  /** The broker sees the same market. */
  onQuote(input: Extract<Input, { kind: 'quote' }>, listing: ChainListing): void {
    const { index, at, bid, ask, bidSize, askSize } = input;
    const contract = listing.contracts[index];
    const symbol = contract === undefined ? listing.underlying : occSymbol(contract);
    this.#broker.onQuote(symbol, { bid, ask, bidSize, askSize, at }, at);
  }

  onSend(effect: Exclude<GatewayEffect, { kind: 'event' }>, at: At): void {
    if (effect.kind !== 'httpSend') return;
    const order = this.#adapter.orderOf(effect.path.split('/').at(-1) ?? '');
    this.#broker.onSend(effect, order, at);
  }

  onCrash(): void {
    this.#broker.onCrash();
  }
}
