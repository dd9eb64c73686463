import { describe, expect, it } from 'vitest';
import { expectedPayoff, forecastMove } from '../../src/strategies/move-forecast.ts';
import { buildBars, buildView } from '../support/chain-builder.ts';

/** Closes that go up and down by a fixed log return. */
function zigzag(minutes: number, perMinute: number): number[] {
  return Array.from({ length: minutes }, (_, i) => 600 * Math.exp(i % 2 === 0 ? 0 : perMinute));
}

describe('forecastMove', () => {
  it('takes the chain alone while the day is too young to speak', () => {
    const view = buildView({ bars: buildBars(zigzag(31, 0.001)) });
    const forecast = forecastMove(view, 600);
    expect(forecast?.realisedMove).toBeUndefined();
    expect(forecast?.expectedMove).toBeCloseTo(forecast?.impliedMove ?? 0, 9);
    const years = view.slice.yearsToExpiry;
    expect(forecast?.standardDeviation).toBeCloseTo(600 * 0.18 * Math.sqrt(years), 6);
  });

  it('averages the two variances once 30 returns are there', () => {
    const bars = buildBars(zigzag(32, 0.001));
    const forecast = forecastMove(buildView({ bars }), 600);
    const [implied, realised] = [forecast?.impliedMove ?? 0, forecast?.realisedMove ?? 0];
    expect(realised).toBeGreaterThan(0);
    expect(forecast?.expectedMove).toBeCloseTo(Math.sqrt((implied ** 2 + realised ** 2) / 2), 9);
  });

  it('takes the day alone while the chain has no volatility', () => {
    const view = buildView({ bars: buildBars(zigzag(60, 0.001)) });
    const blind = { ...view, slice: { ...view.slice, atmVol: undefined } };
    const forecast = forecastMove(blind, 600);
    expect(forecast?.impliedMove).toBeUndefined();
    expect(forecast?.expectedMove).toBe(forecast?.realisedMove);
  });

  it('scales with the size of the moves so far', () => {
    const calm = forecastMove(buildView({ bars: buildBars(zigzag(60, 0.0005)) }), 600);
    const wild = forecastMove(buildView({ bars: buildBars(zigzag(60, 0.001)) }), 600);
    expect((wild?.realisedMove ?? 0) / (calm?.realisedMove ?? 1)).toBeCloseTo(2, 3);
  });

  it('is not known without either witness, and not after the mark', () => {
    const view = buildView();
    const blind = { ...view, slice: { ...view.slice, atmVol: undefined } };
    expect(forecastMove(blind, 600)).toBeUndefined();
    expect(forecastMove(buildView({ minutes: 960 }), 600)).toBeUndefined();
    expect(forecastMove(buildView({ minutes: 959 }), 600)?.minutesLeft).toBe(1);
  });
});

describe('expectedPayoff', () => {
  it('is the mean absolute move at the forward', () => {
    expect(expectedPayoff(600, 600, 2)).toBeCloseTo(2 * Math.sqrt(2 / Math.PI), 6);
  });

  it('approaches the distance far from the forward, and is it without any move', () => {
    expect(expectedPayoff(600, 620, 2)).toBeCloseTo(20, 6);
    expect(expectedPayoff(600, 603, 0)).toBe(3);
  });

  it('agrees with a numerical integral one deviation away', () => {
    let sum = 0;
    const step = 0.001;
    for (let z = -8; z < 8; z += step) {
      const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
      sum += Math.abs(600 + 2 * z - 602) * density * step;
    }
    expect(expectedPayoff(600, 602, 2)).toBeCloseTo(sum, 5);
  });
});
