import { describe, expect, it, onTestFinished } from 'vitest';
import { startAuditSealing } from '../../src/audit/audit-sealing-shell.ts';
import { audit } from '../../src/command/audit.ts';
import { verifyBucket } from '../../src/command/verify-bucket.ts';
import { readConfig } from '../../src/config.ts';
import { homeWith } from '../audit/support/home-files.ts';
import { alerts } from '../audit/support/sample-records.ts';
import { S3TestServer } from '../support/s3-server.ts';
import { captureTerminal, settings, tempFolder } from './support/terminal.ts';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' };

async function shippedHome() {
  const server = new S3TestServer();
  const endpoint = await server.listen();
  onTestFinished(() => server.close());
  server.createBucket('audit');
  const home = homeWith(alerts(1, 6));
  settings(home, { ...CREDENTIALS, S3_ENDPOINT: endpoint });
  const sealing = await startAuditSealing({ home, s3: { bucket: 'audit', endpoint } });
  await sealing.close();
  const key = server.versions('audit')[0]?.key ?? '';
  const url = `s3://audit/${key.slice(0, key.lastIndexOf('/') + 1)}`;
  return { server, home, endpoint, url };
}

describe('verifying a bucket', () => {
  it('is clean where its last record is the one of this home', async () => {
    const { home, endpoint, url } = await shippedHome();
    const config = readConfig({ DELTARING_HOME: home, S3_ENDPOINT: endpoint });
    expect(await verifyBucket(config, url)).toMatchObject({ exitCode: 0, records: 6 });
    const terminal = captureTerminal();
    expect(await audit(['verify', url])).toBe(0);
    expect(terminal.stdout).toContain('6 records');
  });

  it('cannot prove the tail from another machine, whose home has no journal', async () => {
    const { endpoint, url } = await shippedHome();
    const config = readConfig({ DELTARING_HOME: tempFolder(), S3_ENDPOINT: endpoint });
    expect(await verifyBucket(config, url)).toMatchObject({ exitCode: 2, records: 6 });
  });

  it('finds a batch that was changed in the bucket', async () => {
    const { server, home, endpoint, url } = await shippedHome();
    const [stored] = server.versions('audit');
    stored?.body.writeUInt8(stored.body.readUInt8(200) ^ 1, 200);
    const config = readConfig({ DELTARING_HOME: home, S3_ENDPOINT: endpoint });
    expect((await verifyBucket(config, url)).exitCode).toBe(1);
  });

  it('says that it could not check a bucket that is not there', async () => {
    const { home, endpoint } = await shippedHome();
    const config = readConfig({ DELTARING_HOME: home, S3_ENDPOINT: endpoint });
    expect((await verifyBucket(config, 's3://absent/journal/')).exitCode).toBe(2);
  });
});
