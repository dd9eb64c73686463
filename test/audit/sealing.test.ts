import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAuditSealing } from '../../src/audit/audit-sealing-shell.ts';
import { readCheckpoint } from '../../src/audit/checkpoint.ts';
import { realDisk } from '../../src/audit/disk.ts';
import { openJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { JournalTail } from '../../src/audit/journal-tail.ts';
import type { AuditLag } from '../../src/audit/s3-sink.ts';
import { batchKey, S3AuditSink } from '../../src/audit/s3-sink.ts';
import { S3Store } from '../../src/audit/s3-store-shell.ts';
import { LedgerWriter, readLedger } from '../../src/audit/sealed-ledger.ts';
import { scanSealed } from '../../src/audit/sealed-scan.ts';
import { witnessSealed } from '../../src/audit/sealed-witness.ts';
import { JournalSealer, MAX_BATCH_RECORDS } from '../../src/audit/sealer.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import { verifyStore } from '../../src/audit/verify-store.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';
import { S3TestServer } from '../support/s3-server.ts';
import { FailingDisk } from './support/failing-disk.ts';
import { homeWith, smallLimits } from './support/home-files.ts';
import { alerts, START_MICROS } from './support/sample-records.ts';
import { tempHome } from './support/temp-home.ts';

const sealedFiles = (home: string): string[] => readdirSync(join(home, 'audit', 'sealed')).sort();
const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };

describe('following a journal', () => {
  it('sees each acknowledged record once, across files and into the reserve', () => {
    const home = tempHome();
    const disk = new FailingDisk();
    const { writer } = openJournal({ home, disk, limits: smallLimits });
    writer.commit(alerts(1, 5));
    const tail = new JournalTail(realDisk, journalPaths(home), 2);
    const seen = (): number[] => tail.next().map((frame) => frame.record.seq);
    expect(seen()).toEqual([3, 4, 5]);
    expect(seen()).toEqual([]);
    for (let seq = 6; seq <= 65; seq += 4) writer.commit(alerts(seq, 4));
    expect(seen()).toEqual(Array.from({ length: 60 }, (_, i) => i + 6));
    disk.arm({ operation: 'syncData', from: 1, code: 'EIO', path: '.journal' });
    writer.commit(alerts(66, 1));
    expect(seen()).toEqual([]);
  });

  it('goes into the reserve and leaves out what was never acknowledged', () => {
    const home = tempHome();
    const disk = new FailingDisk();
    const { writer } = openJournal({ home, disk });
    writer.commit(alerts(1, 2));
    const tail = new JournalTail(realDisk, journalPaths(home), 0);
    disk.arm({ operation: 'syncData', from: 1, code: 'EIO', path: '000001' });
    writer.commit(alerts(3, 2));
    writer.commitToReserve(alerts(5, 1));
    expect(tail.next().map((frame) => frame.record.seq)).toEqual([1, 2, 5]);
    writer.commitToReserve(alerts(6, 1));
    expect(tail.next().map((frame) => frame.record.seq)).toEqual([6]);
  });
});

