/**
 * How soon is an order's record sealed, and in the bucket under lock?
 *
 *     commit (durable) ─► the audit thread looks ─► tiles, checkpoint: synced ─► puts ─► stored
 *
 * The bucket is a small S3 server on loopback. Floor: one put of as many bytes to it over HTTP.
 * Promised is two seconds at the 99th percentile.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAuditSealing } from '../src/audit/audit-sealing-shell.ts';
import { openJournal } from '../src/audit/journal-open.ts';
import { verifyJournal } from '../src/audit/verify.ts';
import type { AuditRecord } from '../src/engine/domain/audit-record.ts';
import { epochMicros, sessionDate } from '../src/engine/domain/units.ts';
import { S3TestServer } from '../test/support/s3-server.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import { oneByOneAsync, paired, rowOf } from './support/paired.ts';

const NAME = 'audit-lag';
const BUCKET = 'audit';
const LOOK_EVERY_MILLIS = 1;
const START_MICROS = 1_795_188_600_000_000;
/** About what a checkpoint has. */
const FLOOR_BYTES = 512;

function urgent(seq: number): AuditRecord {
  const at = epochMicros(START_MICROS + seq);
  return {
    version: 2,
    seq,
    session: sessionDate('2026-11-20'),
    at: { market: at, wall: at, mono: seq },
    body: { kind: 'killReleased', principal: 'bench' },
  };
}

/** Resolves once a checkpoint over the record is stored. */
async function isShipped(server: S3TestServer, seq: number): Promise<void> {
  const covers = Buffer.from(`\nrecord ${seq}\n`);
  for (;;) {
    const last = server.versions(BUCKET).at(-1);
    if (last?.key.includes('checkpoints/') === true && last.body.includes(covers)) return;
    await sleep(LOOK_EVERY_MILLIS);
  }
}

async function run(context: BenchContext): Promise<BenchReport> {
  const home = mkdtempSync(join(tmpdir(), 'deltaring-bench-'));
  const server = new S3TestServer();
  const endpoint = await server.listen();
  server.createBucket(BUCKET);
  try {
    const { writer } = openJournal({ home });
    let seq = 0;
    const commit = (): void => void writer.commit([urgent(++seq)]);
    commit();
    const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
    const s3 = { bucket: BUCKET, endpoint, credentials, retentionYears: 3, prefix: 'deltaring' };
    const sealing = await startAuditSealing({ home, build: 'bench', s3 });
    const body = Buffer.alloc(FLOOR_BYTES, 'x');
    const times = context.count(30);
    const result = await paired(context, {
      ours: oneByOneAsync(async () => {
        commit();
        await isShipped(server, seq);
      }, times),
      floor: oneByOneAsync(async () => {
        await fetch(`${endpoint}/${BUCKET}/floor`, { method: 'PUT', body });
      }, times),
    });
    writer.close();
    await sealing.close();
    const { exitCode, records } = verifyJournal(home);
    check(exitCode === 0 && records === seq, 'the home is clean');
    const metric = 'from durable to stored under lock';
    const names = { bench: NAME, metric, unit: 'us', floor: 'one HTTP put' } as const;
    return {
      rows: [rowOf(names, result)],
      checks: [`${records} records verified clean afterwards, each was waited for in the bucket`],
      notes: [
        'The disk may be virtual; a real bucket adds its own way, once for tiles, once after.',
      ],
    };
  } finally {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: NAME,
  question: 'How soon is the record of an order sealed, and in the bucket under lock?',
  run,
};
