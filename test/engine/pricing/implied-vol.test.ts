import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Right } from '../../../src/engine/domain/instrument.ts';
import { blackValue, intrinsicValue } from '../../../src/engine/pricing/black.ts';
import { MINUTES_PER_YEAR } from '../../../src/engine/pricing/time-to-expiry.ts';
import {
  csvRows,
  isOutOfTheMoney,
  relativeError,
  sameDayOptions,
} from '../../support/reference-options.ts';
import { sharedData } from '../../support/shared-data.ts';
import { BLACK_DELTA, BLACK_LENGTH, blackInto, impliedVol } from '../../support/single-option.ts';

const sameDayPath = sharedData('public/bs_reference_0dte.csv.gz');
const spxwPath = sharedData('internal/spxw_0dte_iv_delta_reference.csv.gz');

function count(causes: Map<string, number>, cause: string): void {
  causes.set(cause, (causes.get(cause) ?? 0) + 1);
}

describe.skipIf(sameDayPath === undefined)(
  'volatilities of 50-digit same-day prices (skipped where ../shared/data is absent)',
  () => {
    const rows = sameDayPath === undefined ? [] : sameDayOptions(sameDayPath);

    it('come back to 5e-15 out of the money, 5e-12 where the forward is itself rounded', () => {
      const failures = new Map<string, number>();
      let solved = 0;
      for (const row of rows.filter(isOutOfTheMoney)) {
        const vol = impliedVol({ ...row, price: row.value });
        if (vol === undefined) {
          count(failures, row.value === 0 ? 'the price underflows to 0' : row.line);
          continue;
        }
        solved += 1;
        expect(relativeError(vol, row.vol), row.line).toBeLessThan(row.pure ? 5e-15 : 5e-12);
      }
      expect([...failures]).toEqual([['the price underflows to 0', 44]]);
      expect(solved).toBeGreaterThan(1_500);
    });

    it('come back in the money to what the rounding of the price leaves', () => {
      const failures = new Map<string, number>();
      let solved = 0;
      for (const row of rows.filter((each) => !isOutOfTheMoney(each))) {
        const { right, forward, strike, value } = row;
        const vol = impliedVol({ ...row, price: value });
        const lastPlace = Number.EPSILON * Math.max(forward, strike);
        if (vol === undefined) {
          const timeValue = value - intrinsicValue(right, forward, strike);
          count(failures, timeValue <= 4 * lastPlace ? 'time value is rounding' : row.line);
          continue;
        }
        solved += 1;
        expect(Math.abs(vol - row.vol), row.line).toBeLessThan((2 * lastPlace) / row.vega + 1e-14);
      }
      expect([...failures.keys()]).toEqual(['time value is rounding']);
      expect(solved).toBeGreaterThan(1_000);
    });
  },
);

describe.skipIf(spxwPath === undefined)(
  'volatilities of 108,482 SPXW midpoints (skipped where ../shared/data is absent)',
  () => {
    it('match the reference to its printed digits, and fail exactly where it fails', () => {
      const outcomes = new Map<string, number>();
      let volError = 0;
      let deltaError = 0;
      const out = new Float64Array(BLACK_LENGTH);
      for (const cells of csvRows(spxwPath ?? '')) {
        const right: Right = cells[4] === 'C' ? 'call' : 'put';
        const forward = Number(cells[3]);
        const strike = Number(cells[5]);
        const years = Number(cells[2]) / MINUTES_PER_YEAR;
        const price = Number(cells[6]);
        const vol = impliedVol({ right, forward, strike, years, price });
        const published = cells[7] !== '';
        if (vol === undefined || !published) {
          const inTheMoney = intrinsicValue(right, forward, strike) > 0;
          const cause = inTheMoney ? 'no time value, in the money' : 'out of the money';
          count(
            outcomes,
            `${vol === undefined ? 'none' : 'solved'}: ${cause}, published ${published}`,
          );
          continue;
        }
        count(outcomes, 'both');
        blackInto(out, { right, forward, strike, years, vol });
        volError = Math.max(volError, Math.abs(vol - Number(cells[7])));
        deltaError = Math.max(deltaError, Math.abs((out[BLACK_DELTA] ?? 0) - Number(cells[8])));
      }
      expect(outcomes).toEqual(
        new Map([
          ['both', 102_235],
          ['none: no time value, in the money, published false', 6_247],
        ]),
      );
      expect(volError).toBeLessThan(5.01e-9);
      expect(deltaError).toBeLessThan(5.01e-9);
    });
  },
);