describe('sealing', () => {
  it('writes read-only batches of bounded size that verify by themselves', () => {
    const home = homeWith(alerts(1, MAX_BATCH_RECORDS + 3), { close: false });
    const sealer = new JournalSealer(home);
    sealer.seal();
    sealer.seal();
    expect(sealer.sealedSeq).toBe(MAX_BATCH_RECORDS + 3);
    expect(sealedFiles(home)).toHaveLength(2);
    const [name = ''] = sealedFiles(home);
    expect(statSync(join(home, 'audit', 'sealed', name)).mode & 0o222).toBe(0);
    const report = verifyJournal(join(home, 'audit', 'sealed'));
    expect(report).toMatchObject({ exitCode: 0, records: MAX_BATCH_RECORDS + 3, files: 2 });
    expect(verifyJournal(home)).toMatchObject({ exitCode: 0, findings: [] });
    sealer.close();
  });

  it('goes on after a restart, and adopts a batch whose line was lost', () => {
    const home = homeWith(alerts(1, 4));
    new JournalSealer(home).seal();
    const ledger = join(home, 'audit', 'sealed.ledger');
    truncateSync(ledger, statSync(ledger).size - 5);
    const { writer } = openJournal({ home });
    writer.commit(alerts(5, 2));
    const sealer = new JournalSealer(home);
    sealer.seal();
    expect(readLedger(realDisk, ledger).entries).toMatchObject([
      { kind: 'sealed', firstSeq: 1, lastSeq: 4 },
      { kind: 'sealed', firstSeq: 5, lastSeq: 6 },
    ]);
    expect(verifyJournal(join(home, 'audit', 'sealed')).exitCode).toBe(0);
  });

  it('is a second witness: a journal cut together with its checkpoint still shows', () => {
    const home = homeWith(alerts(1, 4));
    new JournalSealer(home).seal();
    rmSync(join(home, 'journal'), { recursive: true });
    rmSync(join(home, 'audit', 'checkpoint'));
    expect(() => openJournal({ home })).toThrow(/records up to 4 were sealed/);
    const other = homeWith(alerts(1, 9));
    const paths = journalPaths(home);
    const witness = witnessSealed(realDisk, paths);
    new JournalTail(realDisk, journalPaths(other), 0).next().forEach((frame) => {
      witness.see(frame);
    });
    expect(witness.fault(9)?.what).toMatch(/not the one that was sealed/);
  });

  it.each<[string, (home: string) => void]>([
    ['a changed batch', (home) => changeSealed(home, 0)],
    [
      'a missing batch',
      (home) => rmSync(join(home, 'audit', 'sealed', sealedFiles(home)[0] ?? '')),
    ],
    [
      'a missing last batch',
      (home) => rmSync(join(home, 'audit', 'sealed', sealedFiles(home).at(-1) ?? '')),
    ],
    [
      'a batch under another name',
      (home) =>
        writeFileSync(
          join(home, 'audit', 'sealed', '000000000009-x.sealed'),
          readFileSync(join(home, 'audit', 'sealed', sealedFiles(home)[0] ?? '')),
        ),
    ],
    [
      'a batch that is none',
      (home) => writeFileSync(join(home, 'audit', 'sealed', 'z.sealed'), 'junk'),
    ],
  ])('shows %s', (_name, damage) => {
    const home = homeWith(alerts(1, MAX_BATCH_RECORDS + 3));
    new JournalSealer(home).seal();
    damage(home);
    expect(verifyJournal(join(home, 'audit', 'sealed')).exitCode).toBe(1);
  });

  it('cannot prove the tail of a folder without its ledger', () => {
    const home = homeWith(alerts(1, 3));
    new JournalSealer(home).seal();
    rmSync(join(home, 'audit', 'sealed.ledger'));
    const sealed = join(home, 'audit', 'sealed');
    expect(verifyJournal(sealed).exitCode).toBe(2);
    expect(scanSealed(realDisk, sealed, () => undefined)).toMatchObject({
      witnessed: false,
      records: 3,
    });
  });

  it('refuses to go on from a damaged ledger', () => {
    const home = homeWith(alerts(1, 3));
    new JournalSealer(home).seal();
    appendFileSync(join(home, 'audit', 'sealed.ledger'), 'nonsense\n');
    expect(() => new JournalSealer(home)).toThrow(
      expect.objectContaining({ code: 'AUDIT_SINK_FAILED' }),
    );
    expect(() => openJournal({ home })).toThrow(/ledger of sealed batches is damaged/);
  });

  it('keeps the ledger closed once it was closed', () => {
    const ledger = new LedgerWriter(realDisk, join(tempHome(), 'ledger'));
    ledger.close();
    ledger.close();
    const entry = { kind: 'shipped', name: 'n', bucket: 'b', key: 'k', versionId: 'v' } as const;
    expect(() => ledger.append(entry)).toThrow(/broken invariant/);
  });
});

function changeSealed(home: string, index: number): void {
  const path = join(home, 'audit', 'sealed', sealedFiles(home)[index] ?? '');
  const bytes = readFileSync(path);
  bytes[200] = (bytes[200] ?? 0) ^ 1;
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
}

