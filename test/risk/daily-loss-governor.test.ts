import { describe, expect, it } from 'vitest';
import { cents } from '../../src/engine/domain/units.ts';
import {
  CALM,
  type GovernorAction,
  type GovernorInput,
  governDailyLoss,
} from '../../src/risk/daily-loss-governor.ts';
import { LIMITS, micros } from './fixtures.ts';

type Look = readonly [millis: number, pnlCents: number | undefined, trusted?: boolean];

/** What the governor answers to each of a series of looks, and when it first answers `action`. */
function firstAt(action: GovernorAction, looks: readonly Look[], realizedCents = 0) {
  let memory = CALM;
  for (const [millis, pnl, trusted = true] of looks) {
    const input: GovernorInput = {
      dayPnlCents: pnl === undefined ? undefined : cents(pnl),
      realizedCents: cents(realizedCents),
      trusted,
      evidenceAt: micros(millis * 1_000),
      limits: LIMITS,
    };
    const judged = governDailyLoss(memory, input);
    memory = judged.memory;
    if (judged.action === action) return millis;
  }
  return undefined;
}

function steady(pnlCents: number, trusted = true): readonly Look[] {
  return Array.from({ length: 61 }, (_, i) => [i * 500, pnlCents, trusted] as const);
}

describe('the daily loss governor', () => {
  it.each([
    ['a cent above the limit', -499_99, undefined],
    ['at the limit', -500_00, 10_000],
    ['1.1 times the limit', -550_00, 2_000],
    ['1.3 times the limit', -650_00, 0],
  ] as const)('halts on marks %s after its time', (_what, pnl, millis) => {
    expect(firstAt('halt', steady(pnl))).toBe(millis);
  });

  it.each([
    ['a cent above 1.5 times the limit', -749_99, undefined],
    ['at 1.5 times the limit', -750_00, 10_000],
    ['far below', -975_00, 0],
  ] as const)('flattens on marks %s after its time', (_what, pnl, millis) => {
    expect(firstAt('flatten', steady(pnl))).toBe(millis);
  });

  it('acts on realised losses at once', () => {
    expect(firstAt('halt', [[0, -500_00]], -500_00)).toBe(0);
    expect(firstAt('halt', [[0, -499_99]], -499_99)).toBeUndefined();
    expect(firstAt('flatten', [[0, -750_00]], -750_00)).toBe(0);
    expect(firstAt('halt', [[0, undefined]], -500_00)).toBe(0);
  });

  it('does not halt a day that open profits hold above the limit', () => {
    expect(firstAt('halt', steady(-400_00), -600_00)).toBeUndefined();
  });

  it('does not fire on one wide tick, however far it reaches', () => {
    const looks: Look[] = [
      [0, -100_00],
      [100, -5_000_00, false],
      [200, -100_00],
      [20_000, -100_00],
    ];
    expect(firstAt('halt', looks)).toBeUndefined();
  });

  it('waits while marks cannot be trusted', () => {
    expect(firstAt('halt', steady(-900_00, false))).toBeUndefined();
  });
});

describe('what the governor tells', () => {
  const judged = (dayPnlCents: number | undefined, limits = LIMITS) =>
    governDailyLoss(CALM, {
      dayPnlCents: dayPnlCents === undefined ? undefined : cents(dayPnlCents),
      realizedCents: cents(-12_00),
      trusted: true,
      evidenceAt: micros(0),
      limits,
    });

  it('are the day and both its limits', () => {
    expect(judged(-34_00)).toMatchObject({
      action: 'none',
      numbers: {
        dayPnlCents: -34_00,
        realizedCents: -12_00,
        haltAtCents: -500_00,
        flattenAtCents: -750_00,
      },
    });
    expect(judged(undefined).numbers).toMatchObject({ dayPnlCents: 'unknown' });
  });

  it.each([
    [1, 'none'],
    [0, 'flatten'],
    [-1, 'flatten'],
  ] as const)('where nothing may be lost, a day at %s cents is %s', (pnl, action) => {
    const limits = { ...LIMITS, maxDailyLossCents: cents(0) };
    const input = { dayPnlCents: cents(pnl), realizedCents: cents(pnl), trusted: true };
    expect(governDailyLoss(CALM, { ...input, evidenceAt: micros(0), limits }).action).toBe(action);
  });
});
