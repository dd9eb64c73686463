import { describe, expect, it } from 'vitest';
import type {
  DeltaView,
  GreeksByPosition,
  PnlView,
  PositionView,
} from '../../src/desk/engine-api.ts';
import type { StrategyRequest } from '../../src/desk/engine-api-requests.ts';
import { CONDOR, DeskRig } from '../support/desk-rig.ts';

const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };

function pnlOf(rig: DeskRig): PnlView {
  return rig.query<PnlView>({ kind: 'pnl' });
}

/** A condor sold at 1.27, with quotes that make the sums easy. */
function knownCondor(): DeskRig {
  const rig = new DeskRig();
  rig.openPosition();
  rig.edit = (_sides, _right, strike) =>
    strike === 599 || strike === 601 ? { bid: 0.5, ask: 0.54 } : { bid: 0.02, ask: 0.04 };
  rig.quotes();
  return rig;
}

describe('P&L', () => {
  it('shows until when a position is held: by the schedule, where that became earlier', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const timeExit = (each: DeskRig) => pnlOf(each).positions[0]?.exitPlan?.timeExit;
    expect(timeExit(rig)).toContain('T15:40');
    const flatBy = { flattenStartMinutes: 14 * 60 };
    expect(timeExit(rig.restart(rig.records(), { flatBy }))).toContain('T14:00');
  });

  it('of an empty book is nothing, with the cash there is', () => {
    expect(pnlOf(new DeskRig())).toEqual({
      dayPnlCents: 0,
      dayPnlMidCents: 0,
      realizedCents: 0,
      unrealizedMidCents: 0,
      unrealizedLiquidationCents: 0,
      feesCents: 0,
      dailyLossLimitCents: 50_000,
      cashCents: 10_000_000,
      buyingPowerCents: 10_000_000,
      positions: [],
      greeks: {
        delta: 0,
        gamma: 0,
        thetaCentsPerDay: 0,
        thetaCentsNextHour: 0,
        vegaCentsPerPoint: 0,
      },
      warnings: [],
    });
  });

  it('of a condor is its credit less what closing costs, at mid and at natural, after fees', () => {
    const view = pnlOf(knownCondor());
    // Mid: 2 x 0.52 - 2 x 0.03 = 0.98. Natural: 2 x 0.54 - 2 x 0.02 = 1.04.
    expect(view).toMatchObject({
      unrealizedMidCents: 12_700 - 9_800,
      unrealizedLiquidationCents: 12_700 - 10_400,
      feesCents: 452,
      dayPnlMidCents: 2_900 - 452,
      dayPnlCents: 2_300 - 452,
      cashCents: 10_000_000 + 12_700 - 452,
    });
  });

  it('is realised once the position is closed', () => {
    const rig = knownCondor();
    const [position] = rig.positions();
    const order = rig.execute(rig.previewClose(position?.positionId ?? ''));
    const view = pnlOf(rig);
    const paid = order.fills.reduce(
      (sum, fill) => sum + (fill.action === 'buyToClose' ? fill.price : 0 - fill.price),
      0,
    );
    expect(view.realizedCents).toBe(12_700 - paid);
    expect(view.dayPnlCents).toBe(view.realizedCents - view.feesCents);
    expect(view.cashCents).toBe(10_000_000 + (view.dayPnlCents ?? 0));
  });

  it('is absent where a leg cannot be marked, with a warning that names the position', () => {
    const rig = knownCondor();
    rig.edit = (sides, right, strike) =>
      right === 'call' && strike === 601 ? { bid: undefined, ask: undefined } : sides;
    rig.quotes();
    const view = pnlOf(rig);
    expect([view.dayPnlMidCents, view.unrealizedMidCents]).toEqual([null, null]);
    expect(view.dayPnlCents).toBeLessThan(0);
    expect(view.positions[0]?.midValueCents).toBeNull();
  });

  it('warns of books that differ', () => {
    const rig = new DeskRig();
    rig.gateway.editSnapshot = () => undefined;
    rig.advance(4);
    const view = pnlOf(rig);
    expect([view.cashCents, view.buyingPowerCents]).toEqual([null, null]);
    expect(view.warnings).toEqual(['the broker and this book differ: see reconcile_positions']);
  });
});

