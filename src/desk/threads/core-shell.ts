/**
 * The shell of the core thread: the one place where the desk's effects meet the world. It feeds the
 * desk one input at a time, in one order, records each, and performs what comes back.
 */

import type { JournalRequest } from '../../audit/journal-protocol.ts';
import type { ByteRingWriter } from '../../audit/spsc-byte-ring.ts';
import type { AskOf } from '../../engine/domain/account-facts.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At, Clock } from '../../engine/domain/clock.ts';
import { wallMicros } from '../../engine/domain/clock.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import type { Counters } from '../../ops/counters.ts';
import type { Desk } from '../desk.ts';
import type { Effect } from '../effects.ts';
import type { EngineEvent } from '../engine-api.ts';
import type { Input } from '../inputs.ts';
import { isMarketInput } from '../market-input-codec.ts';
import type { OrderTraces } from '../orders/order-trace.ts';
import type { FromCore } from './core-protocol.ts';
import { stampOf } from './core-status.ts';
import { InputRecorder } from './input-recorder.ts';

/** The world, as far as the shell needs it. */
export interface CoreWorld {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly recorder: ByteRingWriter;
  readonly traces: OrderTraces;
  toJournal(request: JournalRequest): void;
  toMain(message: FromCore): void;
  fetchListing(date: SessionDate): void;
  fetchRules(ask: AskOf<'marketRules'>): void;
  subscribe(symbols: readonly string[]): void;
  /** Sends over the broker's wires. */
  wire(effect: Extract<Effect, { kind: 'wire' }>['effect']): void;
}

/** Core thread only. */
export class CoreShell {
  readonly #desk: Desk;
  readonly #world: CoreWorld;
  readonly #recorder: InputRecorder;
  #records: AuditRecord[] = [];
  #urgent = false;

  constructor(desk: Desk, world: CoreWorld) {
    this.#desk = desk;
    this.#world = world;
    this.#recorder = new InputRecorder(world.recorder);
    this.#performAll(desk.start());
  }

  now(): At {
    return this.#world.clock.now();
  }

  /** One input in; its effects are performed before this returns, but for the journal's answer. */
  step(input: Input): void {
    if (!isMarketInput(input)) this.#recorder.write(input);
    else {
      this.#recorder.hold(input);
      if (input.kind !== 'batchEnd') {
        this.#takeEvent(input);
        return;
      }
    }
    this.#recorded();
    this.#timedStep(input);
  }

  /** An event of a batch, most often without effects: it is recorded before it has any, and also where
   * it breaks the desk. */
  #takeEvent(input: Input): void {
    let effects: readonly Effect[];
    try {
      effects = this.#desk.step(input);
    } catch (fault) {
      this.#recorded();
      throw fault;
    }
    if (effects.length === 0) return;
    this.#recorded();
    this.#performAll(effects);
  }

  #recorded(): void {
    this.#recorder.flush();
    const dropped = this.#recorder.takeDropped();
    if (dropped > 0) this.#world.counters.add('recorder_dropped', dropped);
  }

  /** An event of a batch takes less time than looking at the clock: batches are timed, not events. */
  #timedStep(input: Input): void {
    const startedAt = wallMicros();
    const effects = this.#desk.step(input);
    const { counters } = this.#world;
    const micros = wallMicros() - startedAt;
    counters.observe('step_micros', micros);
    const isPreview = input.kind === 'command' && input.command.kind.startsWith('preview');
    if (isPreview) counters.observe('preview_micros', micros);
    this.#performAll(effects, startedAt);
  }

  /** Puts the latencies the shell measured onto the orders in an answer. */
  decorate(result: unknown): unknown {
    return this.#world.traces.decorate(result);
  }

  /** Performs in order; records go to the journal together, in runs of one urgency. */
  #performAll(effects: readonly Effect[], since?: number): void {
    if (effects.length === 0) return;
    const startedAt = since ?? wallMicros();
    for (const effect of effects) {
      if (effect.kind === 'append') this.#collect(effect.record, effect.urgent, startedAt);
    }
    this.#flushRecords();
    for (const effect of effects) this.#perform(effect);
  }

  #collect(record: AuditRecord, urgent: boolean, startedAt: number): void {
    if (this.#records.length > 0 && urgent !== this.#urgent) this.#flushRecords();
    this.#urgent = urgent;
    this.#records.push(record);
    const { body } = record;
    if (body.kind === 'intentRecorded') {
      this.#world.traces.recorded(body.intent.intentId, startedAt);
    }
    this.#count(body);
  }

  #flushRecords(): void {
    if (this.#records.length === 0) return;
    this.#world.toJournal({ kind: 'append', records: this.#records, urgent: this.#urgent });
    this.#records = [];
  }

  #perform(effect: Effect): void {
    const world = this.#world;
    switch (effect.kind) {
      case 'append':
        return;
      case 'reply': {
        const result = world.traces.decorate(effect.result);
        const stamp = stampOf(this.#desk.context);
        world.toMain({ kind: 'reply', id: effect.id, stamp, result });
        return;
      }
      case 'clearance':
        this.#clear(effect);
        return;
      case 'wire':
        world.wire(effect.effect);
        return;
      case 'fetchListing':
        world.fetchListing(effect.date);
        return;
      case 'fetchRules':
        world.fetchRules(effect.ask);
        return;
      case 'subscribe':
        world.subscribe(effect.symbols);
        return;
      case 'alert':
        world.toMain(effect);
        return;
      case 'publish':
        this.#publish(effect.event);
        return;
      case 'stopped':
        world.toMain({ kind: 'stopped', unprotected: effect.unprotected });
        return;
    }
  }

  #publish(event: EngineEvent): void {
    const { traces, counters } = this.#world;
    traces.observe(event, wallMicros());
    if (event.kind === 'order' && event.order.status === 'filled') counters.add('orders_filled');
    this.#world.toMain({ kind: 'event', event });
  }

  /** Looks at the kill word right before the send. What closes always passes. */
  #clear({ intentId, opening, act }: Extract<Effect, { kind: 'clearance' }>): void {
    const { traces, counters } = this.#world;
    const isBlocked = opening && counters.isKilled();
    const kind = isBlocked ? 'blockedByKill' : 'cleared';
    if (act === 'submit') traces.durable(intentId, wallMicros());
    this.step({ kind, at: this.now(), intentId, act });
    if (isBlocked || act !== 'submit') return;
    const micros = traces.sent(intentId, wallMicros());
    if (micros !== undefined) counters.observe('confirm_to_send_micros', micros);
  }

  #count(body: AuditRecord['body']): void {
    const { counters } = this.#world;
    if (body.kind === 'previewMade') counters.add('previews');
    else if (body.kind === 'previewRefused' || body.kind === 'confirmRefused') {
      counters.add('denials');
    } else if (body.kind === 'orderSent') counters.add('orders_sent');
    else if (body.kind === 'brokerEvent') this.#countBroker(body.event.kind);
  }

  #countBroker(kind: string): void {
    const { counters } = this.#world;
    if (kind === 'rejected') counters.add('orders_rejected');
    else if (kind === 'cancelled') counters.add('orders_cancelled');
    else if (kind === 'unknown') counters.add('orders_unknown');
  }
}
