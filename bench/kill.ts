/**
 * How long from a call of kill until nothing can open, and until every opening's cancel is out?
 *
 *     api.kill ─► kill word set ─► core: cancel 1 … cancel 20 at the broker, while the latch goes to disk ─► answer
 *     kill word set on another thread ─► … ─► last opening that still reaches the broker
 *
 * Floor: a file created, written and synced with its folder, which is what a latch that survives a
 * power cut costs on this disk.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { realDisk } from '../src/audit/disk.ts';
import { readKillLatch } from '../src/audit/kill-latch.ts';
import { KillSwitch } from '../src/command/kill-switch.ts';
import { ENGINE_API_VERSION } from '../src/desk/engine-api.ts';
import { EngineApiClient } from '../src/desk/engine-api-client.ts';
import type { OrderRecord } from '../src/desk/orders/order-book.ts';
import { BrokerTap } from '../src/desk/simulation/broker-tap.ts';
import { wallMicros } from '../src/engine/domain/clock.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import { BenchDesk, OPERATOR, TRADER } from './support/bench-desk.ts';
import type { PullerStart } from './support/kill-puller.ts';
import type { Measure } from './support/paired.ts';
import { oneByOne, paired, rowOf } from './support/paired.ts';
import { nanosNow, Samples } from './support/samples.ts';

const NAME = 'kill';
const OPENINGS = 20;
/** The other thread pulls the kill word at some moment within this time. */
const RACE_MICROS = 5_000;
const [IDLE, ARMED, RAISED] = [0, 1, 2];
const LAST_SEND = 'kill word on another thread to the last opening that still went out';
const FLOOR = 'write and sync a small file';
/** After this the broker has acknowledged every order; none is walked toward the market yet. */
const ACKNOWLEDGED_MICROS = 250_000;

/** The door on a desk of this thread, with the latch in a folder of its own. */
class KillRig {
  readonly bench = new BenchDesk();
  readonly api: EngineApiClient;
  readonly home: string;
  /** When the kill word was last set. */
  raisedAt = 0;

  constructor(home: string) {
    this.home = home;
    const { bench } = this;
    const { counters, buffers } = bench;
    const kill = new KillSwitch(home, counters);
    this.api = new EngineApiClient({
      identity: {
        build: 'bench',
        apiVersion: ENGINE_API_VERSION,
        broker: 'paper',
        environment: 'paper',
        accountId: 'BENCH-1',
        underlying: 'SPY',
      },
      clock: { now: () => bench.at },
      simulated: true,
      counters,
      buffers,
      send: (message) => {
        if (message.kind === 'command') bench.shell.step({ ...message, at: bench.at });
      },
      sendToReader: () => undefined,
      latchKill: (reason, principal) => {
        const latched = kill.engage(reason, principal);
        this.raisedAt = nanosNow();
        return latched;
      },
      clearKill: () => kill.clear(),
      metrics: () => Promise.resolve(''),
      riskMetrics: () => Promise.reject(new Error('not asked here')),
      undeliveredAlerts: () => ({ channels: 0, count: 0, ageMs: null }),
      auditStory: () => Promise.resolve([]),
      auditState: () => ({ state: 'ok', ageMs: null, sealed: null }),
    });
    bench.onMessage = (message) => this.api.onMessage(message);
  }

  /** Orders that work at the broker and open positions. */
  workingOpenings(): readonly OrderRecord[] {
    const { bench } = this;
    for (let i = 0; i < OPENINGS; i += 1) {
      bench.command({ kind: 'confirm', tokenSha256: bench.preview().tokenSha256 });
      bench.makeDurable();
    }
    bench.pass(ACKNOWLEDGED_MICROS, 'quiet');
    const working = bench.orders.filter(({ intent }) => intent.purpose === 'open');
    check(working.length === OPENINGS, `${OPENINGS} openings work`);
    return working;
  }

  /** Lets the broker answer, arms again, and makes sure that nothing was left working. */
  async recover(openings: readonly OrderRecord[]): Promise<void> {
    this.bench.makeDurable();
    this.bench.clear();
    const isOver = openings.every(({ status }) => status === 'cancelled' || status === 'filled');
    check(isOver, 'every opening ended');
    const rearming = this.api.rearm(OPERATOR);
    this.bench.makeDurable();
    const answer = await rearming;
    check('value' in answer && !this.bench.counters.isKilled(), 'the console arms again');
    check(readKillLatch(this.home) === undefined, 'the latch is gone');
  }
}

/** Times to the end of the call; the times to the word go to `word`. */
function kills(rig: KillRig, word: Samples, times: number): Measure {
  return async (samples) => {
    for (let i = 0; i < times; i += 1) {
      const openings = rig.workingOpenings();
      const startedAt = nanosNow();
      const answer = rig.api.kill('bench', TRADER);
      word.record(rig.raisedAt - startedAt);
      check(rig.bench.counters.isKilled(), 'the kill word is set');
      check(
        openings.every((order) => order.cancelRequested),
        'every opening has its cancel',
      );
      rig.bench.makeDurable();
      const view = await answer;
      samples.record(nanosNow() - startedAt);
      check(readKillLatch(rig.home) !== undefined, 'the latch is on the disk');
      check(
        'value' in view && view.value.cancelledOrders.length === OPENINGS,
        'the answer says so',
      );
      await rig.recover(openings);
    }
  };
}

