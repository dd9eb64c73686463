import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAuditSealing } from '../../src/audit/audit-sealing-shell.ts';
import type { Disk } from '../../src/audit/disk.ts';
import { realDisk } from '../../src/audit/disk.ts';
import { openJournal, readJournal } from '../../src/audit/journal-open.ts';
import { readKillLatch } from '../../src/audit/kill-latch.ts';
import { audit } from '../../src/command/audit.ts';
import { verifyBucket } from '../../src/command/verify-bucket.ts';
import { readConfig } from '../../src/config.ts';
import type { AuditBody } from '../../src/engine/domain/audit-record.ts';
import { homeWith } from '../audit/support/home-files.ts';
import { alerts, orderStory, recordsOf } from '../audit/support/sample-records.ts';
import { S3Refusal } from '../support/s3/versioned-bucket.ts';
import { S3TestServer } from '../support/s3-server.ts';
import { captureTerminal, settings, tempFolder } from './support/terminal.ts';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' };
const kill: AuditBody = { kind: 'killEngaged', principal: 'alice', reason: 'enough' };
const records = recordsOf(1, [...orderStory('o-1'), kill]);

/** A home whose log an audit thread has sealed and shipped, and where it is. */
async function shippedHome(retentionYears = 3) {
  const server = new S3TestServer();
  const endpoint = await server.listen();
  onTestFinished(() => server.close());
  server.createBucket('audit');
  const home = homeWith(records);
  settings(home, { ...CREDENTIALS, S3_ENDPOINT: endpoint });
  const s3 = { bucket: 'audit', endpoint, retentionYears, prefix: 'deltaring' };
  const sealing = await startAuditSealing({ home, build: 'test', s3 });
  await sealing.close();
  const config = (other = home) => readConfig({ DELTARING_HOME: other, S3_ENDPOINT: endpoint });
  return { server, home, endpoint, config, url: 's3://audit/deltaring/' };
}

async function printedKey(): Promise<string> {
  const terminal = captureTerminal();
  expect(await audit(['key'])).toBe(0);
  return terminal.stdout.trim().split('\n').at(-1) ?? '';
}

describe('verifying a bucket', () => {
  it('is clean on the engine’s own machine, and elsewhere with its public key', async () => {
    const { home, config, url, endpoint } = await shippedHome();
    const key = await printedKey();
    expect(key).toMatch(/^deltaring\/[0-9a-f]{32}\+[0-9a-f]{8}\+/);
    const { report } = await verifyBucket(config(home), url);
    expect(report).toMatchObject({ exitCode: 0, records: 6, findings: [] });
    settings(tempFolder(), { ...CREDENTIALS, S3_ENDPOINT: endpoint });
    const terminal = captureTerminal();
    expect(await audit(['verify', url, '--key', key])).toBe(0);
    expect(terminal.stdout).toContain('6 records');
    const head = `${report.head?.size}:${report.head?.root.slice(0, 16)}`;
    expect(await audit(['verify', url, '--key', key, '--head', head])).toBe(0);
    expect(await audit(['verify', url, '--key', key, '--head', '6:0123456789abcdef'])).toBe(1);
  });

  it('cannot check elsewhere without a key', async () => {
    const { config, url } = await shippedHome();
    const { report } = await verifyBucket(config(tempFolder()), url);
    expect(report).toMatchObject({ exitCode: 2, records: 6 });
  });

  it('finds a file that was changed in the bucket', async () => {
    const { server, config, url } = await shippedHome();
    const stored = server.versions('audit').find(({ key }) => key.includes('entries'));
    stored?.body.writeUInt8(stored.body.readUInt8(80) ^ 1, 80);
    expect((await verifyBucket(config(), url)).report.exitCode).toBe(1);
  });

  it.each([
    [403, 'AccessDenied', 2, 'cannot be read'],
    [404, 'NoSuchObjectLockConfiguration', 1, 'it is not locked'],
  ])(
    'takes an answer of %i %s about a lock for what it proves',
    async (status, code, exit, what) => {
      const { server, config, url } = await shippedHome();
      server.refusal = (request) => {
        return request.url?.includes('retention') === true
          ? new S3Refusal(status, code)
          : undefined;
      };
      const { report } = await verifyBucket(config(), url);
      expect(report.exitCode).toBe(exit);
      expect(JSON.stringify(report.findings)).toContain(what);
    },
  );

  it('tells what is locked for less than is asked for here, and does not call it tampered', async () => {
    const { config, url } = await shippedHome(1);
    const { report } = await verifyBucket(config(), url);
    expect(report.exitCode).toBe(0);
    expect(report.findings.map((finding) => finding.what)).toEqual([
      expect.stringMatching(/^\d+ objects are locked for less than the 3 years/),
    ]);
  });

  it('finds a home that is behind its bucket, or beside it', async () => {
    const { home, config, url } = await shippedHome();
    rmSync(join(home, 'audit', 'log'), { recursive: true });
    const other = await startAuditSealing({ home, build: 'test', s3: undefined });
    await other.close();
    const beside = await verifyBucket(config(), url);
    expect(beside.report.exitCode).toBe(0);
    const { writer } = openJournal({ home });
    writer.commit(alerts(7, 1));
    writer.close();
    const ahead = await startAuditSealing({ home, build: 'test', s3: undefined });
    await ahead.close();
    const behind = await verifyBucket(config(), url);
    expect(behind.report.exitCode).toBe(0);
    expect(JSON.stringify(behind.report.findings)).toContain('1 entries behind this home');
  });

  it('looks again where a tile of the home goes meanwhile, and else keeps what the bucket has proven', async () => {
    const { config, url } = await shippedHome();
    let vanished = 0;
    const losing = (times: number): Disk => ({
      ...realDisk,
      read: (path) => {
        if (!path.includes('tile/entries') || vanished === times) return realDisk.read(path);
        vanished += 1;
        throw Object.assign(new Error('it is gone'), { code: 'ENOENT' });
      },
    });
    const { report } = await verifyBucket(config(), url, {}, losing(1));
    expect(report).toMatchObject({ exitCode: 0, records: 6, findings: [] });
    vanished = 0;
    const never = await verifyBucket(config(), url, {}, losing(100));
    expect(never.report).toMatchObject({ exitCode: 2, records: 6 });
    expect(never.report.findings).toMatchObject([{ severity: 'unchecked' }]);
  });

  it('says that it could not check a bucket that is not there', async () => {
    const { config } = await shippedHome();
    expect((await verifyBucket(config(), 's3://absent/journal/')).report.exitCode).toBe(2);
  });
});

