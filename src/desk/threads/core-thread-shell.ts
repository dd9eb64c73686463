/** Joins the desk with its clock, feed, journal and faces on the core thread. */
import type { MessagePort } from 'node:worker_threads';
import type { CheckedJournal } from '../../audit/checked-journal.ts';
import type { JournalReply } from '../../audit/journal-protocol.ts';
import { ByteRingWriter } from '../../audit/spsc-byte-ring.ts';
import { PaperBroker } from '../../broker/paper/paper-broker.ts';
import { ChainWriter } from '../../engine/chain/chain-writer.ts';
import type { Clock, SimulatedTime } from '../../engine/domain/clock.ts';
import { simulatedClock, systemClock, wallMillis } from '../../engine/domain/clock.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { RingWriter } from '../../engine/ring/ring-writer.ts';
import { Counters } from '../../ops/counters.ts';
import { paperStatement } from '../account/paper-statement.ts';
import { Desk } from '../desk.ts';
import type { DeskConfig } from '../desk-config.ts';
import { gatewayOf } from '../gateway-of.ts';
import type { Input } from '../inputs.ts';
import type { JournalSummary } from '../journal-summary.ts';
import { OrderTraces } from '../orders/order-trace.ts';
import { encodeRecordedStart } from '../recorded-start.ts';
import { sessionToHear } from '../session/broker-rules.ts';
import { barsFilling, chainFilling } from '../session/chain-filling.ts';
import type { BrokerWire } from './broker-wire.ts';
import { BrokerWireShell } from './broker-wire-shell.ts';
import type { FromCore, FromIo, ToCore, ToIo } from './core-protocol.ts';
import { CoreShell } from './core-shell.ts';
import { catchUp, setGauges, stampOf } from './core-status.ts';
import { FeedShell, millisOf } from './feed-shell.ts';
import type { FeedTransport } from './feed-socket.ts';
import { ListingRetry } from './listing-retry-shell.ts';
import { keySecrets, OAuthSecrets } from './wire-secrets-shell.ts';

/** The clock input comes at least this often. */
const CLOCK_MILLIS = 50;
const STATUS_EVERY_TICKS = 5;
/** Bars are asked for from one before the open: a snapshot may end with a marker at its first time. */
const BAR_MILLIS = 60_000;

/** What the core thread is started with. */
export interface CoreStart {
  readonly config: DeskConfig;
  readonly journal: CheckedJournal;
  /** Seed of everything the paper broker leaves to chance. */
  readonly paperSeed: number;
  readonly accountId: string;
  /** Set when a simulator drives the market; absent = this machine's clock. */
  readonly time: SimulatedTime | undefined;
  /** How the broker is reached; absent for the embedded one. */
  readonly wire?: BrokerWire | undefined;
  /** Set when the kill latch stood on disk at the start. */
  readonly latchedReason: string | undefined;
  readonly feed: {
    readonly aggregationSeconds: number;
    readonly version: string;
    readonly transport: FeedTransport;
  };
  readonly buffers: {
    readonly chain: SharedArrayBuffer;
    readonly ring: SharedArrayBuffer;
    readonly counters: SharedArrayBuffer;
    readonly recorder: SharedArrayBuffer;
  };
  readonly journalPort: MessagePort;
  readonly ioPort: MessagePort;
}

/** Runs the core until the process ends. Throws nothing: a broken invariant is reported and halts. */
export function runCore(start: CoreStart, past: JournalSummary, main: MessagePort): void {
  const core = new CoreThread(start, past, main);
  core.run();
}

class CoreThread {
  readonly #start: CoreStart;
  readonly #main: MessagePort;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #desk: Desk;
  readonly #paper: PaperBroker | undefined;
  readonly #shell: CoreShell;
  readonly #feed: FeedShell;
  readonly #ring: RingWriter;
  readonly #login: OAuthSecrets;
  readonly #wires: BrokerWireShell | undefined;
  readonly #listingRetry: ListingRetry;
  #ticks = 0;
  #journal = { seq: 0, hash: '', healthy: true, wall: undefined as number | undefined };
  #halted = false;