describe('shipping to an object store', () => {
  const server = new S3TestServer();
  let endpoint = '';
  let buckets = 0;

  beforeAll(async () => {
    endpoint = await server.listen();
  });
  afterAll(() => server.close());

  async function sinkOn(home: string, name = `audit-${++buckets}`) {
    if (server.versions(name).length === 0) server.createBucket(name);
    const store = new S3Store({ bucket: name, endpoint, credentials });
    const lags: AuditLag[] = [];
    const problems: string[] = [];
    const waits: number[] = [];
    const sealer = new JournalSealer(home);
    const sink = await S3AuditSink.open(sealer, {
      store,
      nowMicros: () => epochMicros(START_MICROS + 10_000_000),
      wait: async (millis) => void waits.push(millis),
      onLag: (lag) => lags.push(lag),
      onProblem: (reason) => problems.push(reason),
    });
    return { name, store, sealer, sink, lags, problems, waits };
  }

  it('puts each batch once, locked for three years, and notes its version', async () => {
    const home = homeWith(alerts(1, MAX_BATCH_RECORDS + 1), { close: false });
    const { name, store, sealer, sink, lags } = await sinkOn(home);
    sealer.seal();
    await sink.ship();
    await sink.ship();
    const versions = server.versions(name);
    expect(versions).toHaveLength(2);
    expect(versions[0]).toMatchObject({ lockMode: 'COMPLIANCE' });
    const years = (Date.parse(versions[0]?.retainUntil ?? '') - Date.now()) / (365.25 * 86_400_000);
    expect(years).toBeGreaterThanOrEqual(3);
    expect(lags.at(-1)).toEqual({ unshippedBatches: 0, oldestSeconds: 0 });
    const ledger = readLedger(realDisk, journalPaths(home).ledger);
    expect(ledger.entries.filter((entry) => entry.kind === 'shipped')).toMatchObject([
      { versionId: versions[0]?.versionId, key: versions[0]?.key },
      { versionId: versions[1]?.versionId },
    ]);
    const prefix = batchKey('deltaring', sealer.journalId, '');
    const clean = await verifyStore(store, prefix, {
      nowMicros: START_MICROS,
      expectedLastHash: checkpointHash(home),
    });
    expect(clean).toMatchObject({ exitCode: 0, records: MAX_BATCH_RECORDS + 1 });
    expect(await verifyStore(store, prefix, { nowMicros: START_MICROS })).toMatchObject({
      exitCode: 2,
    });
    await fetch(`${endpoint}/${name}/${versions[0]?.key}`, { method: 'DELETE' });
    const hidden = await verifyStore(store, prefix, { nowMicros: START_MICROS });
    expect(hidden.findings[0]?.what).toContain('delete marker');
    expect(hidden.exitCode).toBe(1);
    const locked = await fetch(
      `${endpoint}/${name}/${versions[0]?.key}?versionId=${versions[0]?.versionId}`,
      { method: 'DELETE' },
    );
    expect(locked.status).toBe(403);
  });

  it('waits longer each time, gives up for now, and goes on after a restart without doubles', async () => {
    const home = homeWith(alerts(1, 3), { close: false });
    const first = await sinkOn(home);
    server.failNextPuts(
      { status: 503 },
      'reset',
      { status: 500 },
      { status: 503 },
      { status: 503 },
    );
    first.sealer.seal();
    await first.sink.ship();
    expect(first.waits).toEqual([200, 400, 800, 1_600]);
    expect(first.problems).toHaveLength(1);
    expect(first.lags.at(-1)).toMatchObject({ unshippedBatches: 1 });
    expect(first.lags.at(-1)?.oldestSeconds).toBeCloseTo(9.999, 3);
    first.sealer.close();
    const second = await sinkOn(home, first.name);
    server.failNextPuts('resetAfterStoring');
    await second.sink.ship();
    expect(server.versions(first.name)).toHaveLength(1);
    expect(second.sealer.unshipped()).toEqual([]);
  });

  it('does not go on past an object that is not ours', async () => {
    const home = homeWith(alerts(1, 3), { close: false });
    const { name, sealer, sink, problems } = await sinkOn(home);
    sealer.seal();
    const key = batchKey('deltaring', sealer.journalId, sealer.unshipped()[0]?.name ?? '');
    await fetch(`${endpoint}/${name}/${key}`, { method: 'PUT', body: 'not ours' });
    await sink.ship();
    expect(problems[0]).toContain('something else');
    expect(sealer.unshipped()).toHaveLength(1);
    const store = new S3Store({ bucket: name, endpoint, credentials });
    const report = await verifyStore(store, 'deltaring/', { nowMicros: 0 });
    expect(report.exitCode).toBe(1);
  });

  it('does not retry what the store refuses for good', async () => {
    const { sealer, sink, waits, problems } = await sinkOn(
      homeWith(alerts(1, 1), { close: false }),
    );
    server.failNextPuts({ status: 403 });
    sealer.seal();
    await sink.ship();
    expect(waits).toEqual([]);
    expect(problems).toHaveLength(1);
  });

  it.each([
    ['no versioning', { versioning: false }],
    ['no Object Lock', { objectLock: false }],
  ])('refuses a bucket with %s and says what to do', async (_name, options) => {
    server.createBucket('unfit', options);
    const store = new S3Store({ bucket: 'unfit', endpoint, credentials });
    const sealer = new JournalSealer(homeWith(alerts(1, 1)));
    await expect(
      S3AuditSink.open(sealer, {
        store,
        nowMicros: () => epochMicros(0),
        wait: async () => undefined,
      }),
    ).rejects.toMatchObject({
      code: 'AUDIT_SINK_FAILED',
      message: expect.stringMatching(/not enabled.*--object-lock-enabled-for-bucket/),
    });
  });

  it('cannot check a bucket that is not there', async () => {
    const store = new S3Store({ bucket: 'absent', endpoint, credentials });
    expect(await verifyStore(store, 'deltaring/', { nowMicros: 0 })).toMatchObject({ exitCode: 2 });
    expect(await store.unfitReason()).toContain('NoSuchBucket');
  });

  it('seals and ships while the engine runs, and the rest when it ends', async () => {
    const home = homeWith(alerts(1, 2), { close: false });
    server.createBucket('running');
    const sealing = await startAuditSealing({
      home,
      s3: { bucket: 'running', endpoint, credentials },
    });
    expect(sealing.sealedSeq()).toBe(2);
    const { writer } = openJournal({ home });
    writer.commit(alerts(3, 2));
    writer.close();
    await sealing.close();
    expect(sealing.sealedSeq()).toBe(4);
    expect(server.versions('running').length).toBeGreaterThan(0);
  });
});

function checkpointHash(home: string): string {
  const read = readCheckpoint(realDisk, journalPaths(home).checkpoint);
  return read.kind === 'found' ? read.checkpoint.hash.toString('hex') : '';
}
