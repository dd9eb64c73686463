import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Disk, realDisk } from '../../src/audit/disk.ts';
import { openJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { checkBucket, LogShipper, objectKey } from '../../src/audit/log-shipper.ts';
import { restoreHome } from '../../src/audit/restore.ts';
import { S3Store } from '../../src/audit/s3-store-shell.ts';
import { MAX_SPOOL_MILLIS, SEAL_WITHIN_MILLIS } from '../../src/audit/sealing-limits.ts';
import { readShipped } from '../../src/audit/shipped-ledger.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import { verifyStore } from '../../src/audit/verify-store.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { S3Refusal } from '../support/s3/versioned-bucket.ts';
import { S3TestServer } from '../support/s3-server.ts';
import { alerts, orderStory, recordsOf, START_MICROS } from './support/sample-records.ts';
import { HandClock, sealerOf, trustOf } from './support/sealed-home.ts';
import { tempHome } from './support/temp-home.ts';

const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
const DAY_MICROS = 86_400_000_000;

describe('shipping the sealed log', () => {
  const server = new S3TestServer();
  let endpoint = '';
  let buckets = 0;

  beforeAll(async () => {
    endpoint = await server.listen();
  });
  afterAll(() => server.close());

  /** A journal that is written, a sealer and a shipper, all by one clock that moves by hand. */
  function running(
    options: { home?: string; bucket?: string; through?: string; disk?: Disk } = {},
  ) {
    const { home = tempHome(), bucket = `audit-${++buckets}`, through = endpoint } = options;
    const { disk = realDisk } = options;
    if (server.versions(bucket).length === 0) server.createBucket(bucket);
    const { writer, lastSeq } = openJournal({ home });
    const clock = new HandClock();
    const store = new S3Store({ bucket, endpoint: through, credentials });
    const paths = journalPaths(home);
    const problems: string[] = [];
    const waits: number[] = [];
    let shipper: LogShipper | undefined;
    const sealer = sealerOf(home, {
      now: clock.now,
      onFile: (name, bytes) => shipper?.add(name, bytes),
      onReplaced: (name) => shipper?.drop(name),
    });
    shipper = new LogShipper({
      disk,
      paths,
      journalId: sealer.journalId,
      store,
      prefix: 'deltaring',
      retentionYears: 3,
      nowMicros: () => clock.monotonicMicros,
      wait: async (millis) => {
        waits.push(millis);
        clock.advance(millis);
      },
      onProblem: (reason) => problems.push(reason),
    });
    const prefix = objectKey('deltaring', sealer.journalId, '');
    const readBack = async (trusted = trustOf(home)) => {
      const check = {
        nowMicros: Date.now() * 1_000,
        retentionYears: 3,
        shipped: readShipped(realDisk, paths.shipped),
      };
      const direct = new S3Store({ bucket, endpoint, credentials });
      return verifyStore(direct, prefix, check, trusted);
    };
    const verify = async () => (await readBack()).report;
    const seal = (first: number, count: number): void => {
      writer.commit(alerts(first, count));
      clock.advance(SEAL_WITHIN_MILLIS);
      sealer.poll();
      clock.advance(SEAL_WITHIN_MILLIS);
      sealer.poll();
    };
    const close = (): void => {
      writer.close();
      shipper.close();
      store.close();
    };
    return {
      home,
      bucket,
      writer,
      lastSeq,
      clock,
      store,
      sealer,
      shipper,
      paths,
      problems,
      waits,
      prefix,
      readBack,
      verify,
      seal,
      close,
    };
  }

  it('puts every file once, locked for three years, and notes its version', async () => {
    const rig = running();
    rig.writer.commit(recordsOf(1, orderStory('o-1')));
    rig.sealer.poll();
    await rig.shipper.ship();
    await rig.shipper.ship();
    const versions = server.versions(rig.bucket);
    expect(versions.map(({ key }) => key.slice(rig.prefix.length)).sort()).toEqual([
      'checkpoints/001',
      'checkpoints/002',
      'keys/001',
      'tile/0/000.p/5',
      'tile/entries/000.p/5',
    ]);
    for (const { retention } of versions) {
      expect(retention?.mode).toBe('COMPLIANCE');
      const micros = ((retention?.until.getTime() ?? 0) - Date.now()) * 1_000;
      expect(micros).toBeGreaterThan(3 * 365 * DAY_MICROS);
    }
    const noted = readShipped(realDisk, rig.paths.shipped);
    expect(noted.map(({ key, versionId }) => `${key} ${versionId}`).sort()).toEqual(
      versions.map(({ key, versionId }) => `${key} ${versionId}`).sort(),
    );
    expect(rig.shipper.lag()).toEqual({ files: 0, bytes: 0, oldestMillis: 0, isOverBound: false });
    expect(await rig.verify()).toMatchObject({ exitCode: 0, records: 5, findings: [] });
  });

  it('ships all of it again into another bucket', async () => {
    const home = tempHome();
    const first = running({ home });
    first.seal(1, 300);
    await first.shipper.ship();
    first.close();
    const next = running({ home });
    next.seal(301, 300);
    await next.shipper.ship();
    expect(next.bucket).not.toBe(first.bucket);
    expect(await next.verify()).toMatchObject({ exitCode: 0, records: 600 });
  });

  it('ships entries before the checkpoint that speaks of them', async () => {
    const rig = running();
    rig.seal(1, 3);
    await rig.shipper.ship();
    const keys = server.versions(rig.bucket).map(({ key }) => key);
    const checkpoint = keys.findIndex((key) => key.endsWith('checkpoints/002'));
    const entries = keys.findIndex((key) => key.endsWith('entries/000.p/3'));
    expect(entries).toBeLessThan(checkpoint);
  });

  it('leaves no gap in the bucket where one file is refused: nothing behind it is put', async () => {
    const rig = running();
    const namesOf = (part: string) =>
      server.versions(rig.bucket).filter(({ key }) => key.includes(part));
    const refuse = (part: string | undefined) => {
      server.refusal = ({ method, url }) => {
        const isIt = method === 'PUT' && part !== undefined && url?.includes(part) === true;
        return isIt ? new S3Refusal(503, 'SlowDown') : undefined;
      };
    };
    rig.seal(1, 3);
    await rig.shipper.ship();
    refuse('entries');
    rig.seal(4, 300);
    await rig.shipper.ship();
    expect(namesOf('tile/0/000')).toHaveLength(namesOf('tile/entries/000').length);
    refuse('checkpoints/003');
    for (const first of [304, 307, 310]) rig.seal(first, 3);
    await rig.shipper.ship();
    expect(namesOf('checkpoints')).toHaveLength(2);
    expect((await rig.verify()).exitCode).toBe(0);
    refuse(undefined);
    await rig.shipper.ship();
    expect(rig.shipper.lag().files).toBe(0);
    expect(await rig.verify()).toMatchObject({ exitCode: 0, records: 312, findings: [] });
  });

  it.each([
    [17, 3, 8],
    [250, 10, 300],
    [255, 1, 1],
  ])(
    'goes on in its bucket where a machine is lost after %i records and %i more without their checkpoint',
    async (...counts) => {
      const [sealed, unsealed, after] = counts;
      const lost = running();
      lost.seal(1, sealed);
      await lost.shipper.ship();
      server.refusal = ({ method, url }) => {
        const isIt = method === 'PUT' && url?.includes('/checkpoints/') === true;
        return isIt ? new S3Refusal(503, 'SlowDown') : undefined;
      };
      lost.seal(sealed + 1, unsealed);
      await lost.shipper.ship();
      server.refusal = () => undefined;
      lost.close();
      const { report, log } = await lost.readBack();
      expect(report).toMatchObject({ exitCode: 0, records: sealed });
      const home = join(tempHome(), 'again');
      const restored = restoreHome(home, log?.files ?? new Map(), realDisk, {
        systemMicros: START_MICROS,
        shipsOn: true,
      });
      expect(restored).toMatchObject({ records: sealed + unsealed, unsealed, foreign: [] });
      expect(verifyJournal(home, realDisk, trustOf(home)).exitCode).toBe(0);
      const rig = running({ home, bucket: lost.bucket });
      rig.seal(rig.lastSeq + 1, after);
      await rig.shipper.ship();
      expect(rig.problems).toEqual([]);
      expect(rig.shipper.lag().files).toBe(0);
      expect(await rig.verify()).toMatchObject({ exitCode: 0, records: sealed + unsealed + after });
    },
  );

  it('does not send again after a restart what an earlier run sent, noted or not', async () => {
    const first = running();
    first.seal(1, 3);
    await first.shipper.ship();
    first.close();
    rmSync(first.paths.shipped);
    const puts = server.puts;
    const second = running({ home: first.home, bucket: first.bucket });
    await second.shipper.ship();
    // The new start made one checkpoint: nothing else is new.
    expect(server.puts).toBe(puts + 1);
    expect(await second.verify()).toMatchObject({ exitCode: 0, records: 3 });
  });

  it('does not send again what the ledger could not note, nor what is sealed once more', async () => {
    let isFull = false;
    const disk: Disk = {
      ...realDisk,
      writeAt: (fd, bytes, at) => {
        if (isFull) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        realDisk.writeAt(fd, bytes, at);
      },
    };
    const rig = running({ disk });
    rig.seal(1, 2);
    const puts = server.puts;
    isFull = true;
    for (let i = 0; i < 3; i++) await rig.shipper.ship();
    expect(rig.problems.join()).toContain('no space');
    isFull = false;
    await rig.shipper.ship();
    const { length } = server.versions(rig.bucket);
    expect(server.puts).toBe(puts + length);
    const [file] = readShipped(realDisk, rig.paths.shipped);
    rig.shipper.add(file?.name ?? '', 1);
    await rig.shipper.ship();
    expect([server.puts, rig.shipper.lag().files]).toEqual([puts + length, 0]);
  });

  it('waits longer after each failure, and asks before it sends again', async () => {
    const rig = running();
    server.failNextPuts({ status: 503 }, { status: 500 }, 'reset', 'resetAfterStoring');
    rig.seal(1, 2);
    for (let i = 0; i < 6; i++) await rig.shipper.ship();
    expect(rig.waits[0]).toBe(200);
    expect(rig.problems.length).toBeGreaterThan(0);
    const keys = server.versions(rig.bucket).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(await rig.verify()).toMatchObject({ exitCode: 0, findings: [] });
  });

  it('never takes another’s object for its own', async () => {
    const rig = running();
    await fetch(`${endpoint}/${rig.bucket}/${rig.prefix}keys/001`, {
      method: 'PUT',
      body: 'other',
    });
    await rig.shipper.ship();
    expect(rig.problems.join()).toContain('something else');
    expect(rig.shipper.lag().files).toBeGreaterThan(0);
    expect((await rig.verify()).exitCode).toBe(1);
  });

  it('never takes an object that is not locked for one that it shipped', async () => {
    const first = running();
    first.seal(1, 3);
    first.close();
    const rig = running({ home: first.home, bucket: first.bucket });
    const name = 'keys/001';
    const body = realDisk.read(join(rig.paths.log, name));
    const digest = createHash('sha256').update(body).digest('base64');
    const headers = { 'x-amz-checksum-sha256': digest };
    const url = `${endpoint}/${rig.bucket}/${rig.prefix}${name}`;
    await fetch(url, { method: 'PUT', body: new Uint8Array(body), headers });
    await rig.shipper.ship();
    expect(rig.problems.join()).toContain(`something else under ${rig.prefix}${name}`);
  });

  it('loses nothing and doubles nothing in an outage of ten minutes, and says when it is too long', async () => {
    const proxy = new FaultProxy(endpoint);
    const rig = running({ through: await proxy.listen() });
    rig.seal(1, 4);
    await rig.shipper.ship();
    proxy.change('down');
    const bounds: boolean[] = [];
    let seq = 5;
    const until = rig.clock.monotonicMicros + (MAX_SPOOL_MILLIS + 30_000) * 1_000;
    while (rig.clock.monotonicMicros < until) {
      rig.seal(seq, 3);
      seq += 3;
      rig.clock.advance(18_000);
      await rig.shipper.ship();
      bounds.push(rig.shipper.lag().isOverBound);
    }
    expect(bounds[0]).toBe(false);
    expect(bounds.at(-1)).toBe(true);
    expect(bounds.indexOf(true)).toBeGreaterThan(bounds.length / 2);
    expect(Math.max(...rig.waits)).toBe(10_000);
    proxy.change('fair');
    await rig.shipper.ship();
    expect(rig.shipper.lag()).toMatchObject({ files: 0, isOverBound: false });
    const keys = server.versions(rig.bucket).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(await rig.verify()).toMatchObject({ exitCode: 0, records: seq - 1, findings: [] });
    await proxy.close();
  });

  it('goes on counting after a restart, over the time that engines ran, and a new bucket from its beginning', async () => {
    const home = tempHome();
    const first = running({ home });
    first.seal(1, 4);
    await first.shipper.ship();
    // From here on the store is away: nothing is shipped any more.
    for (let minute = 0; minute < 6; minute++) {
      first.seal(5 + minute, 1);
      first.clock.advance(60_000);
    }
    first.close();
    const second = running({ home, bucket: first.bucket });
    const left = second.shipper.lag();
    expect(left.isOverBound).toBe(false);
    expect(left.oldestMillis).toBeGreaterThan(6 * 60_000);
    expect(left.oldestMillis).toBeLessThan(7 * 60_000);
    for (let minute = 0; minute < 6; minute++) {
      second.seal(11 + minute, 1);
      second.clock.advance(60_000);
    }
    expect(second.shipper.lag().isOverBound).toBe(true);
    second.close();
    const third = running({ home, bucket: first.bucket });
    expect(third.shipper.lag().isOverBound).toBe(true);
    await third.shipper.ship();
    expect(third.shipper.lag()).toMatchObject({ files: 0, isOverBound: false });
    third.close();
    expect(running({ home }).shipper.lag()).toMatchObject({ oldestMillis: 0, isOverBound: false });
  });

  it('goes on counting where the bucket has taken nothing yet, after a crash too', () => {
    const home = tempHome();
    const first = running({ home });
    for (let minute = 0; minute < 6; minute++) {
      first.seal(1 + minute, 1);
      first.clock.advance(60_000);
    }
    first.shipper.noteWait();
    first.writer.close();
    const second = running({ home, bucket: first.bucket });
    expect(second.shipper.lag().isOverBound).toBe(false);
    second.clock.advance(6 * 60_000);
    expect(second.shipper.lag().isOverBound).toBe(true);
  });

  it('does not count what was sealed while no bucket was set', async () => {
    const home = tempHome();
    const first = running({ home });
    first.seal(1, 4);
    await first.shipper.ship();
    first.close();
    const { writer } = openJournal({ home });
    const clock = new HandClock();
    const alone = sealerOf(home, { now: clock.now });
    for (let minute = 0; minute < 36; minute++) {
      writer.commit(alerts(5 + minute, 1));
      clock.advance(60_000);
      alone.poll();
    }
    writer.close();
    const again = running({ home, bucket: first.bucket });
    expect(again.shipper.lag()).toMatchObject({ oldestMillis: 0, isOverBound: false });
  });

  it.each(['cutAnswers', 'doubleRequests', 'doubleAnswers', { slowMillis: 30 }] as const)(
    'loses nothing and doubles nothing where the way is %j',
    async (weather) => {
      const proxy = new FaultProxy(endpoint);
      const rig = running({ through: await proxy.listen() });
      proxy.change(weather);
      for (let seq = 1; seq <= 7; seq += 3) {
        rig.seal(seq, 3);
        await rig.shipper.ship();
      }
      proxy.change('fair');
      for (let i = 0; i < 3; i++) await rig.shipper.ship();
      const keys = server.versions(rig.bucket).map(({ key }) => key);
      expect(new Set(keys).size).toBe(keys.length);
      expect(await rig.verify()).toMatchObject({ exitCode: 0, records: 9, findings: [] });
      await proxy.close();
    },
  );

  it.each([
    ['no versioning', { versioning: false, objectLock: false }],
    ['no Object Lock', { objectLock: false }],
  ])('refuses a bucket with %s and says what to do', async (_name, options) => {
    server.createBucket('unfit', options);
    const store = new S3Store({ bucket: 'unfit', endpoint, credentials });
    await expect(checkBucket(store)).rejects.toMatchObject({
      code: 'AUDIT_SINK_FAILED',
      message: expect.stringMatching(/not enabled.*--object-lock-enabled-for-bucket/),
    });
  });

  it('tells a bucket that is not there from a store that is not', async () => {
    const absent = new S3Store({ bucket: 'absent', endpoint, credentials });
    expect(await absent.fitness()).toMatchObject({
      kind: 'unfit',
      reason: expect.stringContaining('NoSuchBucket'),
    });
    const nowhere = new S3Store({ bucket: 'any', endpoint: 'http://127.0.0.1:1', credentials });
    expect(await checkBucket(nowhere)).toMatch(/cannot be asked/);
    const nobody = () => Promise.reject(new Error('the metadata service does not answer'));
    const loginless = new S3Store({ bucket: 'any', endpoint, credentials: nobody });
    expect(await checkBucket(loginless)).toMatch(/cannot be asked.*the metadata service/);
  });
});