/** Sends openings as fast as they go while another thread pulls the kill word. */
class KillRace {
  readonly bench: BenchDesk;
  readonly #signal = new SharedArrayBuffer(4);
  readonly #words = new Int32Array(this.#signal);
  readonly #nanos = new SharedArrayBuffer(8);
  readonly #puller: Worker;
  #lastSentAt = 0n;

  constructor() {
    const observer = {
      onSubmit: () => {
        this.#lastSentAt = process.hrtime.bigint();
      },
      onReprice: () => undefined,
      onEvent: () => undefined,
    };
    this.bench = new BenchDesk(undefined, { wrap: (broker) => new BrokerTap(broker, observer) });
    const start: PullerStart = {
      counters: this.bench.counterWords,
      signal: this.#signal,
      nanos: this.#nanos,
      withinMicros: RACE_MICROS,
    };
    const entry = new URL('support/kill-puller.ts', import.meta.url);
    this.#puller = new Worker(entry, { workerData: start });
  }

  /** Nanoseconds from the word to the last opening that still reached the broker; 0: none did. */
  run(): number {
    const { bench } = this;
    const tokens = Array.from({ length: 2 * OPENINGS }, () => bench.preview().tokenSha256);
    this.#lastSentAt = 0n;
    this.#set(ARMED);
    for (const tokenSha256 of tokens) {
      bench.command({ kind: 'confirm', tokenSha256 });
      bench.makeDurable();
    }
    while (Atomics.load(this.#words, 0) !== RAISED);
    const raisedAt = Atomics.load(new BigInt64Array(this.#nanos), 0);
    this.#set(IDLE);
    const late = Number(this.#lastSentAt - raisedAt);
    check(bench.counters.isKilled(), 'the kill word was raised by the other thread');
    const before = bench.counters.get('orders_sent') ?? 0;
    bench.command({ kind: 'confirm', tokenSha256: tokens[0] ?? '' });
    bench.makeDurable();
    check((bench.counters.get('orders_sent') ?? 0) === before, 'nothing opens after the word');
    bench.counters.clearKillWord();
    bench.clear();
    return Math.max(0, late);
  }

  #set(value: number): void {
    Atomics.store(this.#words, 0, value);
    Atomics.notify(this.#words, 0);
  }

  stop(): Promise<number> {
    return this.#puller.terminate();
  }
}

async function lastSends(times: number): Promise<Samples> {
  const race = new KillRace();
  const samples = new Samples();
  try {
    for (let i = 0; i < times; i += 1) samples.record(race.run());
  } finally {
    await race.stop();
  }
  return samples;
}

function smallFile(home: string, times: number): Measure {
  const path = join(home, 'floor');
  const text = JSON.stringify({ principal: 'bench', reason: 'bench', wallMicros: wallMicros() });
  return (samples) => {
    for (let i = 0; i < times; i += 1) {
      rmSync(path, { force: true });
      void oneByOne(() => {
        const fd = openSync(path, 'wx', 0o600);
        writeSync(fd, text);
        fsyncSync(fd);
        closeSync(fd);
        realDisk.syncFolder(home);
      }, 1)(samples);
    }
  };
}

async function run(context: BenchContext): Promise<BenchReport> {
  const home = mkdtempSync(join(tmpdir(), 'deltaring-bench-'));
  try {
    const times = context.count(25);
    const word = new Samples();
    const result = await paired(context, {
      ours: kills(new KillRig(home), word, times),
      floor: smallFile(home, context.count(100)),
    });
    const toWord = { all: word, medians: [] };
    const wordRow = rowOf(
      { bench: NAME, metric: 'call to kill word set', unit: 'us' },
      { ours: toWord, floor: undefined, peer: undefined },
    );
    const raced = { all: await lastSends(context.count(100)), medians: [] };
    const raceRow = rowOf(
      { bench: NAME, metric: LAST_SEND, unit: 'us' },
      { ours: raced, floor: undefined, peer: undefined },
    );
    const metric = `call to latch on disk and the cancels of ${OPENINGS} openings at the broker`;
    return {
      rows: [wordRow, raceRow, rowOf({ bench: NAME, metric, unit: 'us', floor: FLOOR }, result)],
      checks: [
        `after each kill the word was set, the latch on the disk, and all ${OPENINGS} openings had their cancel; each then ended`,
      ],
      notes: [
        'Goals: nothing opens later than 1 us after the word, every thread is told within 1 ms (p99.9), 20 cancels are out within 10 ms (p99). An opening goes out when it is handed to the broker.',
        'The core runs on the calling thread here. In the engine one port hop lies between word and cancels; the promises measure that over MCP.',
      ],
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: NAME,
  question:
    "How long from a call of kill until nothing can open and every opening's cancel is out?",
  run,
};
