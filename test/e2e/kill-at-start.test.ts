import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { engageKillLatch } from '../../src/audit/kill-latch.ts';
import { wallMicros } from '../../src/engine/domain/clock.ts';
import {
  createHome,
  EngineProcess,
  eventually,
  PATIENCE,
  removeHome,
} from '../support/engine-process.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { S3TestServer } from '../support/s3-server.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

const NEVER_MILLIS = 600_000;
const home = createHome();
const server = new S3TestServer();
/** Takes every question to the bucket, and hands none on until the test says so. */
let bucket: FaultProxy;
let endpoint: string;
let engine: EngineProcess | undefined;

beforeAll(async () => {
  server.createBucket('audit');
  bucket = new FaultProxy(await server.listen());
  bucket.weather = { slowMillis: NEVER_MILLIS };
  endpoint = await bucket.listen();
});

afterAll(async () => {
  await engine?.kill();
  await bucket.close();
  await server.close();
  removeHome(home);
});

/** Waits until a record of the home's journal holds this word. */
function recorded(word: string): Promise<true> {
  return eventually(`the journal holds ${word}`, () => {
    try {
      const bytes = readFileSync(join(home, 'journal', '000001.journal'));
      return bytes.includes(`"${word}"`) ? true : undefined;
    } catch {
      return undefined;
    }
  });
}

describe('a kill that finds no socket while the engine starts', () => {
  it('is taken from its latch by the core that trades already', async () => {
    const settings = {
      S3_AUDIT_BUCKET: 'audit',
      S3_ENDPOINT: endpoint,
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
    };
    const starting = EngineProcess.start({ home, settings });
    let isUp = false;
    void starting.then(() => {
      isUp = true;
    });
    await recorded('engineStarted');
    engageKillLatch(home, { principal: 'operator', reason: 'a leak', wallMicros: wallMicros() });
    await recorded('a leak');
    expect(isUp).toBe(false);
    bucket.change('fair');
    engine = await starting;
    const trader = await Trader.overHttp(engine.url);
    await trader.refusalFor('killed', 'iron_condor_30_delta');
    await trader.leave();
  });
});
