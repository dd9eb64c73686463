import { describe, expect, it } from 'vitest';
import type { JournalRequest } from '../../../src/audit/journal-protocol.ts';
import {
  ByteRingReader,
  ByteRingWriter,
  createByteRing,
} from '../../../src/audit/spsc-byte-ring.ts';
import { decodeInput } from '../../../src/desk/input-codec.ts';
import type { Input } from '../../../src/desk/inputs.ts';
import { OrderTraces } from '../../../src/desk/orders/order-trace.ts';
import type { FromCore } from '../../../src/desk/threads/core-protocol.ts';
import { CoreShell } from '../../../src/desk/threads/core-shell.ts';
import { setGauges } from '../../../src/desk/threads/core-status.ts';
import { price } from '../../../src/engine/domain/units.ts';
import { Counters, createCountersBuffer } from '../../../src/ops/counters.ts';
import type { RigOptions } from '../../support/desk-rig.ts';
import { CONDOR, DeskRig, TRADER } from '../../support/desk-rig.ts';

/** A rig whose inputs go through the core's own shell; what that tells the world is kept. */
class ShellRig {
  readonly counters = new Counters(createCountersBuffer());
  readonly requests: JournalRequest[] = [];
  readonly messages: FromCore[] = [];
  readonly world: string[] = [];
  readonly recorder: ByteRingReader;
  readonly rig: DeskRig;
  readonly shell: CoreShell;

  constructor(recorderBytes = 1 << 22, options: RigOptions = {}) {
    const memory = createByteRing(recorderBytes);
    this.recorder = new ByteRingReader(memory);
    this.rig = new DeskRig({ ...options, isOpen: false });
    this.shell = new CoreShell(this.rig.desk, {
      clock: { now: () => this.rig.at },
      counters: this.counters,
      recorder: new ByteRingWriter(memory),
      traces: new OrderTraces(),
      toJournal: (request) => this.requests.push(request),
      toMain: (message) => this.messages.push(message),
      fetchListing: (date) => this.world.push(`listing ${date}`),
      fetchRules: ({ date }) => this.world.push(`rules ${date}`),
      subscribe: (symbols) => this.world.push(`subscribe ${symbols.length}`),
      wire: (effect) => this.world.push(`wire ${effect.kind}`),
    });
    this.rig.step = (input) => this.shell.step(input);
    this.rig.open();
    this.durable();
  }

  /** The journal's word for everything it was sent. */
  durable(): void {
    let heard = 0;
    while (heard < this.requests.length) {
      const last = this.requests.at(-1);
      heard = this.requests.length;
      const seq = last?.kind === 'append' ? (last.records.at(-1)?.seq ?? 0) : 0;
      this.shell.step({ kind: 'journalDurable', at: this.rig.at, seq, hash: '' });
    }
  }

  command(id: number, command: Extract<Input, { kind: 'command' }>['command']): void {
    this.shell.step({ kind: 'command', at: this.rig.at, id, caller: TRADER, command });
  }

  preview(tokenSha256 = 'a'.repeat(64)): void {
    this.command(1, { kind: 'previewStrategy', request: CONDOR, tokenSha256 });
  }

  reply(id: number) {
    return this.messages.find((message) => message.kind === 'reply' && message.id === id);
  }

  /** Seconds with the journal's word after each. */
  advance(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      this.rig.advance(1);
      this.durable();
    }
  }
}

