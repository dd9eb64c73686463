/** Starts the threads of an engine, one by one. Main thread. */
import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { CheckedJournal } from '../audit/checked-journal.ts';
import { type JournalThread, startJournalThread } from '../audit/journal-thread.ts';
import { machineTimes } from '../audit/machine-times-shell.ts';
import type { FrameRun, RecordReader } from '../audit/record-reading.ts';
import { createByteRing } from '../audit/spsc-byte-ring.ts';
import type { Config } from '../config.ts';
import { isSimulated } from '../config.ts';
import type { AuditStart, DeskConfig } from '../desk/desk-config.ts';
import type { ExitSettings } from '../desk/exits/exit-settings.ts';
import type { Book } from '../desk/threads/book-reading.ts';
import type { ToStartingCore } from '../desk/threads/core-starting.ts';
import type { CoreStart } from '../desk/threads/core-thread-shell.ts';
import type { IoSource, IoStart, ReaderStart } from '../desk/threads/io-worker-shell.ts';
import type { AccountPace } from '../desk/threads/request-turns-shell.ts';
import { createChainBuffer } from '../engine/chain/chain-layout.ts';
import { assert } from '../engine/domain/assert.ts';
import { suffices } from '../engine/domain/client-rights.ts';
import { type SimulatedTime, wallMicros } from '../engine/domain/clock.ts';
import { DeltaringError, type ErrorCode } from '../engine/domain/errors.ts';
import { underlyingOf } from '../engine/domain/underlying.ts';
import type { SessionDate } from '../engine/domain/units.ts';
import { createRingBuffer } from '../engine/ring/ring-layout.ts';
import { createCountersBuffer } from '../ops/counters.ts';
import { limitsOfSettings } from '../risk/limit-settings.ts';
import type { MarketTape } from '../sim/replay/market-tape.ts';
import { tapeBuffers } from '../sim/replay/market-tape.ts';
import type { SimNotice, SimOptions } from '../sim/sim-options.ts';
import { channelNames } from './alert-channels.ts';
import { alpacaReading } from './alpaca-access.ts';
import { auditStart } from './audit-start.ts';
import { thisBuild, VERSION } from './build-info.ts';
import { readExDividends } from './ex-dividends.ts';
import { readPlan } from './plan-file.ts';
import { tastytradeGrant } from './tastytrade-access.ts';

const RECORDER_BYTES = 1 << 24;
/** A core that was handed a megabyte of records and is not through with it by then may be gone. */
const STUCK_MILLIS = 5_000;
/** Period over which the feed conflates, seconds. */
const AGGREGATION_SECONDS = 0.1;

/** Memory that the threads share. */
export type SharedBuffers = CoreStart['buffers'];

/** Allocates the shared memory of one engine. That takes a while: best while the core reads its records. */
export function createBuffers(): SharedBuffers {
  return {
    chain: createChainBuffer(),
    ring: createRingBuffer(),
    counters: createCountersBuffer(),
    recorder: createByteRing(RECORDER_BYTES),
  };
}

function exitSettings(config: Config): ExitSettings {
  return {
    policy: config.EXIT_POLICY,
    condorStop: config.CONDOR_STOP,
    profitTargetPercent: config.PROFIT_TARGET,
    confirmation: config.STOP_CONFIRMATION,
    entryLadder: config.ENTRY_LADDER,
    exitLadder: config.EXIT_LADDER,
    nickelBuyBack: config.NICKEL_BUYBACK,
    paperNativeStops: config.PAPER_NATIVE_STOPS,
    tastytradeNativeStops: config.TASTYTRADE_NATIVE_STOPS,
    exDividendDates: readExDividends(
      underlyingOf(config.DELTARING_UNDERLYING),
      config.EX_DIVIDENDS,
    ),
  };
}

/** What the desk is told of the settings. */
export function deskConfig(config: Config, audit: AuditStart): DeskConfig {
  return {
    audit,
    monotonicOffsetMicros: wallMicros() - machineTimes().monotonicMicros,
    build: thisBuild(),
    configFingerprint: config.fingerprint,
    environment: config.DELTARING_ENV,
    alertChannels: channelNames(config),
    broker: config.DELTARING_BROKER,
    underlying: config.DELTARING_UNDERLYING,
    limits: limitsOfSettings(config, [underlyingOf(config.DELTARING_UNDERLYING).optionRoot]),
    limitRaises: config.LIMIT_RAISE,
    flatBy: {
      openingCutoffMinutes: config.OPENING_CUTOFF,
      flattenStartMinutes: config.FLATTEN_START,
      flattenDeadlineMinutes: config.FLATTEN_DEADLINE,
    },
    exits: exitSettings(config),
    plan: readPlan(config),
    mayOpen: !config.DELTARING_READ_ONLY && suffices(config.DELTARING_AUTHORITY.authority, 'open'),
    expireMinutes: config.AUTO_EXPIRE_TIME,
  };
}

/** Starts the simulator's thread and resolves with where it is. A tape is handed over to it. */
export function startSim(
  config: Config,
  time: SimulatedTime,
  tape?: MarketTape,
): Promise<{ readonly worker: Worker; readonly source: IoSource }> {
  const options: SimOptions = {
    seed: config.SIM_SEED,
    underlying: config.DELTARING_UNDERLYING,
    time,
    ...(config.SIM_BARS === undefined ? {} : { bars: config.SIM_BARS }),
    ...(tape === undefined ? {} : { tape }),
  };
  const worker = new Worker(new URL('../sim/sim-worker.ts', import.meta.url), {
    workerData: options,
    transferList: tape === undefined ? [] : tapeBuffers(tape),
    name: 'simulator',
  });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (notice: SimNotice) => {
      if (notice.kind === 'failed') {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the simulator's codes are ErrorCodes
        reject(new DeltaringError(notice.code as ErrorCode, notice.message));
      } else if (notice.kind === 'ready') {
        const { clientSecret, refreshToken } = notice.credentials;
        const userAgent = `deltaring/${VERSION}`;
        const { baseUrl } = notice;
        resolve({
          worker,
          source: { kind: 'rest', baseUrl, clientSecret, refreshToken, userAgent },
        });
      }
    });
  });
}

