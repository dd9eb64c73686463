/** Joins the threads of an engine with its door, and takes them down again. Main thread. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { readForStart } from '../audit/journal-open.ts';
import type { JournalThread } from '../audit/journal-thread.ts';
import { readKillLatch } from '../audit/kill-latch.ts';
import type { Config } from '../config.ts';
import { isSimulated } from '../config.ts';
import { ENGINE_API_VERSION, type EngineIdentity } from '../desk/engine-api.ts';
import { EngineApiClient } from '../desk/engine-api-client.ts';
import type { FromCore, FromReader, ToCore } from '../desk/threads/core-protocol.ts';
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { type Clock, simulatedClock, systemClock, wallMicros } from '../engine/domain/clock.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { newYorkDate } from '../engine/domain/session-calendar.ts';
import type { AlertChannel } from '../ops/alert-channel.ts';
import type { Delivery } from '../ops/alert-delivery-shell.ts';
import { AlertDelivery } from '../ops/alert-delivery-shell.ts';
import { Counters } from '../ops/counters.ts';
import { lostAlerts } from '../ops/lost-alerts.ts';
import { assertPortsFree } from '../web/http-server.ts';
import { alertChannels } from './alert-channels.ts';
import { AuditStories } from './audit-stories.ts';
import { AuditWatch } from './audit-watch.ts';
import type { BrokerAccess } from './broker-access.ts';
import { assertSameAccount, reachBroker } from './broker-access.ts';
import { thisBuild } from './build-info.ts';
import { ClockWatch } from './clock-watch.ts';
import { CoreWatch } from './core-watch.ts';
import { type Locks, takeLocks } from './engine-locks.ts';
import { socketPath } from './engine-paths.ts';
import {
  createBuffers,
  newChannel,
  outsideSource,
  type SharedBuffers,
  StartingCore,
  startIo,
  startJournal,
  startSim,
} from './engine-threads.ts';
import { HostAlerts } from './host-alerts.ts';
import { KillSwitch } from './kill-switch.ts';
import { playedIn, tapeOf } from './recorded-market.ts';
import { RiskScenarios } from './risk-scenarios.ts';
import { simulatedTimeOf } from './session-time.ts';

const READY_TIMEOUT_MILLIS = 30_000;
const STOP_TIMEOUT_MILLIS = 60_000;
/** A stop waits this long for its last alerts to leave. */
const ALERTS_TIMEOUT_MILLIS = 5_000;
/** A journal that takes longer to close is left as a crash leaves it. */
const JOURNAL_CLOSE_MILLIS = 5_000;
/** The last seal, and five seconds for the last files to be accepted. */
const AUDIT_CLOSE_MILLIS = 10_000;
/** A thread that takes longer to end sits in a call of the system: on a disk that hangs. */
const THREAD_END_MILLIS = 2_000;
const WATCH_EVERY_MILLIS = 500;

export type Log = (line: string) => void;

/** A running engine as its faces need it. */
export interface EngineHost {
  readonly api: EngineApiClient;
  readonly counters: Counters;
  readonly identity: EngineIdentity;
  readonly socketPath: string;
  readonly simulated: boolean;
  /** Stops trading in order. Resolves with the positions left without protection. */
  stop(policy: 'flatten' | 'leave'): Promise<readonly string[]>;
  /** Ends the threads, whatever they do. False where one cannot be ended: it keeps this process from
   * its end too. */
  endThreads(): Promise<boolean>;
  /** Rejects when a thread of the engine died or broke a promise of its own. */
  readonly failed: Promise<never>;
  /** Pages that the engine has failed, and why. Opens nothing from here on; resolves once that left, or
   * after a few seconds without. */
  tellFailure(error: unknown): Promise<void>;
}

/** Starts everything. Throws DeltaringError, with what to do next, before anything can trade. */
export async function startEngine(config: Config, thread: Worker, log: Log): Promise<EngineHost> {
  const owned = await takeLocks(config, async () => {
    await assertPortsFree(config);
    return reachBroker(config);
  });
  try {
    return await RunningEngine.start(new StartingCore(thread), config, log, owned);
  } catch (error) {
    owned.locks.release();
    throw error;
  }
}

