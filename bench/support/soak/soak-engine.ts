/**
 * The whole engine but for its threads, over real sockets, on a clock that only moves when told to:
 * the simulator with its REST and DXLink servers on loopback, the feed client, chain, desk, recorder
 * and paper broker, session after session without a restart.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import {
  ByteRingReader,
  ByteRingWriter,
  createByteRing,
} from '../../../src/audit/spsc-byte-ring.ts';
import { PaperBroker } from '../../../src/broker/paper/paper-broker.ts';
import { Desk } from '../../../src/desk/desk.ts';
import type { Caller } from '../../../src/desk/engine-api.ts';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import type { Input } from '../../../src/desk/inputs.ts';
import { summarizeJournal } from '../../../src/desk/journal-summary.ts';
import { OrderTraces } from '../../../src/desk/orders/order-trace.ts';
import type { FromCore } from '../../../src/desk/threads/core-protocol.ts';
import { CoreShell } from '../../../src/desk/threads/core-shell.ts';
import { FeedShell, millisOf } from '../../../src/desk/threads/feed-shell.ts';
import { createChainBuffer } from '../../../src/engine/chain/chain-layout.ts';
import { ChainWriter } from '../../../src/engine/chain/chain-writer.ts';
import type { At, SimulatedTime } from '../../../src/engine/domain/clock.ts';
import { simulatedMarketTime } from '../../../src/engine/domain/clock.ts';
import { underlyingOf } from '../../../src/engine/domain/underlying.ts';
import type { EpochMicros, SessionDate } from '../../../src/engine/domain/units.ts';
import {
  addMicros,
  centsFromDollars,
  MICROS_PER_SECOND,
} from '../../../src/engine/domain/units.ts';
import { createRingBuffer } from '../../../src/engine/ring/ring-layout.ts';
import { RingWriter } from '../../../src/engine/ring/ring-writer.ts';
import { Counters, createCountersBuffer } from '../../../src/ops/counters.ts';
import { limitsFrom } from '../../../src/risk/limits.ts';
import { simulatedTimeFor } from '../../../src/sim/sim-session-times.ts';
import type { RunningSimulator } from '../../../src/sim/simulator.ts';
import { startSimulator } from '../../../src/sim/simulator.ts';
import { SoakIo } from './soak-io.ts';

/** Emptied after each beat. */
const RECORDER_BYTES = 1 << 20;
const BAR_MILLIS = 60_000;
/** A coarse beat is longer than the silence that a server usually bears. */
const KEEPALIVE_SECONDS = 600;
/** Turns of the event loop that a beat waits for its frames while connected. */
const PATIENCE_TURNS = 20_000;
/** A connection is made in this machine's time, and beats would run away from it: while there is none,
 * each takes as long as a step of a handshake. */
const CONNECTING_MILLIS = 10;
/** So many turns without a frame end the beat's delivery. */
const QUIET_TURNS = 3;
const TRADER: Caller = { principal: 'soak', authority: 'open' };

export interface SoakOptions {
  readonly underlying: string;
  readonly seed: number;
  readonly firstSession: SessionDate;
  readonly wallStart: EpochMicros;
  /** Seconds of market time for each of the wall's. */
  readonly speed: number;
}

export class SoakEngine {
  readonly counters = new Counters(createCountersBuffer());
  readonly time: SimulatedTime;
  /** Alerts by code. */
  readonly alerts = new Map<string, number>();
  readonly #sim: RunningSimulator;
  readonly #io: SoakIo;
  readonly #desk: Desk;
  readonly #shell: CoreShell;
  readonly #feed: FeedShell;
  readonly #recording: ByteRingReader;
  readonly #asked: Promise<unknown>[] = [];
  #wall: EpochMicros;
  #undurable = 0;
  #commands = 0;

  static async start(options: SoakOptions): Promise<SoakEngine> {
    const { underlying, seed, firstSession, wallStart, speed } = options;
    const time = simulatedTimeFor({ firstSession, start: '09:25', speed, wallStart });
    const clock = { wall: wallStart };
    const knobs = { staleGreeks: true };
    const keepaliveSeconds = KEEPALIVE_SECONDS;
    const sim = await startSimulator({ seed, underlying, time, knobs, keepaliveSeconds }, () => {
      return clock.wall;
    });
    return new SoakEngine(options, { time, sim, clock });
  }

