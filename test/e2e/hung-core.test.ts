import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { killLatchPath } from '../../src/audit/kill-latch.ts';
import { createHome, EngineProcess, eventually, PATIENCE } from '../support/engine-process.ts';
import { type PagerStub, startPagerStub } from '../support/pager-stub.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

const CONDOR = { width: 5, short_delta: 30, quantity: 1 };
const PRELOAD = new URL('../support/hang-core.mjs', import.meta.url).href;
let pager: PagerStub;
let engine: EngineProcess;
let trader: Trader;
let hangFile: string;

beforeAll(async () => {
  pager = await startPagerStub();
  const home = createHome();
  hangFile = join(home, 'hang-core');
  engine = await EngineProcess.start({
    home,
    settings: {
      NODE_OPTIONS: `--import ${PRELOAD}`,
      HANG_CORE_FILE: hangFile,
      ...pager.settings,
    },
  });
  trader = await Trader.overHttp(engine.url);
});

afterAll(async () => {
  if (hangFile !== undefined) rmSync(hangFile, { force: true });
  await trader?.leave();
  await engine?.remove();
  pager?.close();
});

async function health(): Promise<number> {
  return (await fetch(new URL('/health', engine.url))).status;
}

describe('a core thread that hangs', () => {
  it('is paged, turns health to 503, and cannot open once the kill switch is pulled', async () => {
    const preview = await trader.call('iron_condor_30_delta', CONDOR);
    expect(await health()).toBe(200);
    writeFileSync(hangFile, '');
    await eventually('health answers 503', async () =>
      (await health()) === 503 ? true : undefined,
    );
    await eventually('the silent core is paged', () =>
      pager.pages.some((page) => page.includes('CORE_SILENT')) ? true : undefined,
    );

    const confirmed = trader.ask('confirm_trade', { confirm_token: preview['confirmToken'] });
    confirmed.catch(() => undefined);
    const killed = await trader.call('kill_switch', { reason: 'it hangs' });
    expect(killed).toMatchObject({ killed: true, reason: 'it hangs' });
    expect(killed['note']).toContain('has not answered');
    expect(existsSync(killLatchPath(engine.home))).toBe(true);

    rmSync(hangFile);
    await eventually('health answers 200 again', async () =>
      (await health()) === 200 ? true : undefined,
    );
    const { orders } = await trader.call('get_recent_orders');
    const fates = (orders as { status: string; reason: string | null }[]).map(
      ({ status, reason }) => [status, reason?.includes('kill')],
    );
    expect(fates.filter(([status]) => status !== 'denied')).toEqual([]);
    expect(fates.every(([, named]) => named === true)).toBe(true);
    expect((await trader.refusal('iron_condor_30_delta', CONDOR)).code).toBe('killed');
  });

  it('does not keep the process from ending: what may be open is paged, which the next engine ends, and it exits 3', async () => {
    writeFileSync(hangFile, '');
    await eventually('health answers 503', async () =>
      (await health()) === 503 ? true : undefined,
    );
    expect(await engine.stop()).toBe(3);
    expect(pager.pages.some((page) => page.includes('UNPROTECTED_AT_STOP'))).toBe(true);
    expect(engine.log).toContain('unknown: the core did not answer');
    expect(readFileSync(join(engine.home, 'open-alerts'), 'utf8')).toContain('UNPROTECTED_AT_STOP');
  });
});
