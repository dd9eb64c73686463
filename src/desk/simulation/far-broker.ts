/**
 * A broker at the far end of wires and the adapter to it, as a simulated session needs them. The
 * broker outlives every crash of the engine; the adapter is made anew at each start.
 */

import type {
  AccountSnapshot,
  OrderGateway,
  WireInput,
  WorkingOrder,
} from '../../broker/order-gateway.ts';
import type { PaperKnobs } from '../../broker/paper/paper-knobs.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { ChainListing } from '../../engine/domain/market.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { DeskConfig } from '../desk-config.ts';
import type { Effect } from '../effects.ts';
import type { DeskStart } from '../gateway-of.ts';
import type { Input } from '../inputs.ts';
import type { WireDoor } from './lossy-wires.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { Heard } from './stream-oracle.ts';

export type WireEffect = Extract<Effect, { readonly kind: 'wire' }>['effect'];
export type QuoteInput = Extract<Input, { readonly kind: 'quote' }>;

/** What is held, what works, and how much cash there is. */
export interface AccountTruth extends Pick<AccountSnapshot, 'positions' | 'cashCents'> {
  readonly workingOrders: readonly Pick<WorkingOrder, 'intentId'>[];
  /** The broker books fees at night, so that none are taken from its cash yet. */
  readonly isBeforeFees?: boolean;
}

/** What a fault makes of the next orders. */
export type Drill = Partial<
  Pick<
    PaperKnobs,
    'rejectNext' | 'unknownNext' | 'refuseCancelNext' | 'refuseLimitNext' | 'dropFillEvents'
  >
>;

/** An account seen from its broker's side. */
export interface BrokerAccount {
  /** The account as it is, whatever the engine was told of it. */
  snapshot(at: At): AccountTruth | undefined;
  setKnobs(drill: Drill): void;
}

export interface FarBroker {
  readonly account: BrokerAccount;
  /** The adapter of an engine that starts now: what the last one knew went with its process. */
  connect(start: DeskStart, at: At): OrderGateway;
  /** When something next happens at the broker or on the wires. */
  next(): EpochMicros | undefined;
  /** When the adapter, which lives by the clock, wants it next; undefined where it has it whenever
   * anything happens. */
  beat(): EpochMicros | undefined;
  /** Everything that is due by now; what reaches the engine is returned. */
  run(at: At): readonly WireInput[];
  onClock(at: At, session: SessionTimes): void;
  /** The broker sees the same market. */
  onQuote(input: QuoteInput, listing: ChainListing): void;
  /** The quotes of one moment are through. */
  onBatchEnd(at: At): void;
  onSend(effect: WireEffect, at: At): void;
  onCrash(at: At): void;
}

/** Whoever watches both ends of the wires. */
export interface WireEar {
  /** An order of an intent has come to the broker's door, by its own name where it has one. Not `isTaken`:
   * it was refused there, and the broker's lists never hold it. */
  onArrival(intentId: string, name?: string, isTaken?: boolean): void;
  /** What the broker says of orders reaches the engine. */
  onHeard(heard: Heard, at: At): void;
}

export interface FarBrokerOptions {
  readonly accountId: string;
  readonly seed: number;
  readonly random: SeededRandom;
  readonly at: At;
  readonly session: SessionTimes;
  readonly listing: ChainListing;
  readonly ear: WireEar;
  readonly door: WireDoor;
}

/** A kind of broker behind wires. */
export interface BehindWires {
  readonly name: 'remote' | 'tastytrade' | 'alpaca';
  /** The desk's configuration for it. */
  configOf(config: DeskConfig): DeskConfig;
  open(options: FarBrokerOptions): FarBroker;
}

export type BrokerKind = 'paper' | BehindWires['name'];
