import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realDisk } from '../../src/audit/disk.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { logFileNames } from '../../src/audit/log-folder.ts';
import { CHECKPOINT_NAME } from '../../src/audit/log-layout.ts';
import type { PositionView } from '../../src/desk/engine-api.ts';
import {
  createHome,
  EngineProcess,
  eventually,
  PATIENCE,
  removeHome,
  runDeltaring,
  settingsFor,
} from '../support/engine-process.ts';
import { S3TestServer } from '../support/s3-server.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

const BUCKET = 'audit';
const URL = `s3://${BUCKET}/deltaring/`;
/** Secrets of the settings: none of them may be found in what the audit side writes. */
const CANARIES = {
  MCP_TOKEN: 'canary-mcp-token-0123456789abcdef',
  AWS_ACCESS_KEY_ID: 'canary-access-key-id',
  AWS_SECRET_ACCESS_KEY: 'canary-secret-access-key-0123456789',
};
const home = createHome();
const server = new S3TestServer();
const spent: string[] = [];

let settings: Record<string, string>;
let engine: EngineProcess | undefined;
let trader: Trader | undefined;
let before: PositionView | undefined;

async function begin(): Promise<Trader> {
  engine = await EngineProcess.start({ home, settings });
  return Trader.overHttp(engine.url, CANARIES.MCP_TOKEN);
}

async function audit(...args: readonly string[]) {
  return runDeltaring(['audit', ...args], settingsFor(home, settings));
}

/** Waits until the bucket has every file of the home's log as it stands. */
async function shipped(): Promise<void> {
  const { log } = journalPaths(home);
  await eventually('the bucket has caught up', () => {
    const names = logFileNames(realDisk, log).filter((name) => name !== CHECKPOINT_NAME);
    const keys = server.versions(BUCKET).map(({ key }) => key);
    return names.every((name) => keys.some((key) => key.endsWith(name))) ? true : undefined;
  });
}

beforeAll(async () => {
  const endpoint = await server.listen();
  server.createBucket(BUCKET);
  settings = {
    ...CANARIES,
    S3_AUDIT_BUCKET: BUCKET,
    S3_ENDPOINT: endpoint,
    SIM_SPEED: '2',
    CONFIRMATION_TIMEOUT: '600',
  };
  trader = await begin();
});

afterAll(async () => {
  await trader?.leave();
  await engine?.kill();
  await server.close();
  removeHome(home);
});

describe('a machine that is lost', () => {
  it('has its log in the bucket, under lock, with a head on every answer', async () => {
    const opened = await trader!.open('iron_condor_30_delta');
    spent.push(opened.card.confirmToken);
    const pnl = await trader!.pnl();
    expect(pnl.auditHead).toMatch(/^\d+:[0-9a-f]{16}$/);
    [before] = pnl.positions;
    await trader!.call('kill_switch', { reason: 'the machine smokes' });
    await shipped();
    // The log goes on meanwhile: a look that catches it in motion says that it could not check.
    await eventually('the bucket verifies', async () => {
      const { code } = await audit('verify', URL, '--head', pnl.auditHead ?? '');
      expect(code).not.toBe(1);
      return code === 0 ? true : undefined;
    });
    expect(server.versions(BUCKET).every(({ retention }) => retention?.mode === 'COMPLIANCE')).toBe(
      true,
    );
  });

  it('is killed, its home deleted, and restored from the bucket alone', async () => {
    await trader!.leave();
    await engine!.kill();
    const { stdout: key } = await audit('key');
    rmSync(home, { recursive: true });
    mkdirSync(home);
    const restored = await audit('restore', URL, '--key', key.trim());
    expect([restored.code, restored.stdout]).toEqual([0, expect.stringContaining('restored')]);
    expect((await audit('verify')).code).toBe(0);
  });

  it('goes on where it was: position, exit plan, kill', async () => {
    trader = await begin();
    const pnl = await trader.pnl();
    expect(pnl.killed).toBe(true);
    const [position] = pnl.positions;
    expect(position?.positionId).toBe(before?.positionId);
    expect(position?.openCashCents).toBe(before?.openCashCents);
    expect(position?.exitPlan).toEqual(before?.exitPlan);
  });

  it('ships on into the same log, over both lives, without doubles', async () => {
    expect(await engine!.stop()).toBe(0);
    await shipped();
    const keys = server.versions(BUCKET).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    const { code, stdout } = await audit('verify', URL);
    expect([code, stdout]).toEqual([0, expect.stringContaining('key 1 was lost')]);
  });

  it('wrote no secret and no plain token anywhere', () => {
    const files = readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
    const written = [...files, ...server.versions(BUCKET).map(({ body }) => body)];
    expect(written.length).toBeGreaterThan(20);
    for (const secret of [...Object.values(CANARIES), ...spent]) {
      expect(secret.length).toBeGreaterThan(15);
      expect(written.filter((bytes) => bytes.includes(secret))).toEqual([]);
    }
  });
});
