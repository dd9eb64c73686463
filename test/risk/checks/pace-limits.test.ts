import { describe, expect, it } from 'vitest';
import { addMicros } from '../../../src/engine/domain/units.ts';
import { limitsFrom } from '../../../src/risk/limits.ts';
import { isRepeating } from '../../../src/risk/repeats.ts';
import type { RecentOrder, RiskInput } from '../../../src/risk/risk-input.ts';
import { AT, closingIntent, HELD, recentOrder, riskInput } from '../fixtures.ts';
import { account, type Case, holdAtTheirLimits, outcomeOf } from './boundary-cases.ts';

const STRATEGY = 'iron_condor_30_delta';

function many(count: number, change: Partial<RecentOrder>, ageMillis = 0): RiskInput {
  const wallAt = addMicros(AT.wall, -ageMillis * 1_000);
  const recentOrders = Array.from({ length: count }, () => recentOrder({ ...change, wallAt }));
  return riskInput({ recentOrders });
}

function lost(count: number, agoMillis: number, strategy = STRATEGY): RiskInput {
  const lastAtWall = addMicros(AT.wall, -agoMillis * 1_000);
  return account({ lossesByStrategy: new Map([[strategy, { count, lastAtWall }]]) });
}

const CASES: readonly Case[] = [
  ...([7, 8, 9] as const).map(
    (times): Case => [
      `a strategy that opened ${times} times within minutes`,
      'repeated_execution',
      many(times, { strategy: STRATEGY }),
      times < 8 ? 'passed' : 'failed',
    ],
  ),
  [
    'eight times, just inside the window',
    'repeated_execution',
    many(8, { strategy: STRATEGY }, 599_999),
    'failed',
  ],
  [
    'eight times, as the window ends',
    'repeated_execution',
    many(8, { strategy: STRATEGY }, 600_000),
    'passed',
  ],
  ['eight closes', 'repeated_execution', many(8, { strategy: STRATEGY, opening: false }), 'passed'],
  ['another strategy, eight times', 'repeated_execution', many(8, {}), 'passed'],
  [
    'eight times before the last re-arm',
    'repeated_execution',
    { ...many(8, { strategy: STRATEGY }, 1_000), rearmedAtWall: addMicros(AT.wall, -1_000_000) },
    'passed',
  ],
  [
    'eight times since the last re-arm',
    'repeated_execution',
    { ...many(8, { strategy: STRATEGY }, 1_000), rearmedAtWall: addMicros(AT.wall, -1_000_001) },
    'failed',
  ],
  [
    'nothing repeated now, and latched before',
    'repeated_execution',
    riskInput({ tradingCauses: ['repeatedExecution'] }),
    'failed',
  ],
  ...([2, 3, 4] as const).map(
    (rejects): Case => [
      `${rejects} rejections in a row`,
      'reject_breaker',
      account({ consecutiveRejects: rejects }),
      rejects < 3 ? 'passed' : 'failed',
    ],
  ),
  [
    'no rejection now, and latched before',
    'reject_breaker',
    riskInput({ tradingCauses: ['rejectBreaker'] }),
    'failed',
  ],
  ['a loss just before the cool-down ends', 'cool_down', lost(1, 299_999), 'failed'],
  ['a loss as the cool-down ends', 'cool_down', lost(1, 300_000), 'passed'],
  ['a loss after the cool-down', 'cool_down', lost(1, 300_001), 'passed'],
  ['two losses, the last long ago', 'cool_down', lost(2, 3_600_000), 'passed'],
  ['three losses, the last long ago', 'cool_down', lost(3, 3_600_000), 'failed'],
  ['four losses', 'cool_down', lost(4, 3_600_000), 'failed'],
  ['a fresh loss of another strategy', 'cool_down', lost(1, 0, 'lotto_play_5_delta'), 'passed'],
  ...([49, 50, 51] as const).map(
    (orders): Case => [
      `${orders} openings of one principal`,
      'principal_limit',
      many(orders, { principal: 'trader' }),
      orders < 50 ? 'passed' : 'failed',
    ],
  ),
  ['fifty openings of others', 'principal_limit', many(50, { principal: 'another' }), 'passed'],
  [
    'fifty closes of one principal',
    'principal_limit',
    many(50, { principal: 'trader', opening: false }),
    'passed',
  ],
  [
    'the same intent again',
    'duplicate_order',
    many(1, { intentId: '20261120-1' }, 86_000_000),
    'failed',
  ],
  ['another shape a moment ago', 'duplicate_order', many(1, {}), 'passed'],
];

describe('the checks of pace at their limits', () => {
  holdAtTheirLimits(CASES);

  it('never send one close twice', () => {
    const intent = closingIntent({ intentId: 'x' });
    const again = { ...many(1, { intentId: 'x' }, 60_000), intent, closable: HELD };
    expect(outcomeOf('duplicate_order', again)).toBe('failed');
    const other = {
      ...many(1, { legs: intent.legs, quantity: intent.quantity }),
      intent,
      closable: HELD,
    };
    expect(outcomeOf('duplicate_order', other)).toBe('passed');
  });
});

describe('a strategy that repeats itself', () => {
  const limits = limitsFrom({ maxRepeats: 3 });

  it.each([
    [2, false],
    [3, true],
  ])('is seen at the limit: %s openings', (count, repeats) => {
    const { recentOrders } = many(count, {});
    expect(isRepeating({ at: AT, recentOrders, limits })).toBe(repeats);
  });

  it('is seen among others that do not', () => {
    const recentOrders = ['a', 'b', 'b', 'b'].map((strategy) => recentOrder({ strategy }));
    expect(isRepeating({ at: AT, recentOrders, limits })).toBe(true);
  });

  it('is not several strategies that open as often together', () => {
    const recentOrders = ['a', 'b', 'a', 'b'].map((strategy) => recentOrder({ strategy }));
    expect(isRepeating({ at: AT, recentOrders, limits })).toBe(false);
  });
});
