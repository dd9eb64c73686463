import { describe, expect, it } from 'vitest';
import type { Bar } from '../../src/engine/domain/market.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../src/engine/domain/units.ts';
import { varianceShare } from '../../src/strategies/variance-profile.ts';
import { buildSession } from '../support/chain-builder.ts';
import { sharedData } from '../support/shared-data.ts';
import { spySessions } from './spy-sessions.ts';

const session = buildSession();
const at = (minutes: number) => addMicros(session.open, minutes * MICROS_PER_MINUTE);

describe('varianceShare', () => {
  it('is the whole from open to mark, and nothing outside', () => {
    expect(varianceShare(session, session.open, session.exerciseMark)).toBeCloseTo(1, 12);
    expect(varianceShare(session, at(-60), at(450))).toBeCloseTo(1, 12);
    expect(varianceShare(session, session.exerciseMark, session.lastTrade)).toBe(0);
    expect(varianceShare(session, at(60), at(30))).toBe(0);
  });

  it('adds up over adjoining stretches', () => {
    const parts = varianceShare(session, at(0), at(77)) + varianceShare(session, at(77), at(390));
    expect(parts).toBeCloseTo(1, 12);
  });

  it('puts more into the first and the last half hour than into one at noon', () => {
    const noon = varianceShare(session, at(150), at(180));
    expect(varianceShare(session, at(0), at(30))).toBeGreaterThan(2 * noon);
    expect(varianceShare(session, at(360), at(390))).toBeGreaterThan(1.5 * noon);
  });

  it('runs through the same shape faster on a half day', () => {
    const half = buildSession('2026-11-27');
    const middle = addMicros(half.open, 105 * MICROS_PER_MINUTE);
    expect(varianceShare(half, half.open, middle)).toBeCloseTo(
      varianceShare(session, session.open, at(195)),
      12,
    );
  });
});

const barsPath = sharedData('internal/spy_1min_rth.csv.gz');

/** Sum of squared one-minute returns in each half hour, as shares of the day's. */
function halfHourShares(bars: readonly Bar[], open: number): number[] {
  const sums = Array.from({ length: 13 }, () => 0);
  for (const [i, bar] of bars.entries()) {
    const before = bars[i - 1];
    if (before === undefined || bar.startsAt - before.startsAt > MICROS_PER_MINUTE) continue;
    const halfHour = Math.floor((bar.startsAt - open) / MICROS_PER_MINUTE / 30);
    sums[halfHour] = (sums[halfHour] ?? 0) + Math.log(bar.close / before.close) ** 2;
  }
  const total = sums.reduce((sum, value) => sum + value, 0);
  return sums.map((value) => value / total);
}

describe.skipIf(barsPath === undefined)('the profile of real days (needs ../shared/data)', () => {
  it('is the mean of 184 sessions, each half hour to 3 % of its share', () => {
    const sessions = barsPath === undefined ? new Map<string, Bar[]>() : spySessions(barsPath);
    const full = [...sessions].filter(([, bars]) => bars.length > 380);
    const shares = full.map(([date, bars]) => halfHourShares(bars, buildSession(date).open));
    expect(shares).toHaveLength(184);
    for (let halfHour = 0; halfHour < 13; halfHour += 1) {
      const mean = shares.reduce((sum, day) => sum + (day[halfHour] ?? 0), 0) / shares.length;
      const share = varianceShare(session, at(halfHour * 30), at(halfHour * 30 + 30));
      expect(share / mean).toBeGreaterThan(0.97);
      expect(share / mean).toBeLessThan(1.03);
    }
  });
});