export function outsideSource(config: Config): IoSource {
  if (config.DELTARING_FEED === 'dxlink') {
    const { DXLINK_URL: dxlinkUrl = '', DXLINK_TOKEN: token = '' } = config;
    return { kind: 'fixed', dxlinkUrl, token, strikes: config.DXLINK_STRIKES ?? [0, 0] };
  }
  return { kind: 'rest', ...tastytradeGrant(config) };
}

/** Starts the journal's thread. `corePort` is its end of the channel to the core. */
export function startJournal(
  journal: {
    readonly home: string;
    readonly checked: CheckedJournal;
    readonly counters: SharedArrayBuffer;
  },
  corePort: MessagePort,
  recording: { readonly ring: SharedArrayBuffer; readonly session: SessionDate },
  onLost: (reason: string) => void,
): Promise<JournalThread> {
  const { ring, session } = recording;
  const header = { build: thisBuild(), v8: process.versions.v8, arch: process.arch, session };
  return startJournalThread({ ...journal, corePort, recording: { ring, header } }, onLost);
}

/** Where the account that is traded is read. */
function readerOf(config: Config, { source, accountId, pace }: IoParts): ReaderStart {
  const { home } = config;
  if (config.DELTARING_BROKER === 'alpaca') {
    return { broker: 'alpaca', accountId, home, account: alpacaReading(config, pace) };
  }
  if (config.DELTARING_BROKER === 'tastytrade') return { broker: 'tastytrade', accountId, home };
  const service = isSimulated(config) ? 'simulator' : 'tastytrade';
  return { broker: 'paper', marketSource: source.kind === 'rest' ? service : undefined, home };
}

/** What the I/O worker is started with besides its configuration. */
export interface IoParts {
  readonly source: IoSource;
  readonly port: MessagePort;
  readonly accountId: string;
  /** The turns of the broker's account; absent for the embedded one. */
  readonly pace?: AccountPace | undefined;
}

/** Starts the I/O worker. */
export function startIo(config: Config, parts: IoParts): Worker {
  const { source, port, pace } = parts;
  const start: IoStart = {
    source,
    underlying: config.DELTARING_UNDERLYING,
    port,
    brokerGrant: config.DELTARING_BROKER === 'tastytrade' ? tastytradeGrant(config) : undefined,
    pace,
    reader: readerOf(config, parts),
  };
  return new Worker(new URL('../desk/threads/io-worker.ts', import.meta.url), {
    workerData: start,
    transferList: [port],
    name: 'io',
  });
}

/** What the core is started with besides its configuration. */
export interface CoreParts {
  readonly accountId: string;
  readonly journal: CheckedJournal;
  readonly wire: CoreStart['wire'];
  readonly time: SimulatedTime | undefined;
  readonly latchedReason: string | undefined;
  readonly buffers: SharedBuffers;
  readonly journalPort: MessagePort;
  readonly ioPort: MessagePort;
}

/** The core thread before it runs: it reads the journal's records, and is started. */
export class StartingCore implements RecordReader<Book> {
  readonly worker: Worker;
  readonly #read = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #patienceMillis: number;
  #isStuck = false;

  /** Takes over a thread that `startCoreThread` made. */
  constructor(worker: Worker, patienceMillis = STUCK_MILLIS) {
    this.worker = worker;
    this.#patienceMillis = patienceMillis;
    worker.ref();
  }

  take(run: FrameRun): void {
    this.#tell({ kind: 'frames', run, read: this.#read.buffer });
  }

  /** Waits as long as the thread goes on reading, and never again once it did not; at first it loads its
   * program. */
  hasRead(runs: number): boolean {
    let read = Atomics.load(this.#read, 0);
    while (read < runs && !this.#isStuck) {
      this.#isStuck = Atomics.wait(this.#read, 0, read, this.#patienceMillis) === 'timed-out';
      read = Atomics.load(this.#read, 0);
    }
    return read >= runs;
  }

  /** Rejects when the thread died. */
  async finish(): Promise<Book> {
    this.#tell({ kind: 'framesEnd' });
    const [book]: Book[] = await once(this.worker, 'message');
    assert(book !== undefined, 'the core answers with what was read');
    return book;
  }

  /** Throws AUDIT_SINK_FAILED or DISK_FULL where the log's key cannot be read or made. */
  start(config: Config, parts: CoreParts): void {
    const { journalPort, ioPort } = parts;
    const start: CoreStart = {
      ...parts,
      config: deskConfig(config, auditStart(config.home)),
      paperSeed: config.SIM_SEED,
      feed: {
        aggregationSeconds: AGGREGATION_SECONDS,
        version: VERSION,
        transport: config.DELTARING_FEED_TRANSPORT,
      },
    };
    this.#tell({ kind: 'start', start }, [journalPort, ioPort]);
  }

  #tell(message: ToStartingCore, transfer: readonly MessagePort[] = []): void {
    this.worker.postMessage(message, [...transfer]);
  }
}

/** A channel whose two ends go to two threads. */
export function newChannel(): MessageChannel {
  return new MessageChannel();
}
