import { describe, expect, it } from 'vitest';
import { cents } from '../../src/engine/domain/units.ts';
import {
  CALM,
  type GovernorAction,
  type GovernorInput,
  governDailyLoss,
} from '../../src/risk/daily-loss-governor.ts';
import { LIMITS, micros } from './fixtures.ts';

type Look = readonly [
  millis: number,
  pnlCents: number | undefined,
  trusted?: boolean,
  atBestCents?: number | undefined,
  /** Of the newest mark; that of the look by default. */
  evidenceMillis?: number,
];

/** What the governor answers to each of a series of looks, and when it first answers `action`. */
function firstAt(action: GovernorAction, looks: readonly Look[], realizedCents = 0) {
  let memory = CALM;
  for (const [millis, pnl, trusted = true, best, evidenceMillis = millis] of looks) {
    const input: GovernorInput = {
      dayPnlCents: pnl === undefined ? undefined : cents(pnl),
      atBestCents: best === undefined ? undefined : cents(best),
      realizedCents: cents(realizedCents),
      trusted,
      evidenceAt: micros(evidenceMillis * 1_000),
      lookedAt: micros(millis * 1_000),
      limits: LIMITS,
    };
    const judged = governDailyLoss(memory, input);
    memory = judged.memory;
    if (judged.action === action) return millis;
  }
  return undefined;
}

function steady(pnlCents: number, trusted = true, atBestCents?: number): readonly Look[] {
  return Array.from({ length: 61 }, (_, i) => [i * 500, pnlCents, trusted, atBestCents] as const);
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

  it('counts by the time of the marks, not by that of the looks', () => {
    const looks: Look[] = [
      [0, -500_00],
      [10_000, -500_00, true, undefined, 5_000],
      [15_000, -500_00, true, undefined, 9_999],
      [20_000, -500_00, true, undefined, 10_000],
    ];
    expect(firstAt('halt', looks)).toBe(20_000);
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

  it.each([
    ['a cent above the limit', -499_99, undefined],
    ['at the limit', -500_00, 10_000],
    ['1.3 times the limit', -650_00, 0],
  ] as const)('halts on doubted marks that are %s even at their best', (_what, best, millis) => {
    expect(firstAt('halt', steady(-900_00, false, best))).toBe(millis);
  });

  it('goes by natural, not by the best side, where marks are trusted', () => {
    expect(firstAt('halt', steady(-500_00, true, -100_00))).toBe(10_000);
    expect(firstAt('halt', steady(-499_99, true, -900_00))).toBeUndefined();
  });

  it('takes doubted marks that might be above the limit for no recovery', () => {
    const looks: Look[] = steady(-500_00).map(([millis, pnl], i): Look => {
      return [millis, pnl, i % 2 === 0, -100_00];
    });
    expect(firstAt('halt', looks)).toBe(10_000);
  });

  it('does not count the time in which the feed was frozen', () => {
    const frozen = (millis: number): Look => [millis, -500_00, false, undefined, 6_000];
    const again = [60_000, 62_000, 63_999, 64_000].map((millis): Look => [millis, -500_00]);
    const looks = [...steady(-500_00).slice(0, 13), frozen(11_001), frozen(30_000), ...again];
    expect(firstAt('halt', looks)).toBe(64_000);
  });
});

describe('what the governor tells', () => {
  const judged = (dayPnlCents: number | undefined, limits = LIMITS) =>
    governDailyLoss(CALM, {
      dayPnlCents: dayPnlCents === undefined ? undefined : cents(dayPnlCents),
      realizedCents: cents(-12_00),
      trusted: true,
      evidenceAt: micros(0),
      lookedAt: micros(0),
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
    const now = { evidenceAt: micros(0), lookedAt: micros(0) };
    expect(governDailyLoss(CALM, { ...input, ...now, limits }).action).toBe(action);
  });
});
