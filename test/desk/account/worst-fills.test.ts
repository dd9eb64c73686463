import { describe, expect, it } from 'vitest';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import type { LimitView, RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import { cents } from '../../../src/engine/domain/units.ts';
import type { Denial, DenialCode } from '../../../src/engine/domain/verdict.ts';
import type { LimitSettings } from '../../../src/risk/limits.ts';
import { DeskRig, denialIn, type Preview, valueIn } from '../../support/desk-rig.ts';

const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };
/** So much money that no sum of it is in the way. */
const MUCH = cents(9_000_000);
const FREE: LimitSettings = {
  duplicateWindowMillis: 0,
  maxTradeLossCents: MUCH,
  maxOpenRiskCents: MUCH,
  maxDailyLossCents: MUCH,
  portfolioDeltaCap: 1_000,
};

/** Previews so many, and hands back what redeems each: nothing fills from there on, and what is confirmed works. */
function previewed(
  rig: DeskRig,
  preview: (of: DeskRig) => Preview,
  count: number,
): readonly Preview[] {
  const previews = Array.from({ length: count }, () => preview(rig));
  rig.size = 0;
  rig.quotes();
  return previews;
}

function rigOf(limits: LimitSettings): DeskRig {
  return new DeskRig({ limits: { ...FREE, ...limits } });
}

function callOf600(rig: DeskRig): Preview {
  const legs = [{ symbol: 'SPY   261120C00600000', action: 'buyToOpen', ratio: 1 }] as const;
  const tokenSha256 = rig.newToken();
  const command = { kind: 'previewOrder', request: { legs, quantity: 1 }, tokenSha256 } as const;
  return { tokenSha256, card: valueIn(rig.ask<TradeCard>(command)) };
}

const straddle = (rig: DeskRig): Preview => rig.preview(STRADDLE);

/** Two are previewed, and the first is confirmed and works: what the confirm of the second is told. */
function secondIsDenied(limits: LimitSettings, preview: (rig: DeskRig) => Preview): Denial {
  const rig = rigOf(limits);
  const [first, second] = previewed(rig, preview, 2);
  rig.send({ kind: 'confirm', tokenSha256: first!.tokenSha256 });
  rig.advance(1);
  expect(rig.orders().map(({ status }) => status)).toEqual(['working']);
  return denialIn(rig.ask({ kind: 'confirm', tokenSha256: second!.tokenSha256 }));
}

function row(rig: DeskRig, name: string): LimitView | undefined {
  return rig.query<RiskCheckView>({ kind: 'riskCheck' }).limits.find((each) => each.name === name);
}

/** What one such order uses of a limit while it works. */
function usedByOne(name: string, preview: (rig: DeskRig) => Preview): number {
  const rig = rigOf({});
  const [one] = previewed(rig, preview, 1);
  rig.send({ kind: 'confirm', tokenSha256: one!.tokenSha256 });
  rig.advance(1);
  return Number(row(rig, name)?.used);
}

describe('an opening beside another that works', () => {
  it.each([
    ['portfolio_delta', 'PORTFOLIO_DELTA_CAP', 'portfolioDeltaCap', callOf600],
    ['portfolio_gamma', 'PORTFOLIO_GAMMA_CAP', 'portfolioGammaCap', straddle],
    ['portfolio_vega', 'PORTFOLIO_VEGA_CAP', 'portfolioVegaCapCents', straddle],
  ] as const)('is denied by %s with what both would make together', (code, name, cap, preview) => {
    const used = usedByOne(name, preview);
    expect(used).toBeGreaterThan(0);
    const { code: denied, numbers } = secondIsDenied({ [cap]: used * 1.5 }, preview);
    expect(denied).toBe(code);
    expect(Number(numbers['worst'])).toBeCloseTo(used * 2, 3);
    const rig = rigOf({ [cap]: used * 2.1 });
    for (const { tokenSha256 } of previewed(rig, preview, 2)) {
      rig.send({ kind: 'confirm', tokenSha256 });
    }
    expect(rig.orders()).toHaveLength(2);
  });

  it.each<[DenialCode, LimitSettings, Denial['numbers']]>([
    ['strategy_limit', { maxUnitsPerStrategy: 1 }, { held: 1, units: 2 }],
    ['underlying_limit', { maxContracts: 3 }, { held: 2, contracts: 4 }],
    ['position_limit', { maxContractsPerSymbol: 1 }, { held: 1, contracts: 2 }],
    ['open_orders', { maxOpenOrders: 1 }, { orders: 2 }],
  ])('is denied by %s, which counts what works', (code, limits, numbers) => {
    expect(secondIsDenied(limits, straddle)).toMatchObject({ code, numbers });
  });

  it('risks with it what their cards say, which is bounded', () => {
    const rig = rigOf({});
    const [one] = previewed(rig, straddle, 1);
    rig.send({ kind: 'confirm', tokenSha256: one!.tokenSha256 });
    const loss = Number(one!.card.maxLossCents);
    expect(row(rig, 'risk of open orders')).toMatchObject({ used: loss, limit: MUCH });
    const denied = secondIsDenied({ maxOpenOrdersRiskCents: cents(loss * 2 - 1) }, straddle);
    expect(denied).toMatchObject({ code: 'open_orders', numbers: { orders: 2 } });
    expect(denied.numbers['riskCents']).toBe(loss * 2);
  });
});