describe('restoring from a bucket', () => {
  it('brings journal, log and kill latch back onto an empty machine', async () => {
    const { home, endpoint, url } = await shippedHome();
    const key = join(tempFolder(), 'key.pub');
    writeFileSync(key, `the auditor's copy:\n${await printedKey()}\n`);
    const before = readJournal(home);
    const privateKey = readFileSync(join(home, 'audit.key'));
    rmSync(home, { recursive: true });
    settings(home, { ...CREDENTIALS, S3_ENDPOINT: endpoint });
    const terminal = captureTerminal();
    expect(await audit(['restore', url, '--key', key])).toBe(0);
    expect(terminal.stdout).toContain('restored 6 records, the last 6');
    expect(terminal.stdout).toContain('signing key was lost');
    expect(readJournal(home)).toEqual({ ...before, notices: [] });
    expect(readKillLatch(home)).toMatchObject({ principal: 'alice', reason: 'enough' });
    expect(readFileSync(join(home, 'audit.key'))).not.toEqual(privateKey);
    expect(await audit(['verify'])).toBe(0);
    expect(terminal.stdout).toContain('key 1 was lost');
    expect(await audit(['restore', url, '--key', key])).toBe(2);
    expect(terminal.stderr).toContain('there is a journal');
  });

  it('goes on with the same key where that was kept, and ships on without doubles', async () => {
    const { server, home, endpoint, url } = await shippedHome();
    const privateKey = readFileSync(join(home, 'audit.key'));
    rmSync(home, { recursive: true });
    const again = tempFolder();
    writeFileSync(join(again, 'audit.key'), privateKey, { mode: 0o600 });
    settings(again, { ...CREDENTIALS, S3_ENDPOINT: endpoint });
    const terminal = captureTerminal();
    expect(await audit(['restore', url])).toBe(0);
    expect(terminal.stdout).not.toContain('signing key was lost');
    const { writer } = openJournal({ home: again });
    writer.commit(alerts(7, 3));
    writer.close();
    const s3 = { bucket: 'audit', endpoint, retentionYears: 3, prefix: 'deltaring' };
    const sealing = await startAuditSealing({ home: again, build: 'test', s3 });
    await sealing.close();
    const keys = server.versions('audit').map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(await audit(['verify', url])).toBe(0);
    expect(terminal.stdout).toContain('9 records');
  });

  it('does not restore what was tampered with', async () => {
    const { server, home, url } = await shippedHome();
    const stored = server.versions('audit').find(({ key }) => key.includes('entries'));
    stored?.body.writeUInt8(stored.body.readUInt8(80) ^ 1, 80);
    rmSync(join(home, 'journal'), { recursive: true });
    captureTerminal();
    expect(await audit(['restore', url])).toBe(1);
  });
});