interface Threads {
  readonly core: Worker;
  readonly journal: JournalThread;
  readonly io: Worker;
  readonly others: readonly Worker[];
}

interface Owned extends BrokerAccess {
  readonly locks: Locks;
}

function detailOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** So long something is waited for. It keeps no process alive: the threads that are waited for do. */
function atMost(millis: number): Promise<undefined> {
  return sleep(millis, undefined, { ref: false });
}

/** Whether it was done within so long. */
export function within(millis: number, doing: Promise<unknown>): Promise<boolean> {
  return Promise.race([doing.then(() => true), atMost(millis).then(() => false)]);
}

class RunningEngine implements EngineHost {
  readonly api: EngineApiClient;
  readonly counters: Counters;
  readonly identity: EngineIdentity;
  readonly socketPath: string;
  readonly simulated: boolean;
  readonly failed: Promise<never>;
  readonly #config: Config;
  readonly #threads: Threads;
  readonly #locks: Locks;
  readonly #channels: readonly AlertChannel[];
  readonly #alerts: AlertDelivery;
  readonly #ownAlerts: HostAlerts;
  readonly #scenarios: RiskScenarios;
  readonly #stories: AuditStories;
  readonly #ready = Promise.withResolvers<void>();
  readonly #failure = Promise.withResolvers<never>();
  readonly #stopped = Promise.withResolvers<readonly string[]>();
  readonly #audit: AuditWatch;
  readonly #kill: KillSwitch;
  #watch: NodeJS.Timeout | undefined;
  readonly #coreWatch: CoreWatch;
  readonly #clockWatch: ClockWatch;
  #stopping = false;

  static async start(
    core: StartingCore,
    config: Config,
    log: Log,
    owned: Owned,
  ): Promise<RunningEngine> {
    const simulated = isSimulated(config);
    const { home } = config;
    const [reading, buffers] = [readForStart(home, core), createBuffers()];
    const { checked, read } = await reading;
    const { lastRun, alerts } = read;
    assertSameAccount(lastRun.lastStart, config, owned.accountId);
    const tape = tapeOf(config, log);
    const played = tape === undefined ? undefined : playedIn(tape);
    const time = simulated ? simulatedTimeOf(config, lastRun, played) : undefined;
    const clock = time === undefined ? systemClock : simulatedClock(time);
    const sim = time === undefined ? undefined : await startSim(config, time, tape);
    const [journalEnds, ioEnds] = [newChannel(), newChannel()];
    const session = newYorkDate(clock.now().market);
    const recording = { ring: buffers.recorder, session };
    const kept = { home, checked, counters: buffers.counters };
    const journal = await startJournal(kept, journalEnds.port1, recording, (reason) =>
      log(`this session is not replayable from here: ${reason}`),
    );
    for (const notice of journal.notices) log(`journal: ${notice.text}`);
    const latch = readKillLatch(home);
    if (latch !== undefined) new Counters(buffers.counters).raiseKillWord();
    const io = startIo(config, {
      source: sim?.source ?? outsideSource(config),
      port: ioEnds.port1,
      accountId: owned.accountId,
      pace: owned.wire?.pace,
    });
    core.start(config, {
      accountId: owned.accountId,
      journal: checked,
      wire: owned.wire,
      time,
      latchedReason: latch?.reason,
      buffers,
      journalPort: journalEnds.port2,
      ioPort: ioEnds.port2,
    });
    const others = sim === undefined ? [io] : [io, sim.worker];
    const threads = { core: core.worker, journal, io, others };
    const parts = { config, log, owned, clock, simulated, buffers, threads, alerts };
    const engine = new RunningEngine(parts);
    try {
      await engine.#becomeReady();
    } catch (error) {
      await engine.tellFailure(error);
      throw error;
    }
    void engine.#ownAlerts.endLeft();
    return engine;
  }

