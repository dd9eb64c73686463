import { describe, expect, it } from 'vitest';
import { addMicros, cents } from '../../src/engine/domain/units.ts';
import type { CheckResult, DenialCode } from '../../src/engine/domain/verdict.ts';
import { CHECKS, judge } from '../../src/risk/gate.ts';
import { nearestMisses } from '../../src/risk/nearest-miss.ts';
import { CAPABILITIES, condorIntent, dollars, riskInput } from './fixtures.ts';

function check(change: Partial<CheckResult>): CheckResult {
  return { code: 'order_size', outcome: 'passed', message: '', numbers: {}, ...change };
}

/** A broker with a dry run, so that nothing is left unasked. */
const ASKED = riskInput({
  openUpToCents: 2_000_00,
  capabilities: { ...CAPABILITIES, preview: 'broker' },
  dryRun: {
    answer: { outcome: 'passed', neededCents: cents(914_00), warnings: [] },
    answeredAt: riskInput().at.wall,
  },
});

describe('how close an order came', () => {
  it('is told of every check that has a measure, the closest first', () => {
    const uses = nearestMisses(judge(ASKED).checks);
    expect(uses.map(({ code, used, limit }) => [code, used, limit])).toMatchSnapshot();
    const shares = uses.map(({ share }) => share);
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
    expect(uses[0]).toMatchObject({ code: 'max_trade_loss', used: 912_00, limit: 1_000_00 });
    expect(uses[0]?.share).toBeCloseTo(0.912, 12);
  });

  it('leaves out what has no measure and nothing else', () => {
    const measured = new Set(nearestMisses(judge(ASKED).checks).map(({ code }) => code));
    const unmeasured = CHECKS.map(({ code }) => code).filter((code) => !measured.has(code));
    expect(unmeasured).toEqual([
      'killed',
      'engine_stopping',
      'instrument_not_allowed',
      'tick_or_quantity',
      'nothing_to_close',
      'undefined_risk',
      'strategy_mismatch',
      'trading_state',
      'not_reconciled',
      'journal_failed',
      'feed_down',
      'unknown_order_open',
      'shares_held',
      'feed_resync',
      'quote_crossed',
      'leg_market_missing',
      'model_unreasonable',
      'price_bounds',
      'premium_budget',
      'self_match',
      'duplicate_order',
    ]);
  });

  it('adds up what a limit is held against, and counts nothing that did not run', () => {
    const daily = { plannedLossCents: 10, newPlannedLossCents: 20, roomCents: 40 };
    expect(nearestMisses([check({ code: 'daily_loss', numbers: daily })])).toEqual([
      { code: 'daily_loss', used: 30, limit: 40, share: 0.75 },
    ]);
    const unrun = check({ outcome: 'notRun', numbers: { contracts: 1, limitContracts: 2 } });
    expect(nearestMisses([unrun])).toEqual([]);
  });

  it('tells of a rest after a loss by its time too, and of a price by how far it is beyond the market', () => {
    const rest = { losses: 1, limitLosses: 3, sinceMillis: 150_000, coolDownMillis: 300_000 };
    expect(nearestMisses([check({ code: 'cool_down', outcome: 'failed', numbers: rest })])).toEqual(
      [
        { code: 'cool_down', used: 150_000, limit: 300_000, share: 2 },
        { code: 'cool_down', used: 1, limit: 3, share: 1 / 3 },
      ],
    );
    const beyond = (limit: number) => {
      const intent = condorIntent({ limit: dollars(limit), worst: dollars(limit) });
      const { checks } = judge(riskInput({ intent }));
      return nearestMisses(checks.filter(({ code }) => code === 'price_collar'))[0];
    };
    expect(beyond(0.93)).toMatchObject({ used: 0, limit: 0.093 });
    expect(beyond(0.85)).toMatchObject({ used: 0.05, limit: 0.093 });
    expect(beyond(0.8)).toMatchObject({ used: 0.1, limit: 0.093 });
    expect(beyond(1)).toMatchObject({ used: 0.04, limit: 0.093 });
  });

  it.each<[code: DenialCode, numbers: CheckResult['numbers'], used: number, limit: number]>([
    ['model_unreasonable', { offSeconds: 45, limitSeconds: 30 }, 45, 30],
    ['model_unreasonable', { drift: 0.003, limit: 0.002 }, 0.003, 0.002],
    ['model_unreasonable', { impliedVol: 6, least: 0.01, most: 5 }, 6, 5],
    ['model_unreasonable', { impliedVol: 0.005, least: 0.01, most: 5 }, 0.005, 0.01],
    ['model_unreasonable', { gapPrice: 0.09, tolerancePrice: 0.06 }, 0.09, 0.06],
    ['duplicate_order', { ageMillis: 4_000, windowMillis: 10_000 }, 4_000, 10_000],
    ['session_window', { openSeconds: 21_250, secondsToCutoff: -10 }, 21_250, 21_240],
    ['reprice_required', { adversePrice: 0.11, tolerancePrice: 0.09 }, 0.11, 0.09],
    ['reprice_required', { adversePoints: 9, tolerancePoints: 8 }, 9, 8],
    ['premium_budget', { costCents: 60, spentCents: 50, budgetCents: 100 }, 110, 100],
    ['delta_too_far', { nearestOffPoints: 7.4, tolerancePoints: 7 }, 7.4, 7],
    ['range_incomplete', { barsComplete: 9, barsNeeded: 15 }, 9, 15],
    ['breakout_stale', { distanceBeyond: 1.2, rangeWidth: 1 }, 1.2, 1],
    ['no_candidate', { nearestImbalancePercent: 21, tolerancePercent: 15 }, 21, 15],
    ['no_candidate', { nearestIv: 0.9, maxIv: 0.8 }, 0.9, 0.8],
    ['no_candidate', { nearestVolume: 40, minVolume: 100 }, 40, 100],
  ])('names the veto of %s with its limit: %o', (code, numbers, used, limit) => {
    const [nearest] = nearestMisses([check({ code, outcome: 'failed', numbers })]);
    expect(nearest).toMatchObject({ code, used, limit });
    expect(nearest?.share).toBeGreaterThan(1);
  });

  it('is told of vetoes of the gate by the numbers that they give', () => {
    const nearest = (code: DenialCode, change: Parameters<typeof riskInput>[0]) =>
      nearestMisses(judge(riskInput(change)).checks.filter((each) => each.code === code))[0]?.share;
    const { at, session } = riskInput();
    const cutoff = (micros: number) => ({ openingCutoffAt: addMicros(at.market, micros) });
    expect(nearest('session_window', cutoff(1))).toBeCloseTo(1, 3);
    expect(nearest('session_window', cutoff(1))).toBeLessThanOrEqual(1);
    expect(nearest('session_window', cutoff(-1))).toBeGreaterThan(1);
    const early = { market: addMicros(session?.open ?? at.market, -1), wall: at.wall };
    expect(nearest('session_window', { at: early })).toBeUndefined();
    const sent = { ...condorIntent(), opening: true, wallAt: addMicros(at.wall, -4_000_000) };
    expect(nearest('duplicate_order', { recentOrders: [sent] })).toBe(2.5);
  });

  it('is past any limit of nothing, and unknown without both numbers', () => {
    const none = check({ numbers: { contracts: 1, limitContracts: 0 } });
    expect(nearestMisses([none])).toMatchObject([{ share: Number.POSITIVE_INFINITY }]);
    expect(nearestMisses([check({ numbers: { contracts: 1 } })])).toEqual([]);
    expect(nearestMisses([check({ numbers: { limitContracts: 1 } })])).toEqual([]);
    expect(nearestMisses([check({ numbers: { contracts: 'x', limitContracts: 1 } })])).toEqual([]);
  });
});

describe('where a limit allows nothing', () => {
  const none = (orders: number) =>
    nearestMisses([check({ code: 'principal_limit', numbers: { orders, limitOrders: 0 } })])[0];

  it.each([0, 1])('a use of %s is the nearest miss there can be', (orders) => {
    expect(none(orders)?.share).toBe(Number.POSITIVE_INFINITY);
  });
});

it('a limit below nothing, room that is gone, is passed however little was asked for', () => {
  const numbers = { plannedLossCents: 1, newPlannedLossCents: 1, roomCents: -5 };
  const [use] = nearestMisses([check({ code: 'daily_loss', numbers })]);
  expect(use?.share).toBe(Number.POSITIVE_INFINITY);
});

it('what has no measure is no use of a limit', () => {
  expect(nearestMisses([check({ code: 'killed', numbers: { undefined: 3 } })])).toEqual([]);
});
