import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FromSealing, SealedHead } from '../../src/audit/audit-sealing-protocol.ts';
import { startAuditSealing } from '../../src/audit/audit-sealing-shell.ts';
import { openJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { logOpeningError } from '../../src/audit/log-folder.ts';
import { machineTimes } from '../../src/audit/machine-times-shell.ts';
import { S3Store } from '../../src/audit/s3-store-shell.ts';
import { SealingLoop } from '../../src/audit/sealing-loop-shell.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { S3Refusal } from '../support/s3/versioned-bucket.ts';
import { S3TestServer } from '../support/s3-server.ts';
import { homeWith } from './support/home-files.ts';
import { alerts, recordOf } from './support/sample-records.ts';
import { HandClock } from './support/sealed-home.ts';
import { tempHome } from './support/temp-home.ts';

const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };

describe('the audit thread', () => {
  it('seals while the journal is written, tells its head, and seals the rest when it ends', async () => {
    const home = tempHome();
    const { writer } = openJournal({ home });
    writer.commit(alerts(1, 2));
    const heads: SealedHead[] = [];
    const problems: string[] = [];
    const sealing = await startAuditSealing({
      home,
      build: 'test',
      s3: undefined,
      onHead: (head) => heads.push(head),
      onProblem: (reason) => problems.push(reason),
    });
    expect(heads.at(-1)).toMatchObject({ size: 2, lastSeq: 2, checkpoint: 1 });
    writer.commit([recordOf(3, { kind: 'killReleased', principal: 'alice' })]);
    for (let i = 0; i < 400 && heads.at(-1)?.lastSeq !== 3; i++) await sleep(10);
    expect(heads.at(-1)).toMatchObject({ size: 3, lastSeq: 3 });
    writer.commit(alerts(4, 1));
    writer.close();
    await sealing.close();
    expect(heads.at(-1)).toMatchObject({ size: 4, lastSeq: 4 });
    expect(problems).toEqual([]);
    expect(verifyJournal(home)).toMatchObject({ exitCode: 0, records: 4, findings: [] });
  });

  it('does not start where there is no journal', async () => {
    const start = startAuditSealing({ home: tempHome(), build: 'test', s3: undefined });
    await expect(start).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
  });

  it('says what to do where the disk does not take the log', async () => {
    const home = homeWith(alerts(1, 2));
    writeFileSync(journalPaths(home).log, '');
    await expect(startAuditSealing({ home, build: 'test', s3: undefined })).rejects.toMatchObject({
      code: 'AUDIT_SINK_FAILED',
      message: expect.stringContaining("check the folder's owner and the disk"),
    });
  });

  it('names a full disk as one', () => {
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    expect(logOpeningError('/home/audit/log', full)).toMatchObject({
      code: 'DISK_FULL',
      message: 'no space for the audit log in /home/audit/log: free some and start again',
    });
  });
});

