/** How close each check came to refusing: what an order used of each limit, the closest first. */
import type { CheckResult, DenialCode } from '../engine/domain/verdict.ts';

/** What one check found used of its limit. */
export interface LimitUse {
  readonly code: DenialCode;
  readonly used: number;
  readonly limit: number;
  /** `used` in parts of `limit`: 1 = at it, more = past it. */
  readonly share: number;
}

/** Names of a number and of the limit it is held against, as the checks tell them. */
type Pair = readonly [used: string | readonly string[], limit: string];

const PAIRS: Readonly<Partial<Record<DenialCode, readonly Pair[]>>> = {
  order_size: [['contracts', 'limitContracts']],
  max_trade_loss: [['maxLossCents', 'limitCents']],
  open_risk: [['totalCents', 'limitCents']],
  principal_budget: [['totalCents', 'limitCents']],
  premium_budget: [['totalCents', 'limitCents']],
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
    ['coolDownMillis', 'sinceMillis'],
  ],
  price_collar: [['beyondPrice', 'tolerancePrice']],
  repeated_execution: [['repeats', 'limitRepeats']],
  reject_breaker: [['rejects', 'limitRejects']],
  principal_limit: [['orders', 'limitOrders']],
  order_rate: [['ordersLastMinute', 'limitPerMinute']],
  orders_per_day: [['ordersToday', 'limitPerDay']],
};

function sumOf(numbers: CheckResult['numbers'], names: string | readonly string[]) {
  let sum = 0;
  for (const name of typeof names === 'string' ? [names] : names) {
    const value = numbers[name];
    if (typeof value !== 'number') return undefined;
    sum += value;
  }
  return sum;
}

function useOf({ code, numbers }: CheckResult, [usedName, limitName]: Pair): LimitUse | undefined {
  const used = sumOf(numbers, usedName);
  const limit = sumOf(numbers, limitName);
  if (used === undefined || limit === undefined) return undefined;
  return { code, used, limit, share: limit > 0 ? used / limit : Number.POSITIVE_INFINITY };
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
