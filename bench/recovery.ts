/**
 * How long does a restart take to read, check and fold the records of many sessions?
 *
 *     main thread   files ─► frames: checksum, number, previous hash, SHA-256, JSON, known kind
 *                         ─► how it ends; the bytes go on
 *     core thread   bytes ─► JSON ─► the broker's books ─► the desk: orders, positions, tokens, latches
 *
 * Floor: the same files read, their bytes hashed in one go and their payloads parsed, with nothing
 * checked and nothing kept in order.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckedJournal } from '../src/audit/checked-journal.ts';
import { recordsOf } from '../src/audit/checked-journal.ts';
import { openJournal } from '../src/audit/journal-open.ts';
import { readBook } from '../src/command/book-reading.ts';
import { Desk } from '../src/desk/desk.ts';
import type { DeskConfig } from '../src/desk/desk-config.ts';
import { gatewayOf } from '../src/desk/gateway-of.ts';
import { ownChain } from '../src/desk/own-chain.ts';
import { runSession } from '../src/desk/simulation/simulated-session.ts';
import type { AuditRecord } from '../src/engine/domain/audit-record.ts';
import { wallMicros } from '../src/engine/domain/clock.ts';
import { limitsFrom } from '../src/risk/limits.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import { oneByOne, paired, rowOf } from './support/paired.ts';

const NAME = 'recovery';
const RECORDS = 100_000;
const SESSIONS = 12;
const TIMES = 2;
/** Between the day and the number of an order, a position or a preview. */
const ORDER_NUMBER = /(?<=\d{8}-)(?=\d{6}\b)/g;
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

/** What a session recorded as the `turn`-th of its like: orders and tokens are its own. */
function inTurn(records: readonly AuditRecord[], turn: number): readonly AuditRecord[] {
  const text = JSON.stringify(records)
    .replace(ORDER_NUMBER, String(turn).padStart(TAG_CHARACTERS, '0'))
    .replace(TOKEN_START, turn.toString(16).padStart(TAG_CHARACTERS, '0'));
  return JSON.parse(text);
}

/** A journal of so many records as so many sessions make them, over and over. Returns their texts alone:
 * the heap of a start does not hold the records either. */
function write(home: string, count: number, sessions: number): readonly string[] {
  const made = Array.from({ length: sessions }, (_, seed) =>
    runSession({ seed: seed + 1 }).runs.flatMap((run) => run.records),
  );
  const texts: string[] = [];
  const { writer } = openJournal({ home });
  for (let turn = 0; texts.length < count; turn += 1) {
    const first = texts.length + 1;
    const batch = inTurn(made[turn % sessions] ?? [], turn)
      .slice(0, count - texts.length)
      .map((record, i) => ({ ...record, seq: first + i }));
    check(writer.commit(batch).kind === 'durable', 'the journal takes all');
    for (const record of batch) texts.push(JSON.stringify(record));
  }
  writer.close();
  return texts;
}

/** What the first thread of a start does. */
function recover(home: string, count: number): void {
  const { checked, lastRun } = readBook(home, wallMicros());
  check(checked.lastSeq === count, 'every record is read');
  check(lastRun.lastSeq === count, 'every record is folded');
}

/** What the core does with what another thread of the same start has checked. */
function takeOver(checked: CheckedJournal): void {
  const records = recordsOf(checked);
  const at = records.at(-1)?.at;
  if (at === undefined) throw new Error('the journal holds records');
  const start = { config: CONFIG, accountId: 'BENCH-1', paperSeed: 1, at, records };
  const { orders } = new Desk({ ...start, ...ownChain(), gateway: gatewayOf(start) }).context;
  const isThere = ({ body }: AuditRecord): boolean =>
    body.kind !== 'intentRecorded' || orders.get(body.intent.intentId) !== undefined;
  check(records.every(isThere), 'every order is in the book');
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
  const home = mkdtempSync(join(tmpdir(), 'deltaring-bench-'));
  try {
    const payloads = write(home, count, context.quick ? 1 : SESSIONS);
    const result = await paired(context, {
      ours: oneByOne(() => recover(home, count), TIMES),
      floor: oneByOne(() => readOnly(join(home, 'journal'), payloads), TIMES),
    });
    const { checked } = readBook(home, wallMicros());
    const second = await paired(context, {
      ours: oneByOne(() => takeOver(checked), TIMES),
      floor: oneByOne(() => readOnly(join(home, 'journal'), payloads), TIMES),
    });
    const metric = `${count} records read, checked and folded`;
    const again = `${count} checked records taken over by the core and folded into its desk`;
    const floor = 'read, hash, parse';
    const bytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
    return {
      rows: [
        rowOf({ bench: NAME, metric, unit: 'ms', floor }, result),
        rowOf({ bench: NAME, metric: again, unit: 'ms', floor }, second),
      ],
      checks: [
        'the last record of the journal was the last one read and folded, every time',
        'every order of it was in the book of the desk, every time',
      ],
      notes: [
        `${Math.round(bytes / count)} bytes a record on average, as simulated sessions record.`,
      ],
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: NAME,
  question: 'How long does a restart take to read, check and fold what the journal holds?',
  run,
};
