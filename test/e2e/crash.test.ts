import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { OrderView, PnlView, PositionView, ReconcileView } from '../../src/desk/engine-api.ts';
import type { MarketStatusView } from '../../src/desk/engine-api-health.ts';
import { createHome, EngineProcess, PATIENCE, removeHome } from '../support/engine-process.ts';
import type { Fields, Opened } from './trader.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

const home = createHome();
const settings = { SIM_SPEED: '4', CONFIRMATION_TIMEOUT: '600' };

interface Before {
  readonly market: Fields<MarketStatusView>;
  readonly position: PositionView;
  readonly fresh: string;
  readonly pnl: Fields<PnlView>;
}

let engine: EngineProcess;
let trader: Trader;
let condor: Opened;
let before: Before;

async function begin(): Promise<void> {
  engine = await EngineProcess.start({ home, settings });
  trader = await Trader.overHttp(engine.url);
}

beforeAll(begin);

afterAll(async () => {
  await trader?.leave();
  await engine?.kill();
  removeHome(home);
});

describe('an engine that is killed with a position open', () => {
  it('is restarted on the same home in the same session, where it was', async () => {
    condor = await trader.open('iron_condor_30_delta');
    const { confirmToken: fresh } = await trader.preview('iron_condor_30_delta', { width: 5 });
    await trader.call('kill_switch', { reason: 'before the crash' });
    const pnl = await trader.pnl();
    const market = await trader.call<MarketStatusView>('market_status');
    const [position] = pnl.positions;
    if (position === undefined) throw new Error('the condor is not there');
    before = { market, position, fresh, pnl };
    await engine.kill();
    await begin();
    const after = await trader.call<MarketStatusView>('market_status');
    expect(after.session).toBe(market.session);
    expect(after.timeNewYork >= market.timeNewYork).toBe(true);
  });

  it('has its position with the exit plan it had', async () => {
    const pnl = await trader.pnl();
    expect(pnl.positions).toHaveLength(1);
    const [position] = pnl.positions;
    const { position: was } = before;
    expect(position?.positionId).toBe(was.positionId);
    expect(position?.exitPlan).toEqual(was.exitPlan);
    expect(position?.openCashCents).toBe(was.openCashCents);
    expect(position?.legs.map(({ symbol, quantity }) => [symbol, quantity])).toEqual(
      was.legs.map(({ symbol, quantity }) => [symbol, quantity]),
    );
    expect(pnl.feesCents).toBe(before.pnl.feesCents);
    expect(pnl.cashCents).toBe(before.pnl.cashCents);
  });

  it('is still killed', async () => {
    expect((await trader.pnl()).killed).toBe(true);
    await trader.refusalFor('killed', 'iron_condor_30_delta');
  });

  it('answers the spent token with its first result and sends no second order', async () => {
    const again = await trader.confirm(condor.card.confirmToken);
    const { orderId } = condor.order;
    expect(again).toMatchObject({ orderId, status: 'filled', replayed: true });
    expect(again.orders[0]?.fills).toEqual(condor.order.fills);
    const { orders } = await trader.call<{ orders: OrderView[] }>('get_recent_orders');
    expect(orders.map((order) => order.orderId)).toEqual([orderId]);
  });

  it('does not know the token that was live at the crash', async () => {
    const { code } = await trader.refusal('confirm_trade', { confirm_token: before.fresh });
    expect(code).toBe('token_invalid');
  });

  it('agrees with the broker', async () => {
    const { clean, differences } = await trader.call<ReconcileView>('reconcile_positions');
    expect([clean, differences]).toEqual([true, []]);
  });

  it('is released at the console and nowhere else', async () => {
    const { code, stdout } = await engine.console('rearm');
    expect([code, stdout]).toEqual([0, expect.not.stringContaining('killed since')]);
    const card = await trader.preview('iron_condor_30_delta', { width: 5 });
    expect(card.killed).toBe(false);
  });

  it('closes what it found, and its audit log verifies over both lives', async () => {
    const card = await trader.preview('close_position', {
      order_or_position_id: before.position.positionId,
    });
    const { orderId } = await trader.confirm(card.confirmToken, 'close_position');
    expect((await trader.settled(orderId ?? '')).status).toBe('filled');
    expect(await engine.stop()).toBe(0);
    const { code, stdout } = await engine.console('audit', 'verify');
    expect([code, stdout]).toEqual([0, expect.stringContaining('clean')]);
  });
});
