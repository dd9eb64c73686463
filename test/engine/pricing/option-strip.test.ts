import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionStrip } from '../../../src/engine/pricing/option-strip.ts';
import { relativeError } from '../../support/reference-options.ts';
import {
  BLACK_DELTA,
  BLACK_GAMMA,
  BLACK_LENGTH,
  BLACK_THETA,
  BLACK_THETA_NEXT_HOUR,
  BLACK_VALUE,
  BLACK_VEGA,
  blackInto,
  impliedVol,
} from '../../support/single-option.ts';

const FORWARD = 600.37;
const YEARS = 120 / 525_600;
const strikes = Array.from({ length: 120 }, (_, i) => 570.5 + i / 2);
const smile = (strike: number): number => 0.12 + 0.0004 * (strike - FORWARD) ** 2;

function filled(): OptionStrip {
  const strip = new OptionStrip(strikes.length);
  strip.strike.set(strikes);
  strip.vol.set(strikes.map(smile));
  strip.setMarket(FORWARD, YEARS);
  strip.value();
  return strip;
}

describe('a strip', () => {
  it('finds each volatility again from the value that it gave', () => {
    const strip = filled();
    const values = strip.timeValue.slice();
    strip.vol.fill(Number.NaN);
    strip.solve();
    for (const [i, strike] of strikes.entries()) {
      expect(strip.timeValue[i]).toBe(values[i]);
      expect(relativeError(strip.vol[i] ?? 0, smile(strike))).toBeLessThan(4e-15);
    }
  });

  it('gives each option what it gives that option alone', () => {
    const strip = filled();
    const out = new Float64Array(BLACK_LENGTH);
    for (const [i, strike] of strikes.entries()) {
      const right = strike >= FORWARD ? 'call' : 'put';
      const option = { right, forward: FORWARD, strike, years: YEARS } as const;
      blackInto(out, { ...option, vol: smile(strike) });
      expect(strip.timeValue[i]).toBe(out[BLACK_VALUE]);
      expect(strip.delta[i]).toBe(out[BLACK_DELTA]);
      expect(strip.gamma[i]).toBe(out[BLACK_GAMMA]);
      expect(strip.theta[i]).toBe(out[BLACK_THETA]);
      expect(strip.thetaNextHour[i]).toBe(out[BLACK_THETA_NEXT_HOUR]);
      expect(strip.vega[i]).toBe(out[BLACK_VEGA]);
      const price = strip.timeValue[i] ?? 0;
      strip.solve(i, i + 1);
      expect(strip.vol[i]).toBe(impliedVol({ ...option, price }));
    }
  });

  it('says NaN where no volatility gives the price, and leaves the neighbours alone', () => {
    const strip = filled();
    const before = strip.vol.slice();
    strip.timeValue[3] = 0;
    strip.timeValue[4] = -0.01;
    strip.timeValue[5] = Number.NaN;
    strip.timeValue[6] = FORWARD;
    strip.solve();
    strip.value();
    for (const i of [3, 4, 5, 6]) {
      const { vol, delta, gamma, theta, thetaNextHour, vega } = strip;
      for (const column of [vol, delta, gamma, theta, thetaNextHour, vega]) {
        expect(column[i]).toBeNaN();
      }
    }
    expect(relativeError(strip.vol[2] ?? 0, before[2] ?? 1)).toBeLessThan(4e-15);
    expect(relativeError(strip.vol[7] ?? 0, before[7] ?? 1)).toBeLessThan(4e-15);
  });

  it('works on a part of its options where it is told which', () => {
    const strip = filled();
    strip.vol.fill(Number.NaN);
    strip.solve(5, 10);
    const isSolved = [4, 5, 9, 10].map((i) => !Number.isNaN(strip.vol[i]));
    expect(isSolved).toEqual([false, true, true, false]);
    strip.vega.fill(Number.NaN);
    strip.value(5, 9);
    const isValued = [4, 5, 8, 9].map((i) => !Number.isNaN(strip.vega[i]));
    expect(isValued).toEqual([false, true, true, false]);
  });

  it('answers down to the last second, and a second of time value is all of it', () => {
    const oneSecond = 1 / 31_536_000;
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 6, noNaN: true }),
        (vol, deviations) => {
          const strip = new OptionStrip(1);
          strip.strike[0] = FORWARD * Math.exp(deviations * vol * Math.sqrt(oneSecond));
          strip.vol[0] = vol;
          strip.setMarket(FORWARD, oneSecond);
          strip.value();
          const time = strip.timeValue[0] ?? 0;
          expect(strip.thetaNextHour[0]).toBe(-time);
          strip.solve();
          expect(relativeError(strip.vol[0] ?? 0, vol)).toBeLessThan(1e-12);
        },
      ),
    );
  });
});
