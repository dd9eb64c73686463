import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type {
  DeltaView,
  GreeksByPosition,
  KillView,
  OrderView,
  PnlView,
  ReconcileView,
  ScanView,
  TradeCard,
} from '../../src/desk/engine-api.ts';
import type { MarketStatusView } from '../../src/desk/engine-api-health.ts';
import { EngineProcess, eventually, PATIENCE } from '../support/engine-process.ts';
import { clockToday } from './session-today.ts';
import type { Opened } from './trader.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

const MOST_TOOLS = 24;
const MOST_LISTING_BYTES = 25_000;

interface ChainAnswer {
  readonly rows: readonly { readonly ageMs: number; readonly strike: number }[];
}

interface StreamAnswer {
  readonly newUpdates: number;
  readonly lostUpdates: number;
  readonly newest: readonly object[];
}

/** The session's clock runs at four times the wall's, so that orders need not be waited for long, and
 * a strategy whose close has just lost need not rest. */
const settings = { SIM_SPEED: '4', LOSS_COOLDOWN: '0' };
let engine: EngineProcess;
let trader: Trader;
let condor: Opened;
let closing: string;

beforeAll(async () => {
  engine = await EngineProcess.start({ settings });
  trader = await Trader.overHttp(engine.url);
});

afterAll(async () => {
  await trader?.leave();
  await engine?.remove();
});

/** Reads an order back as the audit log tells it. */
async function shown(orderId: string): Promise<string> {
  const { code, stdout } = await engine.console('audit', 'show', orderId);
  expect(code).toBe(0);
  return stdout;
}

