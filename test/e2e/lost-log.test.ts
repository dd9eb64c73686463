import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type EngineOptions,
  EngineProcess,
  eventually,
  PATIENCE,
} from '../support/engine-process.ts';
import { freePort } from '../support/free-port.ts';
import { type PagerStub, startPagerStub } from '../support/pager-stub.ts';

vi.setConfig(PATIENCE);

let pager: PagerStub;
let engine: EngineProcess;

beforeEach(async () => {
  pager = await startPagerStub();
});

afterEach(async () => {
  await engine?.remove();
  pager.close();
});

async function started(options: EngineOptions): Promise<void> {
  engine = await EngineProcess.start({
    ...options,
    settings: { ...pager.settings, ...options.settings },
  });
}

/** A kill is told in a line of the log, at the pager, and to whoever asked for it. */
async function expectAlive(): Promise<void> {
  const { code, stdout } = await engine.console('kill', 'nobody reads the log');
  expect([code, stdout]).toEqual([0, expect.stringContaining('killed since')]);
  await eventually('the page has left', () =>
    pager.pages.some((page) => page.includes('KILL_ENGAGED')) ? true : undefined,
  );
  expect(await engine.stop()).toBe(0);
}

describe.skipIf(process.platform === 'win32')('an engine whose log takes no line', () => {
  it('pages, answers and stops where the log stands on a full disk', async () => {
    const settings = { PORT: String(await freePort()) };
    await started({ settings, shell: 'exec 2>/dev/full' });
    await expectAlive();
  });

  it('pages, answers and stops where the reader of its log is gone', async () => {
    await started({});
    engine.closeLog();
    await expectAlive();
  });
});
