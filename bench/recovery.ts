/**
 * How long does a restart take over the records of many sessions, from the opening of the journal to a
 * desk that answers?
 *
 *     main thread   files ─► frames: checksum, number, previous hash, SHA-256, the sealed log's root
 *                              │  as far as they are checked
 *     core thread              ▼  JSON, known kind, one fold               ─► books of broker and desk
 *
 * Floor: the same files read, their bytes hashed in one go and their payloads parsed, with nothing
 * checked, nothing kept in order and no thread started.
 */
import { createHash } from 'node:crypto';
import { on } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureAuditKey } from '../src/audit/audit-key.ts';
import { openJournal, readForStart } from '../src/audit/journal-open.ts';
import { machineTimes } from '../src/audit/machine-times-shell.ts';
import { JournalSealer } from '../src/audit/sealer.ts';
import { startCoreThread } from '../src/command/core-thread.ts';
import { createBuffers, newChannel, StartingCore } from '../src/command/engine-threads.ts';
import { simulatedTimeOf } from '../src/command/session-time.ts';
import { readConfig } from '../src/config.ts';
import { Desk } from '../src/desk/desk.ts';
import type { DeskConfig } from '../src/desk/desk-config.ts';
import { gatewayOf } from '../src/desk/gateway-of.ts';
import { ownChain } from '../src/desk/own-chain.ts';
import { runSession } from '../src/desk/simulation/simulated-session.ts';
import { BookReading } from '../src/desk/threads/book-reading.ts';
import type { FromCore } from '../src/desk/threads/core-protocol.ts';
import type { AuditRecord } from '../src/engine/domain/audit-record.ts';
import { wallMicros } from '../src/engine/domain/clock.ts';
import {
  nextSessionDate,
  sessionKind,
  sessionTimes,
} from '../src/engine/domain/session-calendar.ts';
import { epochMicros, type SessionDate, sessionDate } from '../src/engine/domain/units.ts';
import { limitsFrom } from '../src/risk/limits.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import type { Measure } from './support/paired.ts';
import { oneByOne, paired, rowOf } from './support/paired.ts';
import { nanosNow } from './support/samples.ts';

