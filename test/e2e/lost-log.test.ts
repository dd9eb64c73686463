import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  detachedEngine,
  type EngineOptions,
  EngineProcess,
  eventually,
  PATIENCE,
} from '../support/engine-process.ts';
import { freePort } from '../support/free-port.ts';
import { type PagerStub, startPagerStub } from '../support/pager-stub.ts';

vi.setConfig(PATIENCE);

/** What follows runs in a terminal of its own, which ends with it and as it does. */
const IN_A_TERMINAL = `exec script -qec "exec '$0' '$1' '$2'" /dev/null`;
const HOLD = '\x13';

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
async function expectKilled(): Promise<void> {
  const { code, stdout } = await engine.console('kill', 'nobody reads the log');
  expect([code, stdout]).toEqual([0, expect.stringContaining('killed since')]);
  await eventually('the page has left', () =>
    pager.pages.some((page) => page.includes('KILL_ENGAGED')) ? true : undefined,
  );
}

describe.skipIf(process.platform === 'win32')('an engine whose log takes no line', () => {
  it('pages, answers and stops where the log stands on a full disk', async () => {
    const settings = { PORT: String(await freePort()) };
    await started({ settings, shell: 'exec 2>/dev/full' });
    await expectKilled();
    expect(await engine.stop()).toBe(0);
  });

  it('pages, answers and stops where the reader of its log is gone', async () => {
    await started({});
    engine.closeLog();
    await expectKilled();
    expect(await engine.stop()).toBe(0);
  });

  it.skipIf(process.platform !== 'linux')(
    'pages, answers and stops where its terminal is held',
    async () => {
      const settings = { PORT: String(await freePort()) };
      await started({ settings, shell: IN_A_TERMINAL });
      engine.type(HOLD);
      await expectKilled();
      const pid = await detachedEngine(engine.home);
      if (pid === undefined) throw new Error('no engine answers');
      // Ctrl-C would let the terminal go on.
      process.kill(pid, 'SIGTERM');
      expect(await engine.ended()).toBe(0);
    },
  );
});
