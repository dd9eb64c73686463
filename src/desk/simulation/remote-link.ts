/** The paper broker at the far end of bad wires, and the adapter of the engine that runs now. One
 * user. */

import type { OrderGateway, WireInput } from '../../broker/order-gateway.ts';
import { PaperBroker } from '../../broker/paper/paper-broker.ts';
import type { At } from '../../engine/domain/clock.ts';
import { occSymbol } from '../../engine/domain/instrument.ts';
import type { ChainListing } from '../../engine/domain/market.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { DeskStart } from '../gateway-of.ts';
import { summarizeJournal } from '../journal-summary.ts';
import { soonest } from './event-queue.ts';
import type {
  BehindWires,
  BrokerAccount,
  FarBroker,
  FarBrokerOptions,
  QuoteInput,
  WireEffect,
} from './far-broker.ts';
import { adoptingOf } from './operator-adopting.ts';
import { RemoteBroker } from './remote-broker.ts';
import { streamOf } from './seeded-random.ts';
import { Transfers } from './transfers.ts';
import { WireGateway } from './wire-gateway.ts';

/** A broker with an adapter of the simulation's own: quick, and as strict as the real ones. */
export const REMOTE: BehindWires = {
  name: 'remote',
  configOf: (config) => config,
  open: (options) => new RemoteLink(options),
};

class RemoteLink implements FarBroker {
  readonly #accountId: string;
  /** Of the market's rows. */
  readonly #symbols: readonly string[];
  readonly #broker: RemoteBroker;
  /** Absent where nothing comes from elsewhere. */
  readonly #transfers: Transfers | undefined;
  readonly #met: (what: string) => void;
  #adapter: WireGateway;
  /** The engine that runs now has not heard that its stream stands. */
  #isUntold = true;

  constructor(options: FarBrokerOptions) {
    const { accountId, seed, random, ear, door, session, listing } = options;
    const paper = new PaperBroker({ accountId, seed, history: summarizeJournal([]) });
    this.#accountId = accountId;
    this.#symbols = listing.contracts.map(occSymbol);
    this.#met = door.met;
    const isTakenOver = adoptingOf(streamOf(seed, 'adopting')) !== undefined;
    const stream = streamOf(seed, 'transfers');
    this.#transfers = isTakenOver ? new Transfers(stream, session, listing) : undefined;
    const onArrival = (intentId: string): void => ear.onArrival(intentId);
    this.#broker = new RemoteBroker({ paper, random, onArrival, door });
    this.#adapter = new WireGateway(accountId, paper.capabilities);
  }

  get account(): BrokerAccount {
    return this.#broker.paper;
  }

  connect({ past }: DeskStart): OrderGateway {
    const { capabilities } = this.#broker.paper;
    this.#isUntold = true;
    this.#adapter = new WireGateway(this.#accountId, capabilities, past.brokerEvents);
    return this.#adapter;
  }

  next(): EpochMicros | undefined {
    return soonest(this.#broker.next(), this.#transfers?.next());
  }

  beat(): undefined {
    return undefined;
  }

  run(at: At): readonly WireInput[] {
    for (const { contract, quantity } of this.#transfers?.take(at.market) ?? []) {
      this.#broker.paper.transfer(contract, quantity);
      this.#met('transferred');
    }
    const told: readonly WireInput[] = this.#isUntold ? [{ kind: 'socketOpen' }] : [];
    this.#isUntold = false;
    return [...told, ...this.#broker.run(at)];
  }

  onClock(at: At, session: SessionTimes): void {
    this.#broker.venue.onClock(at, session);
  }

  onQuote({ index, at, bid, ask, bidSize, askSize }: QuoteInput, listing: ChainListing): void {
    const symbol = this.#symbols[index];
    const quote = { bid, ask, bidSize, askSize, at };
    const { venue } = this.#broker;
    if (symbol === undefined) venue.onQuote(listing.underlying, quote, at);
    else venue.onQuote(symbol, quote, at, index);
  }

  onBatchEnd(at: At): void {
    this.#broker.venue.onBatchEnd(at);
  }

  onSend(effect: WireEffect, at: At): void {
    if (effect.kind !== 'httpSend') return;
    const order = this.#adapter.orderOf(effect.path.split('/').at(-1) ?? '');
    this.#broker.onSend(effect, order, at);
  }

  onCrash(): void {
    this.#broker.onCrash();
  }
}