const NAME = 'recovery';
const RECORDS = 100_000;
const SESSIONS = 12;
const TIMES = 2;
const LOOK_MILLIS = 1;
const ACCOUNT = 'BENCH-1';
/** The day that is simulated, as dates, ids and symbols of options write it, and in microseconds. */
const SIMULATED = sessionDate('2026-11-20');
const DATE = /(?<!\d)(?:20)?26-?11-?20(?=\b|[CPT]\d)/g;
const MICROS = /\b1795\d{12}\b/g;
/** Records of an engine that runs have the machine's own clock too. */
const WALL = /,"wall":\d{16}\}/g;
const FIRST_DAY = sessionDate('2025-01-02');
const TOKEN_START = /(?<="tokenSha256":")[0-9a-f]{6}/g;
const TAG_CHARACTERS = 6;
const CONFIG: DeskConfig = {
  build: 'bench',
  configFingerprint: 'bench',
  environment: 'paper',
  underlying: 'SPY',
  limits: limitsFrom({}),
  flatBy: {},
};

/** What a session recorded, as the `turn`-th of its like would have on another day. */
function onDay(records: readonly AuditRecord[], date: SessionDate, turn: number) {
  const later = openingOf(date) - openingOf(SIMULATED);
  const [year = '', month = '', day = ''] = date.split('-');
  const dateLike = (text: string): string => {
    const dash = text.includes('-') ? '-' : '';
    const years = text.startsWith('2026') ? year : year.slice(2);
    return [years, month, day].join(dash);
  };
  const text = JSON.stringify(records)
    .replace(DATE, dateLike)
    .replace(MICROS, (micros) => String(Number(micros) + later))
    .replace(WALL, ',"mono":123456789012$&')
    .replace(TOKEN_START, turn.toString(16).padStart(TAG_CHARACTERS, '0'));
  const moved: readonly AuditRecord[] = JSON.parse(text);
  return moved;
}

function openingOf(date: SessionDate): number {
  return sessionTimes(date)?.open ?? 0;
}

function nextFullDay(date: SessionDate): SessionDate {
  const next = nextSessionDate(date);
  return sessionKind(next) === 'full' ? next : nextFullDay(next);
}

/** A journal of so many records as so many sessions make them, over and over, each on a day of its own.
 * Returns their texts alone: the heap of a start does not hold the records either. */
function write(home: string, count: number, sessions: number): readonly string[] {
  const made = Array.from({ length: sessions }, (_, seed) =>
    runSession({ seed: seed + 1, date: SIMULATED }).runs.flatMap((run) => run.records),
  );
  const texts: string[] = [];
  const { writer } = openJournal({ home });
  let date = FIRST_DAY;
  for (let turn = 0; texts.length < count; turn += 1) {
    const first = texts.length + 1;
    const batch = onDay(made[turn % sessions] ?? [], date, turn)
      .slice(0, count - texts.length)
      .map((record, i) => ({ ...record, seq: first + i }));
    check(writer.commit(batch).kind === 'durable', 'the journal takes all');
    for (const record of batch) texts.push(JSON.stringify(record));
    date = nextFullDay(date);
  }
  writer.close();
  new JournalSealer({ home, key: ensureAuditKey(home), build: NAME, now: machineTimes }).stop();
  return texts;
}

/** A core's thread with its program loaded: as in a start, where that goes on beside the main thread's
 * own loading. */
async function loadedCore(): Promise<StartingCore> {
  const thread = startCoreThread();
  thread.ref();
  while (thread.performance.eventLoopUtilization().idle === 0) await sleep(LOOK_MILLIS);
  return new StartingCore(thread);
}

/** The engine's own start, up to a core that is ready; nothing is written. */
async function restart(core: StartingCore, home: string, count: number): Promise<void> {
  const reading = readForStart(home, core);
  const buffers = createBuffers();
  const { checked, read } = await reading;
  check(checked.lastSeq === count, 'every record is checked');
  check(read.lastRun.lastSeq === count, 'every record is folded');
  const config = readConfig({ DELTARING_HOME: home });
  const messages = on(core.worker, 'message');
  core.start(config, {
    accountId: ACCOUNT,
    journal: checked,
    wire: undefined,
    time: simulatedTimeOf(config, read.lastRun),
    latchedReason: undefined,
    buffers,
    journalPort: newChannel().port2,
    ioPort: newChannel().port2,
  });
  for await (const [message] of messages) {
    const told: FromCore = message;
    if (told.kind !== 'ready') continue;
    check(told.recoveredRecords === count, 'the core has them all');
    break;
  }
}

/** Beginning and end of each core's thread are not in the time. */
function restarts(home: string, count: number, times: number): Measure {
  return async (samples) => {
    for (let i = 0; i < times; i += 1) {
      const core = await loadedCore();
      const startedAt = nanosNow();
      await restart(core, home, count);
      samples.record(nanosNow() - startedAt);
      await core.worker.terminate();
    }
  };
}

/** The same desk in this thread: every order of the journal's last day must be in its book. */
async function checkBook(home: string, payloads: readonly string[]): Promise<void> {
  const reading = new BookReading(wallMicros());
  const { read } = await readForStart(home, reading);
  const { past } = reading;
  const now = epochMicros(read.lastRun.lastMarket ?? 0);
  const start = {
    config: CONFIG,
    accountId: ACCOUNT,
    paperSeed: 1,
    at: { market: now, wall: now },
  };
  const parts = { ...start, past };
  const { orders } = new Desk({ ...parts, ...ownChain(), gateway: gatewayOf(parts) }).context;
  for (const payload of payloads) {
    const { body, session }: AuditRecord = JSON.parse(payload);
    if (body.kind !== 'intentRecorded' || session !== read.lastRun.lastSession) continue;
    check(orders.get(body.intent.intentId) !== undefined, 'every order of its day is in the book');
  }
}

function readOnly(folder: string, payloads: readonly string[]): void {
  for (const name of readdirSync(folder)) {
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest();
  }
  let kinds = 0;
  for (const payload of payloads) kinds += Object.keys(Object(JSON.parse(payload))).length;
  check(kinds > 0, 'the payloads are parsed');
}

async function run(context: BenchContext): Promise<BenchReport> {
  const count = context.count(RECORDS);
  const times = context.count(TIMES);
  const home = mkdtempSync(join(tmpdir(), 'deltaring-bench-'));
  try {
    const payloads = write(home, count, context.quick ? 1 : SESSIONS);
    await checkBook(home, payloads);
    const result = await paired(context, {
      ours: restarts(home, count, times),
      floor: oneByOne(() => readOnly(join(home, 'journal'), payloads), times),
    });
    const metric = `restart over ${count} records, from the opening of the journal to a core that is ready`;
    const bytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
    return {
      rows: [rowOf({ bench: NAME, metric, unit: 'ms', floor: 'read, hash, parse' }, result)],
      checks: [
        'the last record of the journal was the last one checked and folded, every time',
        'the core had recovered all of them when it was ready, every time',
        'every order of its last day is in the book of such a desk',
      ],
      notes: [
        `${Math.round(bytes / count)} bytes a record on average, as simulated sessions record.`,
        "The core's program is loaded before: a start has it load beside the main thread's own.",
      ],
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: NAME,
  question: 'How long does a restart take until the desk stands on what the journal holds?',
  run,
};
