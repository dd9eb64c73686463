/**
 * How long does a restart take to read, check and fold the records of many sessions?
 *
 *     files ─► frames: checksum, number, previous hash, SHA-256, JSON, known kind ─► folded once
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
import { summarizeJournal } from '../src/desk/journal-summary.ts';
import { runSession } from '../src/desk/simulation/simulated-session.ts';
import type { AuditRecord } from '../src/engine/domain/audit-record.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import { oneByOne, paired, rowOf } from './support/paired.ts';

const NAME = 'recovery';
const RECORDS = 100_000;
const SESSIONS = 12;
const BATCH = 2_000;
const TIMES = 2;

/** Records as so many sessions make them, over and over. */
function records(count: number, sessions: number): readonly AuditRecord[] {
  const made = Array.from({ length: sessions }, (_, seed) => runSession({ seed: seed + 1 }))
    .flatMap(({ runs }) => runs)
    .flatMap((run) => run.records);
  return Array.from({ length: count }, (_, i) => {
    const record = made[i % made.length];
    if (record === undefined) throw new Error('the sessions recorded something');
    return { ...record, seq: i + 1 };
  });
}

function write(home: string, all: readonly AuditRecord[]): void {
  const { writer } = openJournal({ home });
  for (let at = 0; at < all.length; at += BATCH) {
    check(writer.commit(all.slice(at, at + BATCH)).kind === 'durable', 'the journal takes all');
  }
  writer.close();
}

/** What the first thread of a start does. */
function recover(home: string, count: number): void {
  const { checked, summary } = readBook(home);
  check(checked.lastSeq === count, 'every record is read');
  check(summary.lastSeq === count, 'every record is folded');
}

/** What the core does with what another thread of the same start has checked. */
function takeOver(checked: CheckedJournal, count: number): void {
  check(summarizeJournal(recordsOf(checked)).lastSeq === count, 'every record is folded');
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
    const all = records(count, context.quick ? 1 : SESSIONS);
    write(home, all);
    const payloads = all.map((record) => JSON.stringify(record));
    const result = await paired(context, {
      ours: oneByOne(() => recover(home, count), TIMES),
      floor: oneByOne(() => readOnly(join(home, 'journal'), payloads), TIMES),
    });
    const { checked } = readBook(home);
    const second = await paired(context, {
      ours: oneByOne(() => takeOver(checked, count), TIMES),
      floor: oneByOne(() => readOnly(join(home, 'journal'), payloads), TIMES),
    });
    const metric = `${count} records read, checked and folded`;
    const again = `${count} checked records taken over by the core and folded`;
    const floor = 'read, hash, parse';
    const bytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
    return {
      rows: [
        rowOf({ bench: NAME, metric, unit: 'ms', floor }, result),
        rowOf({ bench: NAME, metric: again, unit: 'ms', floor }, second),
      ],
      checks: ['the last record of the journal was the last one folded, every time'],
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
