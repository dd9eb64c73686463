import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realDisk } from '../../src/audit/disk.ts';
import { readJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { restoreHome } from '../../src/audit/restore.ts';
import { S3Store } from '../../src/audit/s3-store-shell.ts';
import { SealingLoop } from '../../src/audit/sealing-loop-shell.ts';
import { readShipped } from '../../src/audit/shipped-ledger.ts';
import { verifyStore } from '../../src/audit/verify-store.ts';
import { type Radosgw, radosgwLacks, startRadosgw } from '../support/radosgw.ts';
import { S3TestServer } from '../support/s3-server.ts';
import { homeWith } from './support/home-files.ts';
import { CONFORMANCE, S3Subject } from './support/s3-conformance.ts';
import { orderStory, recordsOf } from './support/sample-records.ts';
import { trustOf } from './support/sealed-home.ts';
import { tempHome } from './support/temp-home.ts';

const ANY = { accessKeyId: 'any', secretAccessKey: 'any' };

describe('the test server keeps what S3 promises', () => {
  const server = new S3TestServer();
  let subject: S3Subject;

  beforeAll(async () => {
    subject = new S3Subject(await server.listen(), ANY);
    await subject.createBuckets();
  });
  afterAll(() => server.close());

  it.concurrent.each(CONFORMANCE)('$promise', ({ check }) => check(subject));
});

const lacks = radosgwLacks();
if (lacks !== undefined) {
  process.stderr.write(`S3 with Object Lock is not proven on a real server here: ${lacks}\n`);
}

describe.skipIf(lacks !== undefined)(
  `radosgw keeps what S3 promises (${lacks ?? 'installed'})`,
  () => {
    let radosgw: Radosgw;
    let subject: S3Subject;

    beforeAll(async () => {
      radosgw = await startRadosgw();
      subject = new S3Subject(radosgw.endpoint, radosgw.credentials);
      await subject.createBuckets();
    }, 120_000);
    afterAll(() => radosgw.stop());

    const kept = CONFORMANCE.filter((each) => each.radosgwLacks !== true);
    it.concurrent.each(kept)('$promise', ({ check }) => check(subject));

    const lacking = CONFORMANCE.filter((each) => each.radosgwLacks === true);
    it.concurrent.each(lacking)('but not yet that $promise', async ({ check }) => {
      await expect(check(subject)).rejects.toThrow();
    });

    it('lacks four things and no more', () => {
      expect(lacking.map(({ promise }) => promise)).toEqual([
        'content that does not match its SHA-256 is refused',
        'the SHA-256 that was given comes back',
        'a put on the condition that the key is free is refused where it is not',
        'a put on the condition of the right etag is taken',
      ]);
      expect(kept.length).toBeGreaterThan(39);
    });

    it('holds a log from its first seal to its restoring on an empty machine', async () => {
      const { endpoint, credentials } = radosgw;
      const home = homeWith(recordsOf(1, orderStory('o-1')));
      const target = { bucket: subject.locked, endpoint, retentionYears: 3, prefix: 'deltaring' };
      const store = new S3Store({ ...target, credentials });
      const loop = await SealingLoop.open({
        home,
        build: 'test',
        s3: target,
        report: () => undefined,
        openStore: async () => ({ store, close: () => undefined }),
      });
      await loop.close();
      const verify = () => {
        const shipped = readShipped(realDisk, journalPaths(home).shipped);
        const check = { nowMicros: Date.now() * 1_000, retentionYears: 3, shipped };
        return verifyStore(store, 'deltaring/', check, trustOf(home));
      };
      const { report, log } = await verify();
      expect(report).toMatchObject({ exitCode: 0, records: 5, findings: [] });
      const again = join(tempHome(), 'again');
      restoreHome(again, log?.files ?? new Map(), realDisk, { systemMicros: Date.now() * 1_000 });
      expect(readJournal(again)).toEqual(readJournal(home));
      const [version] = log?.versions ?? [];
      const Key = version?.key ?? '';
      await subject.client.send(new DeleteObjectCommand({ Bucket: subject.locked, Key }));
      const attacked = await verify();
      expect(attacked.report).toMatchObject({ exitCode: 1, records: 5 });
      expect(JSON.stringify(attacked.report.findings)).toContain('a delete marker hides it');
    });

    it('is told apart from a bucket that cannot hold the log', async () => {
      const { endpoint, credentials } = radosgw;
      const fitness = async (bucket: string) => {
        const store = new S3Store({ bucket, endpoint, credentials });
        return (await store.fitness()).kind;
      };
      expect(await fitness(subject.locked)).toBe('fit');
      expect(await fitness(subject.plain)).toBe('unfit');
      expect(await fitness('absent')).toBe('unfit');
    });
  },
);
