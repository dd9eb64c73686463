import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createHome,
  EngineProcess,
  eventually,
  PATIENCE,
  removeHome,
} from '../support/engine-process.ts';
import { type PagerStub, startPagerStub } from '../support/pager-stub.ts';

vi.setConfig(PATIENCE);

const PRELOAD = new URL('../support/break-engine.mjs', import.meta.url).href;
const home = createHome();
const breakFile = join(home, 'break-engine');
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

function start(): Promise<EngineProcess> {
  rmSync(breakFile, { force: true });
  const settings = {
    ...pager.settings,
    NODE_OPTIONS: `--import ${PRELOAD}`,
    BREAK_ENGINE_FILE: breakFile,
  };
  return EngineProcess.start({ home, settings });
}

/** What was told of failures, oldest first. */
function told(): readonly string[] {
  return pager.pages
    .filter((page) => page.includes(':ENGINE_FAILED'))
    .map((page) => (JSON.parse(page) as { event_action: string }).event_action);
}

describe('an engine that fails', () => {
  it('is paged before it ends, and the next one that is ready ends the incident', async () => {
    engine = await start();
    for (const what of ['core throws', 'main throws']) {
      const before = told().length;
      writeFileSync(breakFile, what);
      expect(await engine.ended()).toBe(1);
      expect(told().slice(before)).toEqual(['trigger']);
      engine = await start();
      await eventually('the incident is ended', () =>
        told().length === before + 2 ? true : undefined,
      );
      expect(told().at(-1)).toBe('resolve');
    }
    expect(await engine.stop()).toBe(0);
    expect(told()).toHaveLength(4);
  });
});