describe("the core's shell", () => {
  it('hands records to the journal in order, in runs of one urgency', () => {
    const core = new ShellRig();
    core.requests.length = 0;
    core.preview();
    core.command(2, { kind: 'confirm', tokenSha256: 'a'.repeat(64) });
    core.durable();
    core.command(3, { kind: 'kill', reason: 'enough' });
    const runs = core.requests.flatMap((request) => (request.kind === 'append' ? [request] : []));
    const numbers = runs.flatMap(({ records }) => records.map(({ seq }) => seq));
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    const kinds = runs.map(({ urgent, records }) => [
      urgent,
      ...records.map(({ body }) => body.kind),
    ]);
    expect(kinds).toEqual([
      [false, 'previewMade'],
      [false, 'intentRecorded'],
      [false, 'orderSent'],
      [true, 'tradingStateChanged', 'killEngaged', 'alert', 'cancelRequested'],
    ]);
  });

  it('starts a new run wherever urgency changes within a step', () => {
    const core = new ShellRig(1 << 24, { minutes: 14 * 60 });
    core.preview();
    core.command(2, { kind: 'confirm', tokenSha256: 'a'.repeat(64) });
    core.advance(20);
    core.requests.length = 0;
    core.rig.goTo(15 * 60 + 40);
    const runs = core.requests.flatMap((request) =>
      request.kind === 'append' ? [[request.urgent, request.records[0]?.body.kind]] : [],
    );
    expect(runs).toEqual([
      [true, 'exitTriggered'],
      [false, 'alert'],
      [true, 'intentRecorded'],
    ]);
  });

  it('sends nothing before the journal has answered', () => {
    const core = new ShellRig();
    core.preview();
    core.command(2, { kind: 'confirm', tokenSha256: 'a'.repeat(64) });
    core.rig.advance(2);
    expect(core.rig.submitted).toEqual([]);
    core.durable();
    expect(core.rig.submitted).toHaveLength(1);
  });

  it('looks at the kill word right before the send, for what opens', () => {
    const core = new ShellRig();
    core.preview();
    core.command(2, { kind: 'confirm', tokenSha256: 'a'.repeat(64) });
    core.counters.raiseKillWord();
    core.durable();
    expect(core.rig.submitted).toEqual([]);
    expect(core.reply(2)).toMatchObject({ result: { value: { status: 'denied' } } });
  });

  it('sends what closes with the kill word up', () => {
    const core = new ShellRig(1 << 24);
    core.preview();
    core.command(2, { kind: 'confirm', tokenSha256: 'a'.repeat(64) });
    core.advance(20);
    core.counters.raiseKillWord();
    const [position] = core.rig.positions();
    const target = position?.positionId ?? '';
    const tokenSha256 = 'b'.repeat(64);
    core.command(3, { kind: 'previewClose', target, quantity: undefined, tokenSha256 });
    core.command(4, { kind: 'confirm', tokenSha256 });
    core.advance(20);
    expect(core.rig.submitted).toHaveLength(2);
    expect(core.rig.positions()).toEqual([]);
  });

  it('records every input in one order, those it answers itself too', () => {
    const core = new ShellRig();
    while (core.recorder.next() !== undefined);
    core.preview();
    core.command(2, { kind: 'confirm', tokenSha256: 'a'.repeat(64) });
    core.durable();
    const kinds: string[] = [];
    for (let chunk = core.recorder.next(); chunk !== undefined; chunk = core.recorder.next()) {
      kinds.push(decodeInput(chunk).kind);
    }
    expect(kinds).toEqual(['command', 'command', 'journalDurable', 'cleared', 'journalDurable']);
  });

  it('records the events of a batch together, before anything they led to, and a fatal one too', () => {
    const core = new ShellRig();
    const { at } = core.rig;
    const kinds = (): string[] => {
      const found: string[] = [];
      for (let chunk = core.recorder.next(); chunk !== undefined; chunk = core.recorder.next()) {
        found.push(decodeInput(chunk).kind);
      }
      return found;
    };
    const quote = (index: number): void => {
      const sides = { bid: price(9_900), ask: price(10_100), bidSize: 1, askSize: 1 };
      core.shell.step({ kind: 'quote', at, index, ...sides });
    };
    kinds();
    quote(0);
    quote(1);
    expect(kinds()).toEqual([]);
    core.shell.step({ kind: 'batchEnd', at });
    expect(kinds()).toEqual(['quote', 'quote', 'batchEnd']);
    quote(0);
    core.preview();
    expect(kinds()).toEqual(['quote', 'command']);
    for (let n = 0; n < 1_000; n += 1) quote(n % 8);
    core.shell.step({ kind: 'batchEnd', at });
    expect(kinds()).toHaveLength(1_001);
    quote(0);
    expect(() => quote(1_023)).toThrow(/no row/);
    expect(kinds()).toEqual(['quote', 'quote']);
  });

  it('goes on with a full recorder, and counts what it lost', () => {
    const core = new ShellRig(1 << 10);
    expect(core.recorder.isLost).toBe(true);
    expect(core.counters.get('recorder_dropped')).toBeGreaterThan(100);
    core.preview();
    expect(core.reply(1)).toMatchObject({ result: { value: { purpose: 'open' } } });
  });

  it('stamps answers and puts latencies on the orders in them', () => {
    const core = new ShellRig(1 << 24);
    core.preview();
    core.command(2, { kind: 'confirm', tokenSha256: 'a'.repeat(64) });
    core.advance(3);
    const reply = core.reply(2);
    expect(reply).toMatchObject({
      stamp: { environment: 'paper', broker: 'paper', tradingState: 'active', killed: false },
    });
    const latency = {
      confirmToJournalMs: expect.any(Number),
      confirmToSendMs: expect.any(Number),
      sendToAckMs: expect.any(Number),
      sendToFillMs: null,
    };
    expect(reply).toMatchObject({ result: { value: { latency, orders: [{ latency }] } } });
  });

  it('counts what happens', () => {
    const core = new ShellRig(1 << 24);
    core.preview();
    core.command(2, { kind: 'confirm', tokenSha256: 'a'.repeat(64) });
    core.command(3, { kind: 'confirm', tokenSha256: 'f'.repeat(64) });
    core.advance(20);
    core.rig.paper.setKnobs({ rejectNext: 1 });
    core.preview('c'.repeat(64));
    core.command(5, { kind: 'confirm', tokenSha256: 'c'.repeat(64) });
    core.advance(2);
    const { counters } = core;
    const names = [
      'previews',
      'denials',
      'orders_sent',
      'orders_filled',
      'orders_rejected',
      'orders_cancelled',
      'orders_unknown',
    ] as const;
    expect(names.map((name) => counters.get(name))).toEqual([2, 1, 2, 1, 1, 0, 0]);
    expect(counters.histogram('confirm_to_send_micros').count).toBe(2);
    expect(counters.histogram('preview_micros').count).toBe(2);
  });

  it('passes on what the desk asks of the world', () => {
    const core = new ShellRig(1 << 24, { minutes: 14 * 60 });
    expect(core.world).toEqual(['subscribe 123', 'rules 2026-11-20']);
    core.rig.goTo(16 * 60 + 15);
    core.rig.goTo(17 * 60 + 30);
    expect(core.world.slice(2)).toEqual(['subscribe 1', 'listing 2026-11-23']);
    core.rig.step({ kind: 'feed', at: core.rig.at, connected: false, detail: 'gone' });
    expect(core.messages.find(({ kind }) => kind === 'alert')).toMatchObject({
      severity: 'warning',
      code: 'FEED_DOWN',
      text: 'gone',
      action: 'trigger',
    });
    expect(core.messages.some(({ kind }) => kind === 'event')).toBe(true);
  });

  it('says when it has stopped, and what is left unprotected', () => {
    const core = new ShellRig();
    const caller = { principal: 'operator', authority: 'console' } as const;
    const command = { kind: 'shutdown', policy: 'flatten' } as const;
    core.rig.step({ kind: 'command', at: core.rig.at, id: 9, caller, command });
    core.advance(1);
    expect(core.messages).toContainEqual({ kind: 'stopped', unprotected: [] });
  });

  it('shows the state of the desk in its gauges', () => {
    const core = new ShellRig();
    core.rig.edit = ({ bid, ask }, right, strike) =>
      right === 'call' && strike === 600 ? { bid: ask, ask: bid } : { bid, ask };
    core.rig.quotes();
    core.preview();
    core.command(2, { kind: 'confirm', tokenSha256: 'a'.repeat(64) });
    for (let look = 0; look < 2; look += 1) setGauges(core.rig.desk.context, core.counters);
    const { counters } = core;
    const names = [
      'trading_state',
      'orders_open',
      'positions_open',
      'feed_connected',
      'chain_contracts',
      'day_pnl_cents',
      'net_delta',
      'quotes_crossed',
    ] as const;
    expect(names.map((name) => counters.get(name))).toEqual([0, 1, 0, 1, 122, 0, 0, 1]);
    expect(counters.get('core_heartbeat_wall_micros')).toBe(core.rig.at.wall);
  });
});
