/** How close each check came to refusing: what an order used of each limit, the closest first. */
import type { CheckResult, DenialCode } from '../engine/domain/verdict.ts';

/** What one check found used of its limit. */
export interface LimitUse {
  readonly code: DenialCode;
  readonly used: number;
  readonly limit: number;
  /** `used` in parts of `limit`, of one that is a least the other way round: 1 = at it, more = past it. */
  readonly share: number;
}

/** One number, or the sum of several, as the checks name them. */
type Names = string | readonly string[];

/** A number, the limit it is held against, and whether that is a least: a time that has to pass. */
type Pair = readonly [used: Names, limit: Names, sense?: 'atLeast'];

const PAIRS: Readonly<Partial<Record<DenialCode, readonly Pair[]>>> = {
  order_size: [['contracts', 'limitContracts']],
  max_trade_loss: [['maxLossCents', 'limitCents']],
  open_risk: [['totalCents', 'limitCents']],
  principal_budget: [['totalCents', 'limitCents']],
  premium_budget: [
    ['totalCents', 'limitCents'],
    [['spentCents', 'costCents'], 'budgetCents'],
  ],
  daily_loss: [[['plannedLossCents', 'newPlannedLossCents'], 'roomCents']],
  portfolio_delta: [['worst', 'cap']],
  portfolio_gamma: [['worst', 'cap']],
  portfolio_vega: [['worst', 'cap']],
  buying_power: [['neededCents', 'buyingPowerCents']],
  second_source: [['gapCents', 'limitCents']],
  position_limit: [['contracts', 'limitContracts']],
  strategy_limit: [['units', 'limitUnits']],
  underlying_limit: [['contracts', 'limitContracts']],
  open_orders: [
    ['orders', 'limitOrders'],
    ['riskCents', 'limitRiskCents'],
  ],
  data_stale: [['ageMillis', 'limitMillis']],
  leg_dispersion: [['apartMillis', 'limitMillis']],
  cool_down: [
    ['losses', 'limitLosses'],
    ['sinceMillis', 'coolDownMillis', 'atLeast'],
  ],
  model_unreasonable: [
    ['offSeconds', 'limitSeconds'],
    ['drift', 'limit'],
    ['impliedVol', 'most'],
    ['impliedVol', 'least', 'atLeast'],
    ['gapPrice', 'tolerancePrice'],
  ],
  session_window: [['openSeconds', ['openSeconds', 'secondsToCutoff']]],
  duplicate_order: [['ageMillis', 'windowMillis', 'atLeast']],
  reprice_required: [
    ['adversePrice', 'tolerancePrice'],
    ['adversePoints', 'tolerancePoints'],
  ],
  price_collar: [['beyondPrice', 'tolerancePrice']],
  repeated_execution: [['repeats', 'limitRepeats']],
  reject_breaker: [['rejects', 'limitRejects']],
  principal_limit: [['orders', 'limitOrders']],
  order_rate: [['ordersLastMinute', 'limitPerMinute']],
  orders_per_day: [['ordersToday', 'limitPerDay']],
  // Vetoes of strategies, which stand beside no check.
  delta_too_far: [['nearestOffPoints', 'tolerancePoints']],
  range_incomplete: [['barsComplete', 'barsNeeded', 'atLeast']],
  breakout_stale: [['distanceBeyond', 'rangeWidth']],
  no_candidate: [
    ['nearestImbalancePercent', 'tolerancePercent'],
    ['nearestIv', 'maxIv'],
    ['nearestVolume', 'minVolume', 'atLeast'],
  ],
};

function sumOf(numbers: CheckResult['numbers'], names: Names) {
  let sum = 0;
  for (const name of typeof names === 'string' ? [names] : names) {
    const value = numbers[name];
    if (typeof value !== 'number') return undefined;
    sum += value;
  }
  return sum;
}

function useOf({ code, numbers }: CheckResult, [used, limit, sense]: Pair): LimitUse | undefined {
  const found = sumOf(numbers, used);
  const bound = sumOf(numbers, limit);
  if (found === undefined || bound === undefined) return undefined;
  const [part, whole] = sense === 'atLeast' ? [bound, found] : [found, bound];
  const share = whole > 0 ? part / whole : Number.POSITIVE_INFINITY;
  return { code, used: found, limit: bound, share };
}

/** Uses of the limits by the checks that ran, the closest to its limit first. What has no measure, a
 * state or a form, is not among them. */
export function nearestMisses(checks: readonly CheckResult[]): readonly LimitUse[] {
  const uses: LimitUse[] = [];
  for (const check of checks) {
    if (check.outcome === 'notRun') continue;
    for (const pair of PAIRS[check.code] ?? []) {
      const use = useOf(check, pair);
      if (use !== undefined) uses.push(use);
    }
  }
  return uses.toSorted((a, b) => b.share - a.share);
}
