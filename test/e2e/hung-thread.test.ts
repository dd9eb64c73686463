import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createHome, EngineProcess, PATIENCE } from '../support/engine-process.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

const PRELOADS = ['hang-thread.mjs', 'break-engine.mjs'].map(
  (name) => `--import ${new URL(`../support/${name}`, import.meta.url).href}`,
);
const engines: EngineProcess[] = [];

afterAll(() => Promise.all(engines.map((engine) => engine.remove())));

/** An engine that leaves what is open, and how to let one of its threads hang in the system. */
async function engineThatCanHang() {
  const home = createHome();
  const file = join(home, 'hang-thread');
  execFileSync('mkfifo', [`${file}.pipe`]);
  const settings = {
    SHUTDOWN_POLICY: 'leave',
    NODE_OPTIONS: PRELOADS.join(' '),
    HANG_THREAD_FILE: file,
    BREAK_ENGINE_FILE: `${file}.breaks`,
  };
  const running = await EngineProcess.start({ home, settings });
  engines.push(running);
  /** Resolves once it hangs, or is about to with nothing in between. */
  const hang = async (thread: string) => {
    writeFileSync(file, thread);
    await vi.waitUntil(() => existsSync(`${file}.hangs`), { timeout: 30_000 });
  };
  const breakCore = () => writeFileSync(`${file}.breaks`, 'core throws');
  return { running, hang, breakCore };
}

/** Each waits for the time limits of a stop, and so both do at once. */
const both = describe.skipIf(process.platform === 'win32').concurrent;

both('a thread that hangs in a call of the system', () => {
  it('does not keep a stop from telling what is left and ending with 3', async () => {
    const { running, hang } = await engineThatCanHang();
    const trader = await Trader.overHttp(running.url);
    const { order } = await trader.open('iron_condor_30_delta');
    await trader.leave();
    await hang('audit');
    expect(await running.stop()).toBe(3);
    expect(running.log).toContain(`no broker-side stop protects: ${order.positionId}`);
    expect(running.log).toContain('a thread hangs in a call of the system');
  });

  it('does not keep an engine that has failed from its end', async () => {
    const { running, hang, breakCore } = await engineThatCanHang();
    await hang('audit');
    breakCore();
    expect(await running.ended()).toBe(1);
  });
});
