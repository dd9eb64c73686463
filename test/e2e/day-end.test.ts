import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { OrderView } from '../../src/desk/engine-api.ts';
import type { HealthView, MarketStatusView } from '../../src/desk/engine-api-health.ts';
import { EngineProcess, eventually, PATIENCE } from '../support/engine-process.ts';
import { clockToday } from './session-today.ts';
import type { Fields, Opened } from './trader.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

/** Five minutes a second: the end of the day and the next morning pass while one watches. It begins so early
 * that a machine with other things to do has twenty seconds to open before the cut-off: what it opened on the
 * next day would be held for all of that. */
const settings = {
  SIM_START: clockToday('13:40'),
  SIM_SPEED: '300',
  CONFIRMATION_TIMEOUT: '600',
  PORTFOLIO_DELTA_CAP: '500',
};
/** What is waited for takes tens of seconds, and a caller has a thousand requests an hour. */
const LOOK_MILLIS = 250;
let engine: EngineProcess;
let trader: Trader;
let opened: Opened;
let unused: string;
let first: Fields<MarketStatusView>;

beforeAll(async () => {
  engine = await EngineProcess.start({ settings });
  trader = await Trader.overHttp(engine.url);
  first = await trader.call<MarketStatusView>('market_status');
});

afterAll(async () => {
  await trader?.leave();
  await engine?.remove();
});

function marketStatus(): Promise<Fields<MarketStatusView>> {
  return trader.call<MarketStatusView>('market_status');
}

function watched<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  return eventually(what, ask, LOOK_MILLIS);
}

describe('the end of the day', () => {
  it('finds a position and a token that nobody used', async () => {
    unused = (await trader.preview('straddle_scan', trader.atTheMoney)).confirmToken;
    opened = await trader.open('straddle_scan', trader.atTheMoney);
    expect((await trader.pnl()).positions).toHaveLength(1);
  });

  it('is flat by the deadline, without being asked', async () => {
    const exit = await watched('the position is closed', async () => {
      const { orders } = await trader.call<{ orders: OrderView[] }>('get_recent_orders');
      return orders.find(({ purpose, status }) => purpose === 'exit' && status === 'filled');
    });
    expect(exit.positionId).toBe(opened.order.positionId);
    const deadline = `${first.session}T${clockToday('15:50')}`;
    expect(exit.fills.every(({ at }) => at < deadline)).toBe(true);
    const told = await engine.console('audit', 'show', exit.orderId);
    expect(told.stdout).toContain('(exit) recorded for');
  });

  it('opens nothing after the cut-off', async () => {
    await watched('the cut-off passes', async () => {
      const { asOf, openingCutoffAt } = await marketStatus();
      return asOf > openingCutoffAt ? true : undefined;
    });
    const { code } = await trader.refusal('iron_condor_30_delta');
    expect(['entry_window', 'session_window', 'market_closed', 'chain_closed']).toContain(code);
  });

  it('expires the chain at the last trade and lets nothing stand for yesterday', async () => {
    const closed = await watched('the chain expires', async () => {
      const status = await marketStatus();
      return status.phase === 'closed' && status.contracts === 0 ? status : undefined;
    });
    expect(closed.session).toBe(first.session);
    const { code } = await trader.refusal('confirm_trade', { confirm_token: unused });
    expect(code).toBe('token_invalid');
  });

  it('opens the next session with a chain of its own', async () => {
    const next = await watched('the next session opens', async () => {
      const status = await marketStatus();
      const isNext = status.session === first.nextSession && status.phase === 'open';
      return isNext && status.contracts > 0 ? status : undefined;
    });
    expect(next.contracts).toBeGreaterThanOrEqual(300);
    const again = await trader.refusal('confirm_trade', {
      confirm_token: opened.card.confirmToken,
    });
    expect(again.code).toBe('token_invalid');
    const { positions, dayPnlCents } = await trader.pnl();
    expect([positions, dayPnlCents]).toEqual([[], 0]);
    const health = (await (await fetch(`${engine.url}/health`)).json()) as HealthView;
    expect(health.market.session).toBe(first.nextSession);
  });

  it('trades in the next session', async () => {
    const { order } = await trader.open('iron_condor_30_delta');
    expect(order.fills.every(({ at }) => at.startsWith(first.nextSession))).toBe(true);
  });

  it('stops in order over two sessions of one audit log', async () => {
    expect(await engine.stop()).toBe(0);
    const { code } = await engine.console('audit', 'verify');
    expect(code).toBe(0);
  });
});