describe('implied volatility', () => {
  it('inverts the value of any out-of-the-money option, same-day or years out', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Right>('call', 'put'),
        fc.double({ min: Math.log(1e-5), max: Math.log(3), noNaN: true }),
        fc.double({ min: 0, max: 30, noNaN: true }),
        (right, lnTotalVol, deviations) => {
          const vol = Math.exp(lnTotalVol);
          const distance = Math.min(3, deviations * vol);
          const strike = 600 * Math.exp(right === 'call' ? distance : -distance);
          const option = { right, forward: 600, strike, years: 1, vol };
          const price = blackValue(option);
          const solved = impliedVol({ ...option, price }) ?? Number.NaN;
          expect(relativeError(blackValue({ ...option, vol: solved }), price)).toBeLessThan(1e-11);
          expect(relativeError(solved, vol)).toBeLessThan(1e-12);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  const call = { right: 'call', forward: 600, strike: 590, years: 1e-4 } as const;
  const put = { right: 'put', forward: 600, strike: 610, years: 1e-4 } as const;

  it('is undefined at intrinsic value and below, and given a cent above', () => {
    expect(impliedVol({ ...call, price: 10 })).toBeUndefined();
    expect(impliedVol({ ...call, price: 9.99 })).toBeUndefined();
    expect(impliedVol({ ...put, price: 10 })).toBeUndefined();
    expect(impliedVol({ ...call, price: 10.01 })).toBeGreaterThan(0);
    expect(impliedVol({ ...put, price: 10.01 })).toBeGreaterThan(0);
  });

  it('is undefined at the bound, and given just below it', () => {
    expect(impliedVol({ ...call, price: 600 })).toBeUndefined();
    expect(impliedVol({ ...put, price: 610 })).toBeUndefined();
    expect(impliedVol({ ...call, price: 599 })).toBeGreaterThan(0);
    expect(impliedVol({ ...put, price: 609 })).toBeGreaterThan(0);
  });

  it('is undefined at expiry and after, for a free option, and for what is no price', () => {
    expect(impliedVol({ ...call, price: 11, years: 0 })).toBeUndefined();
    expect(impliedVol({ ...call, price: 11, years: -1e-6 })).toBeUndefined();
    expect(impliedVol({ ...call, strike: 610, price: 0 })).toBeUndefined();
    expect(impliedVol({ ...call, strike: 610, price: -0.01 })).toBeUndefined();
    expect(impliedVol({ ...call, price: Number.NaN })).toBeUndefined();
    expect(impliedVol({ ...call, price: Number.POSITIVE_INFINITY })).toBeUndefined();
    expect(impliedVol({ ...call, price: 1, forward: 0 })).toBeUndefined();
    expect(impliedVol({ ...call, price: 1, strike: -5 })).toBeUndefined();
    expect(impliedVol({ ...put, price: 1, forward: Number.POSITIVE_INFINITY })).toBeUndefined();
  });

  it('answers any numbers at all with a positive number or undefined', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 4, maxLength: 4 }), (numbers) => {
        const [forward = 0, strike = 0, years = 0, price = 0] = numbers;
        const vol = impliedVol({ right: 'call', forward, strike, years, price });
        expect(vol === undefined || (vol > 0 && Number.isFinite(vol))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
