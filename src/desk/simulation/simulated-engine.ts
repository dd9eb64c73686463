/**
 * One run of the engine inside a simulated session, from its start to its end or crash: the
 * production desk and paper broker, with a shell that performs effects in virtual time. Every input
 * passes through the codec before it is stepped.
 */

import { PaperBroker } from '../../broker/paper/paper-broker.ts';
import { assert } from '../../engine/domain/assert.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { DEFAULT_RING_CAPACITY } from '../../engine/ring/ring-layout.ts';
import { Desk } from '../desk.ts';
import type { DeskConfig } from '../desk-config.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { Effect } from '../effects.ts';
import type { DeskStart } from '../gateway-of.ts';
import { decodeInput, encodeInput } from '../input-codec.ts';
import type { Input } from '../inputs.ts';
import { summarizeJournal } from '../journal-summary.ts';
import { ownChain } from '../own-chain.ts';
import { encodeRecordedStart } from '../recorded-start.ts';
import type { BrokerObserver } from './broker-tap.ts';
import { BrokerTap } from './broker-tap.ts';
import type { BrokerAccount, FarBroker, WireEffect } from './far-broker.ts';
import type { SessionShape } from './session-config.ts';
import type { SessionWraps } from './session-wraps.ts';

/** A ring is cleared at every start, which costs by its size: that of a sparse session, of which no start was seen
 * to publish more than 36,000 records, forgets no more than the engine's own would. */
const RING_RECORDS: Readonly<Record<SessionShape, number>> = {
  sparse: 65_536,
  dense: DEFAULT_RING_CAPACITY,
};

/** What a run needs from the session around it. */
export interface EngineWorld {
  readonly observer: BrokerObserver;
  readonly wraps: SessionWraps;
  readonly shape: SessionShape;
  isKilled(): boolean;
  toJournal(records: readonly AuditRecord[], urgent: boolean): void;
  onInput(input: Input): void;
  onReply(id: number, result: unknown): void;
  fetchListing(date: SessionDate): void;
  onStopped(): void;
  /** The adapter sends this over its wires. */
  onSend(effect: WireEffect): void;
}

export interface EngineStart {
  readonly config: DeskConfig;
  readonly seed: number;
  readonly accountId: string;
  readonly at: At;
  readonly records: readonly AuditRecord[];
  readonly isRecorded: boolean;
  /** A broker behind wires; the paper broker of this process where absent. */
  readonly far?: { readonly broker: FarBroker; readonly at: At } | undefined;
}

export class SimulatedEngine {
  readonly desk: Desk;
  /** The account as its broker sees it. */
  readonly account: BrokerAccount;
  /** The recording: the start, then every input; empty where none is kept. */
  readonly chunks: Buffer[] = [];
  readonly #isRecorded: boolean;
  readonly #world: EngineWorld;
  #now: At;

  constructor(start: EngineStart, world: EngineWorld) {
    const { config, seed, accountId, at, records, isRecorded, far } = start;
    this.#isRecorded = isRecorded;
    this.#world = world;
    this.#now = at;
    const past = summarizeJournal(records);
    const begun = { config, paperSeed: seed, accountId, at, past };
    if (isRecorded) {
      this.chunks.push(encodeRecordedStart({ ...begun, lastSeq: past.lastSeq }));
    }
    const paper = far === undefined ? paperOf(begun) : undefined;
    const gateway = paper ?? far?.broker.connect(begun, far.at);
    const account = paper ?? far?.broker.account;
    assert(gateway !== undefined && account !== undefined, 'an engine trades with some broker');
    this.account = account;
    const tap = new BrokerTap(gateway, world.observer);
    this.desk = new Desk({
      config,
      ...ownChain(RING_RECORDS[world.shape]),
      gateway: world.wraps.gateway?.(tap) ?? tap,
      at,
      past,
    });
    world.wraps.desk?.(this.desk);
  }

  /** Performs what the desk asks for at its start. Called once, before the first step. */
  begin(): void {
    this.#performAll(this.desk.start());
  }

  /** One input in; what it leads to is done when this returns, but for the journal's answer. */
  step(input: Input): void {
    const heard = this.#isRecorded ? this.#recorded(input) : input;
    this.#now = heard.at;
    this.#world.onInput(heard);
    this.#performAll(this.desk.step(this.#world.wraps.input?.(heard) ?? heard));
  }

  /** The input as whoever reads the recording will find it: it must make no difference. */
  #recorded(input: Input): Input {
    const bytes = encodeInput(input);
    this.chunks.push(bytes);
    return decodeInput(bytes);
  }

  #performAll(effects: readonly Effect[]): void {
    this.#journal(effects);
    for (const effect of effects) this.#perform(effect);
  }

  /** Records go to the journal first, together, in runs of one urgency. */
  #journal(effects: readonly Effect[]): void {
    let run: AuditRecord[] = [];
    let isUrgent = false;
    for (const effect of effects) {
      if (effect.kind !== 'append') continue;
      if (run.length > 0 && effect.urgent !== isUrgent) {
        this.#world.toJournal(run, isUrgent);
        run = [];
      }
      isUrgent = effect.urgent;
      run.push(effect.record);
    }
    if (run.length > 0) this.#world.toJournal(run, isUrgent);
  }

  #perform(effect: Effect): void {
    const world = this.#world;
    if (effect.kind === 'reply') world.onReply(effect.id, effect.result);
    else if (effect.kind === 'fetchListing') world.fetchListing(effect.date);
    else if (effect.kind === 'stopped') world.onStopped();
    else if (effect.kind === 'wire') world.onSend(effect.effect);
    else if (effect.kind === 'clearance') this.#clear(effect);
  }

  /** The look at the kill word right before the send. What closes always passes. */
  #clear({ intentId, opening, act }: Extract<Effect, { kind: 'clearance' }>): void {
    const { wraps } = this.#world;
    const word = this.#world.isKilled();
    const isKilled = wraps.killWord?.(word) ?? word;
    const kind = opening && isKilled ? 'blockedByKill' : 'cleared';
    this.step({ kind, at: this.#now, intentId, act });
  }
}

/** The paper broker of the engine's own process. */
function paperOf({ config, paperSeed: seed, accountId, past: history }: DeskStart): PaperBroker {
  const { paperNativeStops: nativeStops } = exitSettingsOf(config);
  return new PaperBroker({ accountId, seed, history, nativeStops });
}