  private constructor(
    options: SoakOptions,
    parts: { time: SimulatedTime; sim: RunningSimulator; clock: { wall: EpochMicros } },
  ) {
    const { underlying, seed } = options;
    this.time = parts.time;
    this.#sim = parts.sim;
    this.#wall = parts.clock.wall;
    this.#clock = parts.clock;
    this.#io = new SoakIo(parts.sim, underlying, () => this.#wall);
    const recorder = createByteRing(RECORDER_BYTES);
    this.#recording = new ByteRingReader(recorder);
    const chainBuffer = createChainBuffer();
    const ringBuffer = createRingBuffer();
    const chain = new ChainWriter(chainBuffer, new RingWriter(ringBuffer));
    const clock = { now: () => this.at };
    const past = summarizeJournal([]);
    this.#desk = new Desk({
      config: {
        build: 'soak',
        configFingerprint: 'soak',
        environment: 'paper',
        underlying,
        limits: limitsFrom({
          allowedRoots: [underlyingOf(underlying).optionRoot],
          maxTradeLossCents: centsFromDollars(10_000),
          maxOpenRiskCents: centsFromDollars(30_000),
          maxDailyLossCents: centsFromDollars(30_000),
          portfolioDeltaCap: 5_000,
          confirmationTimeoutSeconds: 600,
          maxOrdersPerDay: 1_000_000,
        }),
        flatBy: {},
      },
      chain,
      chainBuffer,
      ringBuffer,
      gateway: new PaperBroker({
        accountId: 'SOAK-1',
        underlying,
        seed,
        history: past,
      }),
      at: this.at,
      past,
    });
    this.#feed = new FeedShell({
      clock,
      counters: this.counters,
      chain,
      underlying,
      aggregationSeconds: 0.1,
      version: 'soak',
      jitter: () => 0.5,
      step: (input) => this.#step(input),
      requestToken: () => this.#fetchToken(),
    });
    this.#shell = new CoreShell(this.#desk, {
      clock,
      counters: this.counters,
      recorder: new ByteRingWriter(recorder),
      traces: new OrderTraces(),
      toJournal: (request) => {
        if (request.kind === 'append') this.#undurable = request.records.at(-1)?.seq ?? 0;
      },
      toMain: (message) => this.#onMessage(message),
      fetchListing: (date) => this.#fetchListing(date),
      fetchRules: () => undefined,
      wire: () => undefined,
      subscribe: (symbols) => this.#feed.subscribe(symbols, this.#barsFromMillis()),
    });
    this.#feed.start();
  }

  readonly #clock: { wall: EpochMicros };

  get at(): At {
    return { market: simulatedMarketTime(this.time, this.#wall), wall: this.#wall };
  }

  get desk(): Desk {
    return this.#desk;
  }

  /**
   * Moves the wall clock; the market, the wire, the desk and its clock follow before this resolves.
   * Where the market stands still it sends each of its quotes once more, with another size: what is
   * soaked is the engine, and prices of a model cost more than all that the engine does with them.
   */
  async beat(seconds: number, market: 'moves' | 'stands'): Promise<void> {
    this.#wall = addMicros(this.#wall, seconds * MICROS_PER_SECOND);
    this.#clock.wall = this.#wall;
    const before = this.counters.get('feed_frames');
    const load = this.#desk.context.chain.contractCount + 1;
    this.#sim.control({ load, freeze: market === 'stands' });
    this.#sim.beat();
    await this.#delivered(before);
    this.#step({ kind: 'clock', at: this.at });
    this.#feed.onClock();
    while (this.#asked.length > 0) await Promise.all(this.#asked.splice(0));
    while (this.#recording.next() !== undefined);
  }

  /** Resolves once the frames of a beat have arrived: none more for a while after the first. */
  async #delivered(before: number): Promise<void> {
    if (this.#feed.status().state !== 'open') {
      await sleep(CONNECTING_MILLIS);
      return;
    }
    let [seen, quiet] = [before, 0];
    for (let turns = 0; turns < PATIENCE_TURNS && quiet < QUIET_TURNS; turns += 1) {
      await turn();
      const now = this.counters.get('feed_frames');
      quiet = now === seen && now > before ? quiet + 1 : 0;
      seen = now;
    }
  }

  /** Tears the connection down; the client comes back by itself. */
  dropConnection(): void {
    this.#sim.control({ abruptReset: true });
  }

  /** Previews and confirms at once. */
  trade(request: StrategyRequest): void {
    this.#commands += 1;
    const tokenSha256 = createHash('sha256').update(`token ${this.#commands}`).digest('hex');
    this.#command({ kind: 'previewStrategy', request, tokenSha256 });
    this.#command({ kind: 'confirm', tokenSha256 });
  }

  /** Ends every socket and timer. */
  async stop(): Promise<void> {
    this.#feed.stop();
    await Promise.allSettled(this.#asked);
    await this.#sim.stop();
  }

  #command(command: Extract<Input, { kind: 'command' }>['command']): void {
    this.#commands += 1;
    this.#step({ kind: 'command', at: this.at, id: this.#commands, caller: TRADER, command });
  }

  #step(input: Input): void {
    this.#shell.step(input);
    if (this.#undurable === 0) return;
    const seq = this.#undurable;
    this.#undurable = 0;
    this.#step({ kind: 'journalDurable', at: this.at, seq, hash: '' });
  }

  #barsFromMillis(): number {
    return millisOf(this.#desk.context.day.session.open) - BAR_MILLIS;
  }

  #onMessage(message: FromCore): void {
    if (message.kind !== 'alert') return;
    this.alerts.set(message.code, (this.alerts.get(message.code) ?? 0) + 1);
  }

  /** The simulator's clock stands still while this is under way, and so does everything else. */
  #fetchToken(): void {
    const answer = this.#io.quoteToken().then(({ url, token }) => this.#feed.onToken(url, token));
    this.#asked.push(answer);
  }

  #fetchListing(date: SessionDate): void {
    const answer = this.#io.listing(date).then((listing) => {
      this.#step({ kind: 'listing', at: this.at, listing });
    });
    this.#asked.push(answer);
  }
}
