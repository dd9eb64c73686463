import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextSessionDate, sessionOnOrAfter } from '../../../src/engine/domain/session-calendar.ts';
import { underlyingOf } from '../../../src/engine/domain/underlying.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { STEPS_PER_MINUTE } from '../../../src/sim/model/day-grid.ts';
import { seededPath } from '../../../src/sim/model/seeded-path.ts';
import type { SpotPath } from '../../../src/sim/model/spot-path.ts';
import { minuteBars } from '../../../src/sim/model/spot-path.ts';
import { ClimateOfDay, spotQuoteAt } from '../../../src/sim/model/spot-state.ts';
import { startingLevel } from '../../../src/sim/model/starting-level.ts';

const SPY = underlyingOf('SPY');
const anySession = fc
  .date({ min: new Date('2024-01-01'), max: new Date('2029-12-01'), noInvalidDate: true })
  .map((date) => sessionOnOrAfter(sessionDate(date.toISOString().slice(0, 10))));
const anySeed = fc.integer({ min: 0, max: 1_000_000 });

function regularBars(path: SpotPath, minutes: number) {
  const { openStep } = path.grid;
  return minuteBars(path, openStep, openStep + minutes * STEPS_PER_MINUTE);
}

/** The first minute that closes outside the 15-minute range, and where prices stand to its edge. */
function breakoutOf(path: SpotPath) {
  const bars = regularBars(path, 90);
  const range = bars.slice(0, 15);
  const high = Math.max(...range.map((bar) => bar.high));
  const low = Math.min(...range.map((bar) => bar.low));
  const minute = bars.findIndex((bar, i) => i >= 15 && (bar.close > high || bar.close < low));
  const up = (bars[minute]?.close ?? 0) > high;
  const past = (price: number): number => (up ? price - high : low - price) / (high - low);
  return { bars, minute, past };
}

