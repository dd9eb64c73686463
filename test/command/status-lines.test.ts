import { describe, expect, it } from 'vitest';
import { statusLines } from '../../src/command/status-lines.ts';
import { deny } from '../../src/engine/domain/verdict.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';

const CALLER = { principal: 'console', authority: 'console' } as const;

async function statusOf(api: FakeEngineApi) {
  return {
    identity: api.identity,
    stamp: api.stamp(),
    health: api.health(),
    market: await api.marketStatus(),
    pnl: await api.pnl(),
    risk: await api.riskCheck(),
  };
}

describe('the status in lines', () => {
  it('says one thing a line, each with its figures', async () => {
    const lines = statusLines(await statusOf(new FakeEngineApi()));
    expect(lines.map((line) => line.slice(0, 11).trim())).toEqual([
      'engine',
      'account',
      'market',
      'data',
      'trading',
      'P&L',
      'journal',
    ]);
    const text = lines.join('\n');
    expect(text).toContain('account    PAPER-TEST at paper (paper money)');
    expect(text).toContain('data       120 ms old');
    expect(text).toContain('trading    active; openings allowed');
  });

  it('names each position with its P&L and its exit', async () => {
    const api = new FakeEngineApi();
    const condor = {
      strategy: 'iron_condor_30_delta',
      width: 10,
      shortDelta: 30,
      select: 'delta',
      quantity: 1,
    } as const;
    const card = await api.previewStrategy(condor, CALLER);
    if ('denied' in card) throw new Error(card.denied.message);
    await api.confirm(card.value.confirmToken, CALLER);
    const status = await statusOf(api);
    const positions = statusLines(status).filter((line) => line.startsWith('position'));
    expect(positions).toHaveLength(1);
    expect(positions[0]).toMatch(/^position {3}\S+ iron_condor_30_delta x1: -?\$\d+\.\d\d; /);
  });

  it('shouts when killed and says what blocks', async () => {
    const api = new FakeEngineApi();
    await api.kill('test');
    const trading = statusLines(await statusOf(api)).find((line) => line.startsWith('trading'));
    expect(trading).toMatch(/^trading {4}halted, KILLED; openings blocked: /);
  });

  it('says of what is refused why, and of what is not known that it is not', async () => {
    const api = new FakeEngineApi();
    const status = await statusOf(api);
    const refused = { stamp: api.stamp(), ...deny('trading_state', 'the core is silent', {}) };
    const bare = { ...status, market: refused, pnl: refused, risk: refused };
    const lines = statusLines({ ...bare, stamp: { ...status.stamp, dataAgeMs: null } });
    expect(lines.filter((line) => line.includes('the core is silent'))).toHaveLength(3);
    expect(lines.join('\n')).toContain('data       none yet');
    const pnl = { stamp: api.stamp(), value: { dayPnlCents: null, positions: [] } };
    expect(statusLines({ ...status, pnl }).join('\n')).toContain('P&L        not known today');
  });
});
