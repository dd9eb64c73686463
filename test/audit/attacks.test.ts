import { hash } from 'node:crypto';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateAuditKey } from '../../src/audit/audit-key.ts';
import { folderInMemory } from '../../src/audit/bucket-log.ts';
import { realDisk } from '../../src/audit/disk.ts';
import { decodeBundle, encodeBundle } from '../../src/audit/entry-bundle.ts';
import { openJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { logFileNames } from '../../src/audit/log-folder.ts';
import { leafHash } from '../../src/audit/merkle-tree.ts';
import { S3Store } from '../../src/audit/s3-store-shell.ts';
import { writeWhole } from '../../src/audit/sealed-log.ts';
import type { ShippedFile } from '../../src/audit/shipped-ledger.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import type { VerifyReport } from '../../src/audit/verify-report.ts';
import { verifyStore } from '../../src/audit/verify-store.ts';
import { S3TestServer } from '../support/s3-server.ts';
import { copyOf, filesBelow, homeWith, memoryDisk } from './support/home-files.ts';
import {
  alertBody,
  alerts,
  orderStory,
  recordOf,
  recordsOf,
  START_MICROS,
} from './support/sample-records.ts';
import { HandClock, sealerOf, trustOf } from './support/sealed-home.ts';

const story = recordsOf(1, [...orderStory('o-1'), alertBody('between'), ...orderStory('o-2')]);
const logOf = (home: string): string => journalPaths(home).log;

/** A home with two checkpoints over the records, the later ones under the second alone. */
function twiceSealed(records = story): string {
  const home = homeWith(records.slice(0, 6), { close: false });
  const clock = new HandClock();
  const sealer = sealerOf(home, { now: clock.now });
  const { writer } = openJournal({ home });
  writer.commit(records.slice(6));
  writer.close();
  clock.advance(500);
  sealer.stop();
  return home;
}

/** Changes the only bundle and makes the tile of hashes fit again: what is left is the signature. */
function rewriteEntries(home: string, change: (entries: Buffer[]) => Buffer[]): void {
  const log = logOf(home);
  const names = logFileNames(realDisk, log);
  const bundle = names.find((name) => name.startsWith('tile/entries/')) ?? '';
  const entries = change([...(decodeBundle(realDisk.read(join(log, bundle))) ?? [])]);
  const width = /\d+$/.exec(bundle)?.[0] ?? '';
  const renamed = (name: string): string => name.replace(/\d+$/, String(entries.length));
  realDisk.remove(join(log, bundle));
  realDisk.remove(join(log, `tile/0/000.p/${width}`));
  writeWhole(realDisk, join(log, renamed(bundle)), encodeBundle(entries));
  const tile = renamed(`tile/0/000.p/${width}`);
  writeWhole(realDisk, join(log, tile), Buffer.concat(entries.map(leafHash)));
}

function logAlone(home: string): VerifyReport {
  return verifyJournal(logOf(home), realDisk, trustOf(home));
}

function expectFound(report: VerifyReport, what: RegExp): void {
  expect(report.exitCode, JSON.stringify(report.findings)).toBe(1);
  expect(JSON.stringify(report.findings)).toMatch(what);
}

describe('attacks on a sealed log', () => {
  it('starts from a log that is clean', () => {
    const home = twiceSealed();
    expect(logAlone(home)).toMatchObject({ exitCode: 0, records: 11, findings: [] });
    expect(verifyJournal(home)).toMatchObject({ exitCode: 0, records: 11, findings: [] });
  });

  it.each<[string, (entries: Buffer[]) => Buffer[], RegExp]>([
    ['an edited record', (e) => [...e.slice(0, 2), edited(e[2]), ...e.slice(3)], /other entries/],
    ['a deleted record', (e) => [...e.slice(0, 2), ...e.slice(3)], /missing|other entries/],
    ['records in another order', ([a, b, ...e]) => [b, a, ...e] as Buffer[], /other entries/],
    ['an inserted record', ([a, ...e]) => [a, a, ...e] as Buffer[], /missing|other entries/],
    ['a cut head', (e) => e.slice(1), /missing|other entries/],
    ['a cut tail', (e) => e.slice(0, -1), /missing/],
  ])('shows %s, its tile rewritten to match', (_name, change, what) => {
    const home = twiceSealed();
    rewriteEntries(home, change);
    expectFound(logAlone(home), what);
    expect(verifyJournal(home).exitCode).toBe(1);
  });

  it('shows a tail that was cut from log, journal and checkpoints together, to who saw its root', () => {
    const home = homeWith(story.slice(0, 6));
    sealerOf(home);
    const before = copyOf(home);
    const { writer } = openJournal({ home });
    writer.commit(story.slice(6));
    writer.close();
    const { head } = sealerOf(home);
    const witnessed = [{ size: 11, root: head?.root.toString('hex').slice(0, 16) ?? '' }];
    const seen = { ...trustOf(home), witnessed };
    expect(verifyJournal(home, realDisk, seen).exitCode).toBe(0);
    expect(verifyJournal(before).exitCode).toBe(0);
    expectFound(verifyJournal(before, realDisk, seen), /root .* was seen over 11 entries/);
  });

  it('shows a fork: two histories under one key', () => {
    const home = homeWith(story.slice(0, 6));
    sealerOf(home);
    const other = copyOf(home);
    const goOn = (at: string, text: string): void => {
      const { writer } = openJournal({ home: at });
      writer.commit([recordOf(7, alertBody(text))]);
      writer.close();
      sealerOf(at);
    };
    goOn(home, 'one history');
    goOn(other, 'the other');
    expect([logAlone(home).exitCode, logAlone(other).exitCode]).toEqual([0, 0]);
    const root = logAlone(home).head?.root ?? '';
    const options = { ...trustOf(other), witnessed: [{ size: 7, root }] };
    expectFound(verifyJournal(other, realDisk, options), /this log had/);
    cpSync(join(logOf(other), 'checkpoints/002'), join(logOf(home), 'checkpoints/003'));
    expectFound(logAlone(home), /checkpoint 2|does not follow/);
  });

  it('shows an old checkpoint put in the place of the newest', () => {
    const home = twiceSealed();
    cpSync(join(logOf(home), 'checkpoints/001'), join(logOf(home), 'checkpoint'), { force: true });
    expectFound(logAlone(home), /another was put in its place/);
    expect(() => openJournal({ home })).not.toThrow();
    expect(() => sealerOf(home)).toThrow();
  });

  it('tells of records and tiles whose checkpoint was taken away', () => {
    const home = twiceSealed();
    const log = logOf(home);
    rmSync(join(log, 'checkpoints/002'));
    cpSync(join(log, 'checkpoints/001'), join(log, 'checkpoint'), { force: true });
    const told = JSON.stringify(verifyJournal(home).findings);
    expect(told).toContain('records 7 to 11 are under no checkpoint yet');
    expect(told).toContain('lie beyond the newest checkpoint');
  });

  it('shows that all checkpoints were taken away', () => {
    const home = twiceSealed();
    const log = logOf(home);
    for (const name of ['checkpoint', 'checkpoints/001', 'checkpoints/002'])
      rmSync(join(log, name));
    expectFound(verifyJournal(home), /they are gone/);
    expectFound(logAlone(home), /they are gone/);
  });

  it('shows a log signed anew with another key', () => {
    const home = twiceSealed();
    const trusted = trustOf(home);
    const forged = copyOf(home);
    rmSync(logOf(forged), { recursive: true });
    rmSync(journalPaths(forged).key);
    sealerOf(forged);
    expect(verifyJournal(logOf(forged), realDisk, trustOf(forged)).exitCode).toBe(0);
    expectFound(verifyJournal(logOf(forged), realDisk, trusted), /no key of the log is the one/);
    cpSync(join(logOf(forged), 'checkpoints/001'), join(logOf(home), 'checkpoints/001'), {
      force: true,
    });
    expectFound(verifyJournal(logOf(home), realDisk, trusted), /signed|follow/);
    const strange = { trusted: [generateAuditKey().publicKey] };
    expectFound(verifyJournal(logOf(home), realDisk, strange), /no key of the log/);
  });

  it('shows a log that was thrown away and begun anew', () => {
    const records = [
      ...recordsOf(1, orderStory('o-1')),
      recordOf(6, {
        kind: 'engineStarted',
        build: 'test',
        configFingerprint: 'f',
        broker: 'paper',
        environment: 'paper',
        accountId: 'a',
        recoveredRecords: 5,
        logSize: 5,
        logRoot: '00'.repeat(32),
        auditKey: '00'.repeat(32),
      }),
    ];
    const home = homeWith(records);
    expectFound(verifyJournal(home), /saw 5 entries sealed; the log is gone/);
    rmSync(join(home, 'audit', 'checkpoint'));
    const restarted = homeWith(records);
    sealerOf(restarted);
    expectFound(verifyJournal(restarted), /under another root/);
  });

  it('shows a clock that went back within a run', () => {
    const back = recordOf(12, alertBody('earlier'));
    const wall = START_MICROS as typeof back.at.wall;
    const home = twiceSealed([...story, { ...back, at: { market: back.at.market, wall } }]);
    expectFound(verifyJournal(home), /clock went back/);
    const mono = [10, 9].map((at, index) => {
      const record = recordOf(index + 1, alertBody('mono'));
      return { ...record, version: 2 as const, at: { ...record.at, mono: at } };
    });
    expectFound(verifyJournal(homeWith(mono)), /monotonic clock went back/);
  });

  it('shows an order at the broker that was never sent', () => {
    const orphan = recordOf(12, {
      kind: 'brokerEvent',
      event: { kind: 'accepted', intentId: 'nobody', brokerOrderId: 'b-9' },
    });
    const later = alerts(13, 9);
    expectFound(verifyJournal(twiceSealed([...story, orphan, ...later])), /order nobody at the/);
  });

  it('finds every single changed byte of the log, each file of it', { timeout: 60_000 }, () => {
    const home = twiceSealed(alerts(1, 7));
    const log = logOf(home);
    const files = new Map(
      logFileNames(realDisk, log).map((name) => [name, realDisk.read(join(log, name))]),
    );
    const trusted = trustOf(home);
    let flips = 0;
    for (const [name, bytes] of files) {
      for (let offset = 0; offset < bytes.length; offset++) {
        const changed = Buffer.from(bytes);
        changed[offset] = (changed[offset] ?? 0) ^ (1 << (offset % 8));
        const disk = folderInMemory(new Map(files).set(name, changed), '/log');
        const { exitCode, findings } = verifyJournal('/log', disk, trusted);
        if (exitCode !== 1) {
          throw new Error(`${name} offset ${offset}: ${JSON.stringify(findings)}`);
        }
        flips++;
      }
    }
    expect(flips).toBeGreaterThan(2_500);
  });

  it('finds every file that is missing or does not belong', () => {
    const home = twiceSealed();
    const files = filesBelow(logOf(home));
    const trusted = trustOf(home);
    for (const path of files.keys()) {
      // The copy of the newest checkpoint under its fixed name is for readers' ease alone.
      if (path.endsWith('/checkpoint') || path.endsWith('checkpoints/002')) continue;
      const left = new Map(files);
      left.delete(path);
      expect(verifyJournal(logOf(home), memoryDisk(left), trusted).exitCode, path).toBe(1);
    }
    const more = new Map(files).set(join(logOf(home), 'notes'), Buffer.from('x'));
    expect(verifyJournal(logOf(home), memoryDisk(more), trusted).exitCode).toBe(1);
  });

  it('cannot check a log without a key to trust', () => {
    const home = twiceSealed();
    const report = verifyJournal(logOf(home));
    expect(report.exitCode).toBe(2);
    expect(JSON.stringify(report.findings)).toContain('--key');
  });
});

function edited(entry: Buffer | undefined): Buffer {
  const changed = Buffer.from(entry ?? Buffer.alloc(0));
  changed[60] = (changed[60] ?? 0) ^ 1;
  return changed;
}

describe('attacks on a log in a bucket', () => {
  const server = new S3TestServer();
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const YEARS = 3;
  let endpoint = '';
  let buckets = 0;

  beforeAll(async () => {
    endpoint = await server.listen();
  });
  afterAll(() => server.close());

  /** A bucket with a log as the engine ships it. */
  async function bucketOf(home = twiceSealed()) {
    const bucket = `attacked-${++buckets}`;
    server.createBucket(bucket);
    const store = new S3Store({ bucket, endpoint, credentials });
    const log = logOf(home);
    const shipped: ShippedFile[] = [];
    for (const name of logFileNames(realDisk, log).filter((each) => each !== 'checkpoint')) {
      const key = `deltaring/j/${name}`;
      shipped.push({ name, bucket, key, versionId: await put(store, key, join(log, name)) });
    }
    const verify = async () => {
      const check = { nowMicros: Date.now() * 1_000, retentionYears: YEARS, shipped };
      return (await verifyStore(store, 'deltaring/', check, trustOf(home))).report;
    };
    return { bucket, store, home, verify };
  }

  async function put(store: S3Store, key: string, path: string): Promise<string> {
    const bytes = readFileSync(path);
    const sha256 = hash('sha256', bytes, 'hex');
    const result = await store.put({ key, bytes, sha256, retentionYears: YEARS });
    return result.kind === 'stored' ? result.versionId : '';
  }

  it('starts from a bucket that is clean', async () => {
    const { verify } = await bucketOf();
    expect(await verify()).toMatchObject({ exitCode: 0, records: 11, findings: [] });
  });

  it('shows a delete marker, and reads what it hides', async () => {
    const { bucket, verify } = await bucketOf();
    const key = 'deltaring/j/checkpoints/002';
    await fetch(`${endpoint}/${bucket}/${key}`, { method: 'DELETE' });
    const report = await verify();
    expectFound(report, /delete marker/);
    expect(report.records).toBe(11);
  });

  it('shows a second version that says something else, and lets the same bytes pass', async () => {
    const { bucket, verify } = await bucketOf();
    const twin = server.versions(bucket).find(({ key }) => key.endsWith('tile/0/000.p/11'));
    server.versions(bucket).push({ ...twin!, versionId: 'again' });
    const doubled = await verify();
    expect(doubled.exitCode).toBe(0);
    expect(JSON.stringify(doubled.findings)).toContain('stored twice');
    server.versions(bucket).push({ ...twin!, versionId: 'shadow', body: Buffer.alloc(352, 1) });
    expectFound(await verify(), /later version of it says something else/);
  });

  it.each([
    ['no lock', undefined, /not locked/],
    ['a GOVERNANCE lock', { mode: 'GOVERNANCE', years: YEARS }, /GOVERNANCE, not COMPLIANCE/],
  ])('shows an object under %s', async (_name, lock, what) => {
    const { bucket, verify } = await bucketOf();
    const [version] = server.versions(bucket);
    version!.retention =
      lock === undefined
        ? undefined
        : { mode: lock.mode, until: new Date(Date.now() + lock.years * 365 * 86_400_000) };
    expectFound(await verify(), what);
  });

  it('tells of a lock that is shorter than the reader wishes, which the writer may have meant', async () => {
    const { bucket, verify } = await bucketOf();
    const [version] = server.versions(bucket);
    version!.retention = { mode: 'COMPLIANCE', until: new Date(Date.now() + 365 * 86_400_000) };
    const report = await verify();
    expect(report.exitCode).toBe(0);
    expect(JSON.stringify(report.findings)).toContain('1 objects are locked for less than the 3');
  });

  it('shows an accepted version that is gone', async () => {
    const { bucket, verify } = await bucketOf();
    const versions = server.versions(bucket);
    versions.splice(
      versions.findIndex(({ key }) => key.endsWith('checkpoints/002')),
      1,
    );
    expectFound(await verify(), /which the store accepted, is gone/);
  });

  it('shows bytes that changed under their version', async () => {
    const { bucket, verify } = await bucketOf();
    const version = server.versions(bucket).find(({ key }) => key.includes('entries'));
    version!.body.writeUInt8(version!.body.readUInt8(70) ^ 1, 70);
    expectFound(await verify(), /SHA-256 differs/);
  });

  it('cannot check a bucket with no log, with several, or none at all', async () => {
    const check = { nowMicros: 0, retentionYears: YEARS, shipped: [] };
    server.createBucket('empty');
    const empty = new S3Store({ bucket: 'empty', endpoint, credentials });
    expect((await verifyStore(empty, 'x/', check)).report.exitCode).toBe(2);
    const { store, home } = await bucketOf();
    await put(store, 'deltaring/k/keys/001', join(logOf(home), 'keys/001'));
    const several = (await verifyStore(store, 'deltaring/', check)).report;
    expect(several.exitCode).toBe(2);
    expect(JSON.stringify(several.findings)).toContain('deltaring/k/');
    const absent = new S3Store({ bucket: 'absent', endpoint, credentials });
    expect((await verifyStore(absent, '', check)).report.exitCode).toBe(2);
  });
});
