/**
 * What do sealing and verifying cost a record, beside the SHA-256 that no audit log can do without?
 *
 *     journal record ─► frame: canonical JSON, CRC-32C, hash chain        (append)
 *                    ─► leaf hash, Merkle tree, tiles, signed checkpoint  (seal, a bundle at a time)
 *     a whole home   ─► both read back, every hash and signature checked  (verify)
 *
 * Floor: one SHA-256 over each record's bytes, by Node's fastest call.
 */
import { hash } from 'node:crypto';
import { ensureAuditKey } from '../src/audit/audit-key.ts';
import { encodeRecord, genesisHash, JOURNAL_ID_BYTES } from '../src/audit/journal-format.ts';
import { openJournal } from '../src/audit/journal-open.ts';
import { journalPaths } from '../src/audit/journal-paths.ts';
import { TILE_WIDTH } from '../src/audit/log-layout.ts';
import { SealedLog } from '../src/audit/sealed-log.ts';
import { JournalSealer } from '../src/audit/sealer.ts';
import { verifyJournal } from '../src/audit/verify.ts';
import type { AuditRecord } from '../src/engine/domain/audit-record.ts';
import { epochMicros, sessionDate } from '../src/engine/domain/units.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import { memoryDisk } from './support/memory-disk.ts';
import { oneByOne, paired, rowOf } from './support/paired.ts';

const NAME = 'audit-log';
const HOME = '/home';
const START_MICROS = 1_795_188_600_000_000;
/** Records in the home that is verified. */
const VERIFIED = 2_048;

/** Alerts of the length that a record has on average. */
function records(count: number): AuditRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const at = epochMicros(START_MICROS + index);
    const text = `order ${index} moved ${'from here to there '.repeat(10)}`;
    return {
      version: 2,
      seq: index + 1,
      session: sessionDate('2026-11-20'),
      at: { market: at, wall: at, mono: index },
      body: { kind: 'alert', severity: 'info', code: 'BENCH', text },
    };
  });
}

function framesOf(list: readonly AuditRecord[]): Buffer[] {
  let prevHash = genesisHash(Buffer.alloc(JOURNAL_ID_BYTES));
  return list.map((record) => {
    const encoded = encodeRecord(record, prevHash);
    prevHash = encoded.hash;
    return encoded.frame;
  });
}

function floorOver(frames: readonly Buffer[]): () => void {
  return () => {
    for (const frame of frames) hash('sha256', frame, 'hex');
  };
}

const now = (): { systemMicros: number; monotonicMicros: number } => ({
  systemMicros: START_MICROS,
  monotonicMicros: 0,
});

/** A bundle of records sealed again and again into one growing log in memory. */
function sealing(frames: readonly Buffer[]): { seal(): void; size(): number } {
  const disk = memoryDisk();
  const key = ensureAuditKey(HOME, disk);
  const folder = journalPaths(HOME).log;
  const journalId = Buffer.alloc(JOURNAL_ID_BYTES);
  const log = new SealedLog({ disk, folder, journalId, key, build: 'bench', now });
  let seq = 0;
  return {
    seal() {
      for (const frame of frames) log.append(frame, ++seq);
      log.checkpoint('records');
    },
    size: () => log.head?.size ?? 0,
  };
}

/** A whole home in memory, journalled and sealed. */
function sealedHome(list: readonly AuditRecord[]) {
  const disk = memoryDisk();
  const { writer } = openJournal({ home: HOME, disk });
  writer.commit(list);
  writer.close();
  const key = ensureAuditKey(HOME, disk);
  new JournalSealer({ home: HOME, disk, key, build: 'bench', now });
  return { disk, trusted: [key.publicKey] };
}

async function run(context: BenchContext): Promise<BenchReport> {
  const list = records(VERIFIED);
  const frames = framesOf(list);
  const some = list.slice(0, TILE_WIDTH);
  const someFrames = frames.slice(0, TILE_WIDTH);
  const log = sealing(someFrames);
  const { disk, trusted } = sealedHome(list);
  const verified = { home: 0, log: 0 };
  const times = context.count(40);
  const floor = { floor: oneByOne(floorOver(someFrames), times) };
  const append = await paired(context, {
    ours: oneByOne(() => void framesOf(some), times),
    ...floor,
  });
  const seal = await paired(context, { ours: oneByOne(() => log.seal(), times), ...floor });
  const few = context.count(10);
  const all = { floor: oneByOne(floorOver(frames), few) };
  const home = await paired(context, {
    ours: oneByOne(() => {
      const report = verifyJournal(HOME, disk);
      check(report.exitCode === 0, 'the home is clean');
      verified.home = report.records;
    }, few),
    ...all,
  });
  const alone = await paired(context, {
    ours: oneByOne(() => {
      const report = verifyJournal(journalPaths(HOME).log, disk, { trusted });
      check(report.exitCode === 0, 'the log alone is clean');
      verified.log = report.records;
    }, few),
    ...all,
  });
  check(verified.home === VERIFIED && verified.log === VERIFIED, 'every record was verified');
  check(log.size() % TILE_WIDTH === 0 && log.size() > 0, 'every record was sealed');
  const names = { bench: NAME, unit: 'us', floor: 'SHA-256 of each record' } as const;
  const bytes = Math.round((someFrames[0]?.length ?? 0) / 10) * 10;
  return {
    rows: [
      rowOf({ ...names, metric: `${TILE_WIDTH} records framed (${bytes} bytes each)` }, append),
      rowOf({ ...names, metric: `${TILE_WIDTH} records sealed under a checkpoint` }, seal),
      rowOf({ ...names, metric: `${VERIFIED} records verified, journal and log` }, home),
      rowOf({ ...names, metric: `${VERIFIED} records verified, log alone` }, alone),
    ],
    checks: [
      `${log.size()} records sealed, the tree's size says so`,
      `${VERIFIED} records verified clean each time`,
    ],
    notes: [
      'Everything is in memory: what the disk adds stands in the bench of the journal.',
      'Records a second: records of the row, divided by its microseconds, times a million.',
    ],
  };
}

export const bench: Bench = {
  name: NAME,
  question: 'What do sealing and verifying cost a record, beside the SHA-256 it cannot do without?',
  run,
};