describe('the sealing loop', () => {
  const server = new S3TestServer();
  let endpoint = '';
  let buckets = 0;

  beforeAll(async () => {
    endpoint = await server.listen();
  });
  afterAll(() => server.close());

  async function loopOn(home: string, through = endpoint, bucket = `loop-${++buckets}`) {
    if (!bucket.startsWith('absent')) server.createBucket(bucket);
    const told: FromSealing[] = [];
    const clock = new HandClock();
    const loop = await SealingLoop.open({
      home,
      build: 'test',
      s3: { bucket, endpoint: through, retentionYears: 3, prefix: 'deltaring' },
      now: clock.now,
      report: (message) => told.push(message),
      openStore: async (target) => {
        const store = new S3Store({ ...target, credentials });
        return { store, close: () => store.close() };
      },
    });
    const last = <K extends FromSealing['kind']>(kind: K) =>
      told.findLast((message): message is Extract<FromSealing, { kind: K }> => {
        return message.kind === kind;
      });
    return { loop, clock, told, last, bucket };
  }

  it('refuses a bucket that cannot hold the log, but not one that is away for now', async () => {
    const home = homeWith(alerts(1, 2));
    await expect(loopOn(home, endpoint, 'absent')).rejects.toMatchObject({
      code: 'AUDIT_SINK_FAILED',
    });
    const proxy = new FaultProxy(endpoint);
    const through = await proxy.listen();
    proxy.weather = 'down';
    const { loop, clock, last, bucket } = await loopOn(home, through);
    expect(last('problem')?.reason).toContain('cannot be asked');
    expect(server.versions(bucket)).toEqual([]);
    proxy.change('fair');
    clock.advance(1_000);
    loop.turn();
    await loop.close();
    expect(server.versions(bucket).length).toBeGreaterThan(3);
    expect(last('lag')?.lag.shipping).toMatchObject({ files: 0, isOverBound: false });
    await proxy.close();
  });

  it('remembers over a crash how long its bucket was away, until a run without one', async () => {
    const home = homeWith(alerts(1, 2));
    const proxy = new FaultProxy(endpoint);
    const through = await proxy.listen();
    proxy.weather = 'down';
    const first = await loopOn(home, through);
    first.clock.advance(9 * 60_000);
    first.loop.turn();
    const { loop, clock, last, bucket } = await loopOn(home, through, first.bucket);
    expect(last('lag')?.lag.shipping).toMatchObject({ oldestMillis: 9 * 60_000 });
    clock.advance(2 * 60_000);
    loop.turn();
    expect(last('lag')?.lag.shipping?.isOverBound).toBe(true);
    const alone = await startAuditSealing({ home, build: 'test', s3: undefined });
    await alone.close();
    const again = await loopOn(home, through, bucket);
    expect(again.last('lag')?.lag.shipping).toMatchObject({ oldestMillis: 0, isOverBound: false });
    await proxy.close();
  });

  it.each([
    ['versioning', 400, 'ExpiredToken'],
    ['object-lock', 403, 'AccessDenied'],
  ])(
    'starts where the bucket answers to ?%s with %i %s, and ships once it is fit',
    async (...parts) => {
      const [question, status, code] = parts;
      server.refusal = ({ url }) => {
        return url?.includes(`?${question}`) === true ? new S3Refusal(status, code) : undefined;
      };
      const { loop, clock, last, bucket } = await loopOn(homeWith(alerts(1, 2)));
      expect(last('problem')?.reason).toContain(`cannot be asked whether it locks: ${code}`);
      loop.turn();
      expect(server.versions(bucket)).toEqual([]);
      server.refusal = () => undefined;
      clock.advance(1_000);
      loop.turn();
      await loop.close();
      expect(server.versions(bucket).length).toBeGreaterThan(3);
      expect(last('lag')?.lag.shipping).toMatchObject({ files: 0 });
    },
  );

  it('forgets a seal that failed and seals again from the last checkpoint', async () => {
    const home = tempHome();
    const { writer } = openJournal({ home });
    writer.commit(alerts(1, 2));
    const { loop, clock, last } = await loopOn(home);
    writer.commit([recordOf(3, { kind: 'killReleased', principal: 'alice' })]);
    const inTheWay = join(home, 'audit', 'log', 'checkpoint.new');
    mkdirSync(inTheWay);
    loop.turn();
    expect(last('problem')?.reason).toContain('sealing failed');
    expect(last('head')?.head).toMatchObject({ lastSeq: 2 });
    rmdirSync(inTheWay);
    clock.advance(1_000);
    loop.turn();
    expect(last('head')?.head).toMatchObject({ lastSeq: 3 });
    writer.close();
    await loop.close();
    expect(verifyJournal(home).exitCode).toBe(0);
  });
});

describe('the times of a machine', () => {
  it('are its clock and its uptime', () => {
    const [first, second] = [machineTimes(), machineTimes()];
    expect(Math.abs(first.systemMicros - Date.now() * 1_000)).toBeLessThan(60_000_000);
    expect(second.monotonicMicros).toBeGreaterThanOrEqual(first.monotonicMicros);
  });
});
