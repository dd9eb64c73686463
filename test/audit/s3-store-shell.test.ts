import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { S3Store } from '../../src/audit/s3-store-shell.ts';
import { S3Refusal } from '../support/s3/versioned-bucket.ts';
import { S3TestServer } from '../support/s3-server.ts';
import { tempHome } from './support/temp-home.ts';

const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };

describe('the region that a request is signed for', () => {
  const server = new S3TestServer();
  let endpoint = '';
  let region: string | undefined;
  /** Where the bucket is; undefined: wherever it is looked for. */
  let place: string | undefined;
  let home: string;

  beforeAll(async () => {
    endpoint = await server.listen();
    server.createBucket('audit');
    server.refusal = ({ headers }) => {
      [, region] = /Credential=any\/\d+\/([^/]+)\//.exec(headers.authorization ?? '') ?? [];
      if (place === undefined || place === region) return undefined;
      return new S3Refusal(301, 'PermanentRedirect', { 'x-amz-bucket-region': place });
    };
  });
  beforeEach(() => {
    home = tempHome();
    place = undefined;
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) {
      vi.stubEnv(name, undefined);
    }
    vi.stubEnv('AWS_CONFIG_FILE', join(home, 'config'));
  });
  afterEach(() => void vi.unstubAllEnvs());
  afterAll(() => server.close());

  async function asked(): Promise<string | undefined> {
    const store = new S3Store({ bucket: 'audit', endpoint, credentials });
    expect(await store.fitness()).toEqual({ kind: 'fit' });
    store.close();
    return region;
  }

  it.each(['AWS_REGION', 'AWS_DEFAULT_REGION'])('is that of %s', async (name) => {
    vi.stubEnv(name, 'eu-central-1');
    expect(await asked()).toBe('eu-central-1');
  });

  it('is that of the profile where no variable names one', async () => {
    writeFileSync(join(home, 'config'), '[profile desk]\nregion = ap-south-1\n');
    vi.stubEnv('AWS_PROFILE', 'desk');
    expect(await asked()).toBe('ap-south-1');
  });

  it('is the first of all where nothing names one, and the one that the bucket names then', async () => {
    expect(await asked()).toBe('us-east-1');
    place = 'sa-east-1';
    expect(await asked()).toBe('sa-east-1');
  });
});