  constructor(start: CoreStart, past: JournalSummary, main: MessagePort) {
    this.#start = start;
    this.#main = main;
    this.#clock = start.time === undefined ? systemClock : simulatedClock(start.time);
    this.#counters = new Counters(start.buffers.counters);
    this.#journal.seq = start.journal.lastSeq;
    this.#journal.hash = start.journal.lastHash;
    this.#ring = new RingWriter(start.buffers.ring);
    const chain = new ChainWriter(start.buffers.chain, this.#ring);
    const at = this.#clock.now();
    const recorder = new ByteRingWriter(start.buffers.recorder);
    const { config, paperSeed, accountId } = start;
    const begun = { config, paperSeed, accountId, at, past };
    recorder.write(encodeRecordedStart({ ...begun, lastSeq: past.lastSeq }));
    const gateway = gatewayOf(begun);
    this.#paper = gateway instanceof PaperBroker ? gateway : undefined;
    this.#desk = new Desk({
      config,
      chain,
      chainBuffer: start.buffers.chain,
      ringBuffer: start.buffers.ring,
      gateway,
      at,
      past,
    });
    this.#feed = new FeedShell({
      clock: this.#clock,
      counters: this.#counters,
      chain,
      underlying: start.config.underlying,
      ...start.feed,
      jitter: () => Math.random(),
      step: (input) => this.#step(input),
      requestToken: () => this.#toIo({ kind: 'token' }),
      speed: start.time?.speed,
      session: () => sessionToHear(this.#desk.context),
    });
    this.#login = new OAuthSecrets((message) => this.#toIo(message), wallMillis);
    this.#wires = start.wire === undefined ? undefined : this.#wiresOf(start.wire);
    const fetchListing = (date: SessionDate) => this.#toIo({ kind: 'listing', date });
    this.#listingRetry = new ListingRetry({
      clock: this.#clock,
      speed: start.time?.speed ?? 1,
      session: () => this.#desk.context.day.session,
      ask: fetchListing,
    });
    this.#shell = new CoreShell(this.#desk, {
      clock: this.#clock,
      counters: this.#counters,
      recorder,
      traces: new OrderTraces(),
      toJournal: (request) => start.journalPort.postMessage(request),
      toMain: (message) => this.#tellMain(message),
      fetchListing,
      fetchRules: (ask) => this.#toIo({ kind: 'rules', ask }),
      subscribe: (symbols) => this.#feed.subscribe(symbols, this.#barsFromMillis()),
      wire: (effect) => this.#wires?.perform(effect),
    });
    this.#report();
    main.postMessage({
      kind: 'ready',
      recoveredRecords: past.records,
      killed: this.#desk.context.day.killed,
    } satisfies FromCore);
  }

  run(): void {
    const { journalPort, ioPort, latchedReason } = this.#start;
    if (latchedReason !== undefined && !this.#desk.context.day.killed) {
      const caller = { principal: 'latch', authority: 'observe' } as const;
      const command = { kind: 'kill', reason: latchedReason } as const;
      this.#step({ kind: 'command', at: this.#clock.now(), id: 0, caller, command });
    }
    journalPort.on('message', (reply: JournalReply) => this.#onJournal(reply));
    ioPort.on('message', (message: FromIo) => this.#onIo(message));
    this.#main.on('message', (message: ToCore) => this.#onMain(message));
    this.#feed.start();
    this.#wires?.start();
    this.#tick();
  }

  #wiresOf(wire: BrokerWire): BrokerWireShell {
    return new BrokerWireShell({
      wire,
      secrets: wire.login.kind === 'oauth' ? this.#login : keySecrets(wire.login),
      onInput: (input) => this.#step({ kind: 'wire', at: this.#clock.now(), wire: input }),
      jitter: () => Math.random(),
      isKilled: () => this.#counters.isKilled(),
    });
  }

  /** Every way into the desk goes through here: a broken promise of the program halts trading. */
  #step(input: Input): void {
    if (this.#halted) return;
    try {
      this.#shell.step(input);
    } catch (error) {
      this.#halt(error);
    }
  }

  #barsFromMillis(): number {
    return millisOf(this.#desk.context.day.session.open) - BAR_MILLIS;
  }

  #halt(error: unknown): void {
    this.#halted = true;
    this.#counters.raiseKillWord();
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#tellMain({ kind: 'fatal', message });
  }

  #tellMain(message: FromCore): void {
    this.#main.postMessage(message);
  }

  #toIo(message: ToIo): void {
    this.#start.ioPort.postMessage(message);
  }

  #tick(): void {
    this.#step({ kind: 'clock', at: this.#clock.now() });
    this.#feed.onClock();
    this.#ticks += 1;
    if (this.#ticks % STATUS_EVERY_TICKS === 0) this.#report();
    setTimeout(() => this.#tick(), this.#tickMillis());
  }

  /** Until the next clock input: sooner where the broker or the feed wants it. */
  #tickMillis(): number {
    const now = this.#clock.now();
    const speed = this.#start.time?.speed ?? 1;
    const broker = this.#desk.nextWake();
    const feed = this.#feed.nextWake();
    const untilBroker = broker === undefined ? CLOCK_MILLIS : (broker - now.market) / speed / 1_000;
    const untilFeed = feed === undefined ? CLOCK_MILLIS : (feed - now.wall) / 1_000;
    return Math.max(1, Math.min(CLOCK_MILLIS, untilBroker, untilFeed));
  }

  #report(): void {
    const desk = this.#desk.context;
    setGauges(desk, this.#counters);
    catchUp(this.#counters, 'ring_published', this.#ring.published);
    catchUp(this.#counters, 'feed_decode_errors', this.#feed.decodeErrors());
    catchUp(this.#counters, 'feed_slow_frames', this.#feed.slowFrames());
    const { day } = desk;
    const feed = this.#feed.status();
    const filling = chainFilling(desk) ?? barsFilling(desk);
    const { seq, hash, healthy, wall } = this.#journal;
    this.#tellMain({
      kind: 'status',
      status: {
        stamp: stampOf(desk),
        session: day.session.date,
        schedule: day.schedule,
        brokerRules: day.brokerRules,
        chainOpen: day.chainOpen,
        feed: {
          state: filling === undefined ? feed.state : 'filling',
          detail: filling?.denied.message ?? feed.detail,
          lastFrameWall: feed.lastFrameAt ?? null,
          lagMillis: this.#feed.lagMillis() ?? null,
          lateMillis: day.feedLateMillis,
        },
        journal: { seq, hash, healthy: healthy && !day.journalStalled, wall: wall ?? null },
        broker: {
          name: desk.gateway.capabilities.name,
          reconciled: day.reconciled,
          wall: desk.at.wall,
        },
      },
    });
  }

  #onMain(message: ToCore): void {
    const at = this.#clock.now();
    switch (message.kind) {
      case 'command':
        this.#step({ ...message, at });
        return;
      case 'query': {
        const { id, caller, query } = message;
        const result = this.#desk.query(query, caller, at);
        const stamp = stampOf(this.#desk.context);
        this.#tellMain({ kind: 'reply', id, stamp, result: this.#shell.decorate(result) });
        return;
      }
      case 'alertDelivered':
      case 'auditBehind':
        this.#step({ ...message, at });
        return;
      case 'closeJournal':
        this.#halted = true;
        this.#feed.stop();
        this.#wires?.stop();
        this.#start.journalPort.postMessage({ kind: 'close' });
        return;
    }
  }

  #onJournal(reply: JournalReply): void {
    const at = this.#clock.now();
    if (reply.kind === 'durable') {
      const { durableSeq, hash, usedReserve } = reply;
      this.#journal = { seq: durableSeq, hash, healthy: !usedReserve, wall: at.wall };
      this.#step({ kind: 'journalDurable', at, seq: durableSeq, hash });
      return;
    }
    this.#journal.healthy = false;
    const { reason, usedReserve } = reply;
    this.#step({ kind: 'journalFailed', at, reason, reserveExhausted: usedReserve });
  }

  /** What is known of the paper account now, for its reader. */
  #state(id: number): void {
    const books = this.#paper?.books(this.#clock.now());
    if (books === undefined) return;
    this.#toIo({ kind: 'statement', id, statement: paperStatement(this.#desk.context, books) });
  }

  #onIo(message: FromIo): void {
    switch (message.kind) {
      case 'token':
        this.#feed.onToken(message.url, message.token);
        return;
      case 'tokenFailed':
        this.#feed.onTokenFailed(message.reason);
        return;
      case 'statementWanted':
        this.#state(message.id);
        return;
      case 'listing':
        this.#listingRetry.onListing();
        this.#step({ kind: 'listing', at: this.#clock.now(), listing: message.listing });
        return;
      case 'rules':
        this.#step({ ...message, kind: 'brokerRules', at: this.#clock.now() });
        return;
      case 'listingFailed':
        this.#step({ ...message, at: this.#clock.now() });
        this.#listingRetry.onFailure();
        return;
      case 'access':
      case 'accessFailed':
        this.#login.onAnswer(message);
        return;
    }
  }
}