/** Sixty sessions of one seed, one after the other. */
const sessions: SpotPath[] = [];
for (let date = sessionDate('2026-03-02'); sessions.length < 60; date = nextSessionDate(date)) {
  sessions.push(seededPath(1, date));
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

function covariance(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  return mean(a.map((each, i) => (each - meanA) * ((b[i] ?? 0) - meanB)));
}

describe('a seeded day', () => {
  it('has by 10:25 a closed breakout, valid until 11:00, whatever the seed and date', () => {
    fc.assert(
      fc.property(anySeed, anySession, (seed, date) => {
        const { bars, minute, past } = breakoutOf(seededPath(seed, date));
        expect(minute).toBeGreaterThanOrEqual(20);
        expect(minute).toBeLessThan(55);
        for (const bar of bars.slice(55)) {
          for (const price of [bar.high, bar.low, bar.close]) {
            expect(past(price)).toBeGreaterThan(0);
            expect(past(price)).toBeLessThan(1);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is a function of seed and date alone', () => {
    const date = sessionDate('2026-11-20');
    const one = seededPath(7, date);
    seededPath(8, date);
    const again = seededPath(7, date);
    expect(again.prices).toEqual(one.prices);
    expect(again.volumes).toEqual(one.volumes);
    expect(again.volFactors).toEqual(one.volFactors);
    expect(seededPath(8, date).prices).not.toEqual(one.prices);
    expect(seededPath(7, nextSessionDate(date)).prices).not.toEqual(one.prices);
  });

  it('is quoted on the cent, mostly one cent wide, around every print', () => {
    const path = seededPath(3, sessionDate('2026-11-20'));
    let wide = 0;
    for (let step = 0; step < path.grid.steps; step += 1) {
      const { bid, ask } = spotQuoteAt(path, step);
      const price = (path.prices[step] ?? 0) / 100;
      expect(bid < ask && bid <= price && price <= ask).toBe(true);
      if (ask - bid > 1) wide += 1;
    }
    expect(wide / path.grid.steps).toBeLessThan(0.05);
  });

  it('trades most at its ends and moves most after the open', () => {
    const volumes = new Float64Array(390);
    const moves = new Float64Array(390);
    for (const path of sessions.slice(0, 30)) {
      const bars = regularBars(path, 390);
      bars.forEach((bar, i) => {
        volumes[i] = (volumes[i] ?? 0) + bar.volume;
        moves[i] = (moves[i] ?? 0) + Math.log(bar.close / bar.open) ** 2;
      });
    }
    const sum = (values: Float64Array, from: number, to: number): number =>
      values.slice(from, to).reduce((a, b) => a + b, 0);
    expect(sum(volumes, 0, 30)).toBeGreaterThan(2 * sum(volumes, 180, 210));
    expect(sum(volumes, 360, 390)).toBeGreaterThan(1.5 * sum(volumes, 180, 210));
    expect(sum(moves, 0, 15)).toBeGreaterThan(1.3 * sum(moves, 180, 195));
    expect(sum(moves, 375, 390)).toBeGreaterThan(1.2 * sum(moves, 180, 195));
  });
});

describe('a jump of the price', () => {
  const isSoonAfter = (step: number) => (other: number) =>
    other < step && step - other <= 2 * STEPS_PER_MINUTE;
  /** Every jump with none in the two minutes before it. */
  const jumps = sessions.flatMap((path) =>
    path.jumpSteps
      .filter((step) => !path.jumpSteps.some(isSoonAfter(step)))
      .map((step) => ({ path, step })),
  );

  it('is not known to the options a step before it comes', () => {
    expect(jumps.length).toBeGreaterThan(30);
    for (const { path, step } of jumps) {
      const climate = new ClimateOfDay(path);
      const before = climate.at(step - 1).deviation;
      const minuteAgo = climate.at(step - 1 - STEPS_PER_MINUTE).deviation;
      expect(before / minuteAgo).toBeLessThan(1.05);
      expect(climate.at(step).deviation / before).toBeGreaterThan(1.15);
      const moved = Math.log((path.prices[step] ?? 0) / (path.prices[step - 1] ?? 0));
      expect(Math.abs(moved)).toBeGreaterThan(5e-4);
    }
  });

  it('brings a minute of more volume from its step on, and none before', () => {
    const tradedFrom = (minutes: number): number =>
      mean(
        jumps.map(({ path, step }) => {
          const from = step + minutes * STEPS_PER_MINUTE - 1;
          const to = from + STEPS_PER_MINUTE;
          return (path.volumeSoFar[to] ?? 0) - (path.volumeSoFar[from] ?? 0);
        }),
      );
    expect(tradedFrom(-1) / tradedFrom(-2)).toBeLessThan(1.25);
    expect(tradedFrom(0) / tradedFrom(-1)).toBeGreaterThan(3);
    expect(tradedFrom(1) / tradedFrom(-1)).toBeLessThan(2);
  });
});

describe('a night between seeded days', () => {
  it('opens near the last close, whatever the day before did', () => {
    const days = sessions.map(({ prices, grid }) => ({
      open: Math.log(prices[grid.openStep] ?? 0),
      close: Math.log(prices[grid.closeStep - 1] ?? 0),
    }));
    const moves = days.slice(0, -1).map(({ open, close }) => close - open);
    const gaps = days.slice(1).map(({ open }, i) => open - (days[i]?.close ?? 0));
    const gapDeviation = Math.sqrt(covariance(gaps, gaps));
    const moveDeviation = Math.sqrt(covariance(moves, moves));
    expect(gapDeviation).toBeLessThan(0.0025);
    expect(moveDeviation).toBeGreaterThan(0.004);
    const correlation = covariance(moves, gaps) / (moveDeviation * gapDeviation);
    expect(Math.abs(correlation)).toBeLessThan(0.3);
  });

  it('never leads far from the usual level, whatever the year', () => {
    for (let year = 2016; year < 2036; year += 1) {
      const level = startingLevel(1, sessionOnOrAfter(sessionDate(`${year}-06-01`)), SPY);
      expect(Math.abs(Math.log(level / 540))).toBeLessThan(0.12);
    }
  });
});