  private constructor(parts: {
    readonly config: Config;
    readonly log: Log;
    readonly owned: Owned;
    readonly clock: Clock;
    readonly simulated: boolean;
    readonly buffers: SharedBuffers;
    readonly threads: Threads;
    readonly alerts: readonly AuditRecord[];
  }) {
    const { config, log, owned, clock, simulated, buffers, threads } = parts;
    this.#config = config;
    this.#threads = threads;
    this.#locks = owned.locks;
    this.failed = this.#failure.promise;
    this.failed.catch(() => undefined);
    this.simulated = simulated;
    this.socketPath = socketPath(config.home);
    this.counters = new Counters(buffers.counters);
    this.#coreWatch = new CoreWatch(this.counters);
    this.#kill = new KillSwitch(config.home, this.counters);
    this.identity = {
      build: thisBuild(),
      apiVersion: ENGINE_API_VERSION,
      broker: config.DELTARING_BROKER,
      environment: config.DELTARING_ENV,
      accountId: owned.accountId,
      underlying: config.DELTARING_UNDERLYING,
    };
    this.#scenarios = new RiskScenarios(buffers.chain);
    this.#stories = new AuditStories(config.home);
    this.#audit = new AuditWatch(this.counters, {
      log,
      onBehind: (behind, detail) => this.#tellCore({ kind: 'auditBehind', behind, detail }),
    });
    this.#channels = alertChannels(config, owned.accountId);
    this.#alerts = new AlertDelivery({
      channels: this.#channels,
      log,
      onDelivery: (delivery) => this.#onDelivery(delivery),
      now: () => wallMicros() / 1_000,
    });
    this.#ownAlerts = new HostAlerts(this.#alerts, config.home);
    this.#clockWatch = new ClockWatch(this.#ownAlerts);
    this.api = new EngineApiClient({
      identity: this.identity,
      clock,
      simulated,
      counters: this.counters,
      buffers,
      send: (message) => this.#tellCore(message),
      sendToReader: (message) => threads.io.postMessage(message),
      latchKill: (reason, principal) => this.#kill.engage(reason, principal),
      clearKill: () => this.#kill.clear(),
      metrics: async () => {
        const { exposition } = await import('../web/prometheus.ts');
        return exposition(this.counters, this.#audit.state().sealed);
      },
      riskMetrics: (pnl, slice) => this.#scenarios.run(pnl, slice),
      auditState: () => this.#audit.state(),
      auditStory: (id) => this.#stories.of(id),
      undeliveredAlerts: () => this.#alerts.undelivered(),
    });
    this.#resendLost(parts.alerts);
    this.#listen();
  }

  #listen(): void {
    const { core, others, journal, io } = this.#threads;
    io.on('message', (message: FromReader) => this.api.onReading(message));
    core.on('message', (message: FromCore) => this.#onCore(message));
    for (const worker of [core, ...others]) {
      worker.on('error', (error: unknown) => this.#die(`a thread died: ${detailOf(error)}`));
      worker.on('exit', () => this.#die('a thread of the engine has ended'));
    }
    journal.closed.catch((error: unknown) => this.#die(String(error)));
  }

  async #becomeReady(): Promise<void> {
    // The audit thread finds its place in the journal while the core folds it.
    const sealing = this.#audit.start(this.#config);
    sealing.catch(() => undefined);
    const timer = setTimeout(
      () => this.#die('the core thread did not become ready in time'),
      READY_TIMEOUT_MILLIS,
    );
    try {
      await Promise.race([this.#ready.promise, this.failed]);
    } finally {
      clearTimeout(timer);
    }
    // The core trades from here on, however long the bucket takes to answer.
    this.#look();
    this.#watch = setInterval(() => this.#look(), WATCH_EVERY_MILLIS);
    this.#watch.unref();
    await Promise.race([sealing, this.failed]);
  }

  #onCore(message: FromCore): void {
    this.api.onMessage(message);
    if (message.kind === 'ready') {
      if (message.killed) this.counters.raiseKillWord();
      this.#ready.resolve();
    } else if (message.kind === 'alert') void this.#alerts.raise(message);
    else if (message.kind === 'stopped') this.#stopped.resolve(message.unprotected);
    else if (message.kind === 'fatal') this.#die(`the core halted: ${message.message}`);
  }

  /** What a crash or a dead service kept from being delivered is sent now, before the core is heard: it
   * ends what it finds open, and an end that goes first would be followed by its beginning. */
  #resendLost(records: readonly AuditRecord[]): void {
    for (const { alert, channels } of lostAlerts(records, this.#channels, wallMicros())) {
      void this.#alerts.resend(alert, channels);
    }
  }

  #tellCore(message: ToCore): void {
    this.#threads.core.postMessage(message);
  }

  #onDelivery(delivery: Delivery) {
    if (delivery.channel !== 'log') {
      this.counters.add(delivery.ok ? 'pages_sent' : 'pages_failed');
    }
    const { count: undelivered } = this.#alerts.undelivered();
    this.#tellCore({ kind: 'alertDelivered', ...delivery, undelivered });
  }

  /** A core that misses its heartbeats pages; health answers 503 by itself. */
  #look(): void {
    const latch = this.#kill.latchedBeside();
    if (latch !== undefined) {
      void this.api.kill(latch.reason, { principal: 'latch', authority: 'observe' });
    }
    this.#audit.look(this.api.auditHead().seq);
    if (this.#coreWatch.look()) void this.#ownAlerts.tellSilence(this.#coreWatch.isSilent);
    this.#clockWatch.look();
    this.counters.set('alerts_undelivered', this.#alerts.undelivered().count);
  }

  #die(message: string): void {
    if (this.#stopping) return;
    this.#failure.reject(new DeltaringError('INTERNAL', message));
  }

  async tellFailure(error: unknown): Promise<void> {
    this.counters.raiseKillWord();
    const [why] = (error instanceof Error ? error.message : String(error)).split('\n');
    const text = `the engine has failed and ends: nothing watches its positions until it is started again (${why})`;
    void this.#ownAlerts.open('ENGINE_FAILED', text);
    await this.#alerts.close(ALERTS_TIMEOUT_MILLIS);
  }

  /** What the core leaves unprotected; undefined where it hangs or comes to no end. */
  async #coreStopped(): Promise<readonly string[] | undefined> {
    const until = performance.now() + STOP_TIMEOUT_MILLIS;
    while (performance.now() < until && !this.#coreWatch.isLost) {
      const left = await Promise.race([this.#stopped.promise, atMost(WATCH_EVERY_MILLIS)]);
      if (left !== undefined) return left;
    }
    return undefined;
  }

  #leaveUnknown(): readonly string[] {
    const text =
      'the core does not answer: what is open is at the broker without this engine; look there';
    void this.#ownAlerts.open('UNPROTECTED_AT_STOP', text);
    return ['unknown: the core did not answer'];
  }

  async stop(policy: 'flatten' | 'leave'): Promise<readonly string[]> {
    const caller = { principal: 'operator', authority: 'console' } as const;
    void this.api.shutdown(policy, caller);
    const left = (await this.#coreStopped()) ?? this.#leaveUnknown();
    this.#stopping = true;
    clearInterval(this.#watch);
    await this.#alerts.close(ALERTS_TIMEOUT_MILLIS);
    this.#tellCore({ kind: 'closeJournal' });
    const { journal } = this.#threads;
    await Promise.race([journal.closed.catch(() => undefined), atMost(JOURNAL_CLOSE_MILLIS)]);
    this.api.close();
    await within(AUDIT_CLOSE_MILLIS, this.#audit.close());
    return left;
  }

  async endThreads(): Promise<boolean> {
    this.#stopping = true;
    const { journal, core, others } = this.#threads;
    const workers = [journal, this.#audit, core, ...others].map((each) => each.terminate());
    const ends = [...workers, this.#scenarios.close(), this.#stories.close(), this.#kill.settled];
    const isEnded = await within(THREAD_END_MILLIS, Promise.all(ends));
    // What a hanging thread still holds must not be taken by another engine before it is gone.
    if (isEnded) this.#locks.release();
    return isEnded;
  }
}