describe('a position as it is shown', () => {
  it('tells what it is worth, what it can lose and how it is left', () => {
    const [view] = pnlOf(knownCondor()).positions;
    const { legs: _, greeks: __, ...rest } = view as PositionView;
    expect(rest).toEqual({
      positionId: '20261120-000001',
      strategy: 'iron_condor_30_delta',
      openedAt: '2026-11-20T10:30:13.000-05:00',
      quantity: 1,
      openCashCents: 12_700,
      midValueCents: -9_800,
      liquidationValueCents: -10_400,
      unrealizedMidCents: 2_900,
      unrealizedLiquidationCents: 2_300,
      maxLossCents: 38_300,
      exitPlan: {
        stop: 'either side closes when it alone costs 1.27',
        target: null,
        timeExit: '2026-11-20T15:40:00.000-05:00',
        plannedLossCents: 13_204,
      },
      protectedBy: 'engine',
      protectedSince: null,
      verifiedAgoMs: null,
      pinRisks: [],
    });
  });

  it('shows its legs signed, at their average price', () => {
    const [view] = pnlOf(knownCondor()).positions;
    const legs = view?.legs.map(({ strike, quantity, averagePrice, mid }) => [
      strike,
      quantity,
      averagePrice,
      mid,
    ]);
    expect(legs).toEqual([
      [594, 1, 0.03, 0.03],
      [599, -1, 0.67, 0.52],
      [601, -1, 0.65, 0.52],
      [606, 1, 0.02, 0.03],
    ]);
  });

  it('is protected by nobody once the chain is closed', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition(STRADDLE);
    rig.spot = 640;
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.goTo(16 * 60 - 1);
    rig.goTo(16 * 60 + 15);
    const [shares] = pnlOf(rig).positions;
    expect(shares).toMatchObject({ strategy: 'shares', quantity: 100, protectedBy: 'none' });
    expect(shares?.legs[0]).toMatchObject({ right: 'shares', strike: 0, delta: 1 });
    expect(pnlOf(rig).warnings[0]).toContain('100 shares of SPY are held');
  });
});

describe('net delta', () => {
  it('is that of what is held, with its room under the cap', () => {
    const rig = new DeskRig();
    rig.openPosition(STRADDLE);
    const view = rig.query<DeltaView>({ kind: 'portfolioDelta' });
    const { greeks } = pnlOf(rig);
    expect(view.netDelta).toBe(greeks?.delta);
    expect(view.cap).toBe(50);
    expect(view.room).toBe(50 - Math.abs(view.netDelta ?? 0));
  });

  it('at the worst fill of what is working reaches to one side', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    const request = { strategy: 'lotto_play_5_delta', side: 'put', targetDelta: 5, quantity: 1 };
    const { tokenSha256, card } = rig.preview(request as StrategyRequest);
    rig.send({ kind: 'confirm', tokenSha256 });
    const view = rig.query<DeltaView>({ kind: 'portfolioDelta' });
    expect(view).toMatchObject({ netDelta: 0, worstCaseHighest: 0 });
    expect(view.worstCaseLowest).toBeCloseTo(card.greeks?.delta ?? 0, 9);
    expect(view.room).toBeCloseTo(50 + (card.greeks?.delta ?? 0), 9);
  });

  it('is unknown where a held leg has no delta', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.quotes();
    expect(rig.query<DeltaView>({ kind: 'portfolioDelta' })).toEqual({
      netDelta: null,
      worstCaseHighest: null,
      worstCaseLowest: null,
      cap: 50,
      room: null,
    });
  });
});

describe('greeks', () => {
  it('stand by position and in total', () => {
    const rig = new DeskRig();
    rig.openPosition(CONDOR);
    rig.openPosition(STRADDLE);
    const { total, positions } = rig.query<GreeksByPosition>({ kind: 'portfolioGreeks' });
    expect(positions.map(({ strategy }) => strategy)).toEqual([
      'iron_condor_30_delta',
      'straddle_scan',
    ]);
    const gamma = positions.reduce((sum, { greeks }) => sum + (greeks?.gamma ?? 0), 0);
    expect(total?.gamma).toBeCloseTo(gamma, 9);
  });
});
