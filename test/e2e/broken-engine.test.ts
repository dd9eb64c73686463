import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createHome,
  EngineProcess,
  eventually,
  PATIENCE,
  removeHome,
  type Settings,
} from '../support/engine-process.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { type PagerStub, startPagerStub } from '../support/pager-stub.ts';
import { S3TestServer } from '../support/s3-server.ts';

vi.setConfig(PATIENCE);

const NEVER_MILLIS = 600_000;
const PRELOAD = new URL('../support/break-engine.mjs', import.meta.url).href;
const home = createHome();
let pager: PagerStub;
let engine: EngineProcess | undefined;

beforeAll(async () => {
  pager = await startPagerStub();
});

afterAll(async () => {
  await engine?.kill();
  pager?.close();
  removeHome(home);
});

function breakFileOf(folder: string): string {
  return join(folder, 'break-engine');
}

function start(folder: string, more: Settings = {}): Promise<EngineProcess> {
  rmSync(breakFileOf(folder), { force: true });
  const settings = {
    ...pager.settings,
    ...more,
    NODE_OPTIONS: `--import ${PRELOAD}`,
    BREAK_ENGINE_FILE: breakFileOf(folder),
  };
  return EngineProcess.start({ home: folder, settings });
}

/** What was told of failures, oldest first. */
function told(): readonly string[] {
  return pager.pages
    .filter((page) => page.includes(':ENGINE_FAILED'))
    .map((page) => (JSON.parse(page) as { event_action: string }).event_action);
}

describe('an engine that fails', () => {
  it('is paged before it ends, and the next one that is ready ends the incident', async () => {
    engine = await start(home);
    for (const what of ['core throws', 'main throws']) {
      const before = told().length;
      writeFileSync(breakFileOf(home), what);
      expect(await engine.ended()).toBe(1);
      expect(told().slice(before)).toEqual(['trigger']);
      engine = await start(home);
      await eventually('the incident is ended', () =>
        told().length === before + 2 ? true : undefined,
      );
      expect(told().at(-1)).toBe('resolve');
    }
    expect(await engine.stop()).toBe(0);
    expect(told()).toHaveLength(4);
  });
});

/** A bucket that takes every question and answers none. */
async function silentBucket() {
  const server = new S3TestServer();
  server.createBucket('audit');
  const proxy = new FaultProxy(await server.listen());
  proxy.weather = { slowMillis: NEVER_MILLIS };
  const settings = {
    S3_AUDIT_BUCKET: 'audit',
    S3_ENDPOINT: await proxy.listen(),
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
  };
  onTestFinished(async () => {
    await proxy.close();
    await server.close();
  });
  return settings;
}

describe('an engine that fails while its start waits for the bucket of the audit log', () => {
  it('is paged for what it failed of, not for the bucket', async () => {
    const other = createHome();
    onTestFinished(() => removeHome(other));
    const before = pager.pages.length;
    const started = start(other, await silentBucket());
    started.catch(() => undefined);
    await eventually('the core trades', () => {
      try {
        const journal = readFileSync(join(other, 'journal', '000001.journal'));
        return journal.includes('"sessionOpened"') ? true : undefined;
      } catch {
        return undefined;
      }
    });
    writeFileSync(breakFileOf(other), 'core throws');
    await expect(started).rejects.toThrow('the engine ended before it was ready');
    const pages = pager.pages.slice(before).filter((page) => page.includes(':ENGINE_FAILED'));
    expect(pages).toEqual([expect.stringContaining('a thread died: Error: broken by a test')]);
  });
});
