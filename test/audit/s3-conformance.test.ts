import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { S3Store } from '../../src/audit/s3-store-shell.ts';
import { type Radosgw, radosgwLacks, startRadosgw } from '../support/radosgw.ts';
import { S3TestServer } from '../support/s3-server.ts';
import { CONFORMANCE, S3Subject } from './support/s3-conformance.ts';

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