describe('the main job over Streamable HTTP', () => {
  it('lists its tools within what a client will read', () => {
    expect(trader.tools.length).toBeLessThanOrEqual(MOST_TOOLS);
    const listing = JSON.stringify({ tools: trader.tools });
    expect(Buffer.byteLength(listing)).toBeLessThanOrEqual(MOST_LISTING_BYTES);
  });

  it('opens the default day at 10:30 on a chain of 150 strikes and more', async () => {
    const status = await trader.call<MarketStatusView>('market_status');
    expect(status).toMatchObject({ phase: 'open', simulated: true, environment: 'paper' });
    expect(status.timeNewYork).toMatch(/^10:3\d/);
    expect(status.contracts).toBeGreaterThanOrEqual(300);
    expect(status.spot).toBeGreaterThan(0);
  });

  it('previews the breakout of the default day on its side and refuses the other', async () => {
    const replies = await Promise.all(
      ['orb_long_call', 'orb_long_put'].map((tool) => trader.ask<TradeCard>(tool)),
    );
    const [taken, ...more] = replies.filter(({ isError }) => !isError);
    const [refused] = replies.filter(({ isError }) => isError);
    expect(more).toEqual([]);
    expect(refused?.denied?.code).toBe('no_breakout');
    const { figures, spot, legs, maxLossCents, checks } = taken?.fields ?? ({} as TradeCard);
    const isUp = figures['breakDirection'] === 'up';
    const level = Number(figures[isUp ? 'rangeHigh' : 'rangeLow']);
    const beyond = isUp ? (spot ?? 0) - level : level - (spot ?? 0);
    expect(beyond).toBeGreaterThan(0);
    expect(beyond).toBeLessThanOrEqual(Number(figures['rangeWidth']));
    expect(legs.map(({ right, action }) => [right, action])).toEqual([
      [isUp ? 'call' : 'put', 'Buy to Open'],
    ]);
    expect(maxLossCents).toBeGreaterThan(0);
    const unasked = checks.filter(({ outcome }) => outcome !== 'passed');
    expect(unasked.map(({ code, outcome }) => [code, outcome])).toEqual([
      ['second_source', 'notRun'],
    ]);
  });

  it('shows a chain that moves', async () => {
    await trader.call('start_option_streaming');
    const before = await trader.call<ChainAnswer>('get_option_chain', { limit: 5 });
    expect(before.rows.length).toBeGreaterThanOrEqual(5);
    const moved = await eventually('the chain moves', async () => {
      const seen = await trader.call<StreamAnswer>('streaming_status');
      return seen.newUpdates > 0 && seen.newest.length > 0 ? seen : undefined;
    });
    expect(moved.lostUpdates).toBe(0);
    const after = await trader.call<ChainAnswer>('get_option_chain', { limit: 5 });
    expect(after.asOf > before.asOf).toBe(true);
    await trader.call('stop_option_streaming');
  });

  it('ranks straddles and previews the first', async () => {
    const scan = await eventually('the scan finds straddles', async () => {
      const reply = await trader.ask<ScanView>('straddle_scan');
      return reply.isError ? undefined : reply.fields;
    });
    const strike = scan.candidates[0]?.['strike'];
    const card = await trader.preview('straddle_scan', { strike });
    expect(card.legs).toMatchObject([
      { right: 'call', strike, action: 'Buy to Open' },
      { right: 'put', strike, action: 'Buy to Open' },
    ]);
    expect(card.netCents).toBeLessThan(0);
  });

  it('refuses a lotto in the morning and says when it may come', async () => {
    const { code, opensAt } = await trader.refusal('lotto_play_5_delta');
    expect([code, opensAt]).toEqual(['entry_window', clockToday('14:00')]);
  });

  it('previews a condor of four legs with one net credit', async () => {
    const card = await trader.preview('iron_condor_30_delta');
    expect(card.legs.map(({ action }) => action).sort()).toEqual([
      'Buy to Open',
      'Buy to Open',
      'Sell to Open',
      'Sell to Open',
    ]);
    expect(card.netCents).toBeGreaterThan(0);
    const gross = card.maxLossCents + (card.maxProfitCents ?? 0);
    // The width, and what exercise and assignment of a side's two legs cost.
    expect(gross).toBe(100_000 + 2 * 500);
    expect(card.exitPlan?.stop).toContain('side');
    expect(card.exitPlan?.timeExit).toContain(`T${clockToday('15:40')}:00`);
    expect((await trader.pnl()).positions).toEqual([]);
  });

  it('confirms a condor and watches it fill', async () => {
    condor = await trader.open('iron_condor_30_delta');
    const { order, card } = condor;
    expect(order).toMatchObject({ status: 'filled', filledQuantity: 1, purpose: 'open' });
    expect(order.fills.map(({ symbol }) => symbol).sort()).toEqual(
      card.legs.map(({ symbol }) => symbol).sort(),
    );
    expect(order.averageFillPrice).toBeGreaterThanOrEqual(card.worstPrice);
    const net = order.fills.reduce((sum, { action, price }) => {
      return action.startsWith('Sell') ? sum + price : sum - price;
    }, 0);
    expect(net).toBeCloseTo(order.averageFillPrice ?? Number.NaN, 6);
    expect(order.latency?.sendToFillMs).toBeGreaterThan(0);
  });

  it('shows its P&L and greeks, and agrees with the broker', async () => {
    const { order } = condor;
    const pnl = await trader.call<PnlView>('show_pnl');
    const [position, ...others] = pnl.positions;
    expect(others).toEqual([]);
    expect(position).toMatchObject({
      positionId: order.positionId,
      quantity: 1,
      protectedBy: 'engine',
    });
    expect(position?.exitPlan).not.toBeNull();
    expect(position?.openCashCents).toBe(Math.round((order.averageFillPrice ?? 0) * 10_000));
    expect(pnl.feesCents).toBe(order.feesCents);
    const marked = (pnl.realizedCents ?? 0) + (pnl.unrealizedLiquidationCents ?? 0);
    expect(pnl.dayPnlCents).toBe(marked - pnl.feesCents);
    const greeks = await trader.call<GreeksByPosition>('portfolio_greeks');
    expect(greeks.positions.map(({ positionId }) => positionId)).toEqual([order.positionId]);
    expect(greeks.total?.thetaCentsPerDay).toBeGreaterThan(0);
    const delta = await trader.call<DeltaView>('portfolio_delta');
    expect(Math.abs(delta.netDelta ?? Number.NaN)).toBeLessThanOrEqual(delta.cap);
    const { clean } = await trader.call<ReconcileView>('reconcile_positions');
    expect(clean).toBe(true);
  });

  it('hears the first result again when it repeats a confirm', async () => {
    const { card, order } = condor;
    const again = await trader.confirm(card.confirmToken);
    expect(again).toMatchObject({ orderId: order.orderId, status: 'filled', replayed: true });
    const { orders } = await trader.call<{ orders: OrderView[] }>('get_recent_orders');
    expect(orders.filter(({ orderId }) => orderId === order.orderId)).toHaveLength(1);
  });

  it('closes the position with a token of its own', async () => {
    const card = await trader.preview('close_position', {
      order_or_position_id: condor.order.orderId,
    });
    expect(card.purpose).toBe('close');
    const { orderId } = await trader.confirm(card.confirmToken, 'close_position');
    closing = orderId ?? '';
    const order = await trader.settled(closing);
    expect(order).toMatchObject({ status: 'filled', purpose: 'close' });
    const { positions, realizedCents } = await trader.pnl();
    const held = positions.flatMap(({ legs }) => legs);
    expect(held.filter((leg) => leg.quantity < 0 || leg.bid !== null)).toEqual([]);
    expect(realizedCents).not.toBe(0);
  });

  it('opens nothing once the kill switch is on, not even what was previewed before', async () => {
    const before = await trader.preview('iron_condor_30_delta', { width: 5 });
    await trader.open('straddle_scan', trader.atTheMoney);
    const killed = await trader.call<KillView>('kill_switch', { reason: 'the test says so' });
    expect(killed).toMatchObject({ killed: true, tradingState: 'halted' });
    await trader.refusalFor('killed', 'iron_condor_30_delta');
    const confirm = await trader.refusal('confirm_trade', { confirm_token: before.confirmToken });
    expect(confirm.code).toBe('killed');
    const { message } = await trader.refusal('kill_switch', { enable: false });
    expect(message).toContain('deltaring rearm');
  });

  it('closes everything while killed', async () => {
    const card = await trader.preview('flatten_all');
    const done = await trader.confirm(card.confirmToken, 'flatten_all');
    expect(done.orders.length).toBeGreaterThan(0);
    for (const { orderId } of done.orders) {
      expect(await trader.settled(orderId)).toMatchObject({ status: 'filled', purpose: 'flatten' });
    }
    const { positions, killed } = await trader.pnl();
    expect(killed).toBe(true);
    const held = positions.flatMap(({ legs }) => legs);
    expect(held.filter((leg) => leg.bid !== null)).toEqual([]);
  });

  it('stops in order and leaves an audit log that verifies and tells every step', async () => {
    expect(await engine.stop()).toBe(0);
    const verified = await engine.console('audit', 'verify', '--json');
    expect(verified.code).toBe(0);
    const told = await shown(condor.order.orderId);
    for (const step of ['previewed by', 'recorded for', 'sent to the broker', 'accepted as']) {
      expect(told).toContain(step);
    }
    expect(told.match(/ filled 1 at /g)?.length).toBeGreaterThanOrEqual(4);
    expect(await shown(closing)).toContain('(close) recorded for');
  });

  it('keeps no token in its journal, only hashes', () => {
    const journal = readFileSync(join(engine.home, 'journal', '000001.journal'), 'latin1');
    expect(journal).toContain(condor.order.orderId);
    expect(journal).not.toContain(condor.card.confirmToken);
  });
});
