import { afterAll, describe, expect, it, vi } from 'vitest';
import type { MarketStatusView } from '../../src/desk/engine-api-health.ts';
import {
  createHome,
  EngineProcess,
  PATIENCE,
  removeHome,
  runDeltaring,
  settingsFor,
} from '../support/engine-process.ts';
import { clockToday } from './session-today.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

const afternoon = createHome();
const morning = createHome();
const engines: EngineProcess[] = [];
let leftOpen: string;
let session: string;

afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.kill()));
  removeHome(afternoon);
  removeHome(morning);
});

async function started(home: string, settings: Record<string, string>): Promise<EngineProcess> {
  const engine = await EngineProcess.start({ home, settings: { SIM_SPEED: '4', ...settings } });
  engines.push(engine);
  return engine;
}

describe('an engine that is told to stop', () => {
  it('previews and fills a lotto in the afternoon', async () => {
    const engine = await started(afternoon, { SIM_START: clockToday('14:30') });
    const trader = await Trader.overHttp(engine.url);
    const call = await trader.open('lotto_play_5_delta');
    expect(call.card.legs).toMatchObject([{ right: 'call', action: 'Buy to Open' }]);
    expect(Math.abs(call.card.legs[0]?.delta ?? 1)).toBeLessThan(0.09);
    const put = await trader.open('lotto_play_5_delta', { side: 'put' });
    expect(put.order.fills).toMatchObject([{ action: 'Buy to Open', quantity: 1 }]);
    await trader.leave();
  });

  it('closes what is open, exits 0 and leaves a whole audit log', async () => {
    const [engine] = engines;
    expect(await engine?.stop()).toBe(0);
    expect(engine?.log).toContain('policy flatten');
    expect(engine?.log).toContain('stopped: nothing is left unprotected');
    const { code } = await runDeltaring(['audit', 'verify'], settingsFor(afternoon));
    expect(code).toBe(0);
  });

  it('exits 3 and lists what it leaves, where it is told to leave it', async () => {
    const engine = await started(morning, { SHUTDOWN_POLICY: 'leave' });
    const trader = await Trader.overHttp(engine.url);
    const { order } = await trader.open('iron_condor_30_delta');
    leftOpen = order.positionId;
    session = (await trader.call<MarketStatusView>('market_status')).session;
    await trader.leave();
    expect(await engine.stop('SIGINT')).toBe(3);
    expect(engine.log).toContain(`no broker-side stop protects: ${leftOpen}`);
    expect(engine.log).toContain('alert critical UNPROTECTED_AT_STOP');
  });

  it('takes up the same session with what it left, and flattens it by the next stop', async () => {
    const engine = await started(morning, {});
    const trader = await Trader.overHttp(engine.url);
    expect((await trader.call<MarketStatusView>('market_status')).session).toBe(session);
    const { positions } = await trader.pnl();
    expect(positions.map(({ positionId }) => positionId)).toEqual([leftOpen]);
    await trader.leave();
    expect(await engine.stop()).toBe(0);
    expect(engine.log).toContain('stopped: nothing is left unprotected');
  });
});
