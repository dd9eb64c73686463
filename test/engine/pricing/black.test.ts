import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Right } from '../../../src/engine/domain/instrument.ts';
import type { BlackInputs } from '../../../src/engine/pricing/black.ts';
import { blackValue } from '../../../src/engine/pricing/black.ts';
import { MINUTES_PER_YEAR } from '../../../src/engine/pricing/time-to-expiry.ts';
import {
  csvRows,
  onForward,
  relativeError,
  sameDayOptions,
} from '../../support/reference-options.ts';
import { sharedData } from '../../support/shared-data.ts';
import {
  BLACK_DELTA,
  BLACK_GAMMA,
  BLACK_LENGTH,
  BLACK_THETA,
  BLACK_THETA_NEXT_HOUR,
  BLACK_VALUE,
  BLACK_VEGA,
  blackGreeks,
  blackInto,
} from '../../support/single-option.ts';

const sameDayPath = sharedData('public/bs_reference_0dte.csv.gz');
const haugPath = sharedData('public/bs_reference_haug_quantlib.csv');
const vollibPath = sharedData('public/py_vollib_test_data.json');

function greeksOf(inputs: BlackInputs): Float64Array {
  const out = new Float64Array(BLACK_LENGTH);
  blackInto(out, inputs);
  return out;
}

const anyRight = fc.constantFrom<Right>('call', 'put');

/** Same-day options of any kind: 15 s to 24 h, 3 % to 200 %, six deviations either way. */
const sameDay = fc
  .record({
    right: anyRight,
    forward: fc.double({ min: 100, max: 900, noNaN: true }),
    minutes: fc.double({ min: 0.25, max: 1_440, noNaN: true }),
    vol: fc.double({ min: 0.03, max: 2, noNaN: true }),
    deviations: fc.double({ min: -6, max: 6, noNaN: true }),
  })
  .map(({ right, forward, minutes, vol, deviations }): BlackInputs => {
    const years = minutes / MINUTES_PER_YEAR;
    const strike = forward * Math.exp(deviations * vol * Math.sqrt(years));
    return { right, forward, strike, years, vol };
  });

describe.skipIf(sameDayPath === undefined)(
  'same-day options against 50-digit prices (skipped where ../shared/data is absent)',
  () => {
    const rows = sameDayPath === undefined ? [] : sameDayOptions(sameDayPath);

    it('gives every value: relative 1e-13 within eight deviations, 4e-12 through a forward', () => {
      let compared = 0;
      for (const row of rows) {
        const { value, pure } = row;
        const error = relativeError(blackValue(row), value);
        if (value > 1e-20) {
          compared += 1;
          expect(error, row.line).toBeLessThan(pure ? 1e-13 : 4e-12);
        } else {
          expect(Math.abs(blackValue(row) - value), row.line).toBeLessThan(1e-30);
        }
      }
      expect(compared).toBeGreaterThan(2_500);
    });

    it('gives every delta within 3e-16, 2e-12 through a forward', () => {
      for (const row of rows) {
        const error = Math.abs((greeksOf(row)[BLACK_DELTA] ?? 0) - row.delta);
        expect(error, row.line).toBeLessThan(row.pure ? 3e-16 : 2e-12);
      }
      expect(rows.length).toBe(3_068);
    });

    it('gives gamma and vega to 13 digits, 11 through a forward', () => {
      for (const row of rows.filter((each) => each.vega > 1e-20)) {
        const out = greeksOf(row);
        const limit = row.pure ? 1e-13 : 1e-11;
        expect(relativeError(out[BLACK_GAMMA] ?? 0, row.gamma), row.line).toBeLessThan(limit);
        expect(relativeError((out[BLACK_VEGA] ?? 0) * 100, row.vega), row.line).toBeLessThan(limit);
      }
    });

    it('gives theta per day where the rate is zero', () => {
      const lines = csvRows(sameDayPath ?? '').filter((cells) => Number(cells[4]) === 0);
      for (const [index, row] of rows.filter((each) => each.pure).entries()) {
        const theta = Number(lines[index]?.[11]);
        if (theta > -1e-20) continue;
        const perDay = greeksOf(row)[BLACK_THETA] ?? 0;
        expect(relativeError(perDay * 365, theta), row.line).toBeLessThan(1e-13);
      }
    });
  },
);

describe.skipIf(haugPath === undefined)(
  "longer options against Haug's table (skipped where ../shared/data is absent)",
  () => {
    it('gives the 20-digit values, and the printed ones but for a last digit', () => {
      const lines = csvRows(haugPath ?? '');
      for (const cells of lines) {
        const numbers = cells.slice(1).map(Number);
        const [spot = 0, strike = 0, years = 0, rate = 0, dividendYield = 0, vol = 0] = numbers;
        const [, , , , , , published = 0, price = 0, delta = 0, gamma = 0, vega = 0] = numbers;
        const right = cells[0] === 'C' ? 'call' : 'put';
        const spotOption = {
          spot,
          strike,
          years,
          rate,
          dividendYield,
          vol,
          price,
          delta,
          gamma,
          vega,
        };
        const row = onForward({ ...spotOption, right, line: cells.join(',') });
        const out = greeksOf(row);
        expect(relativeError(out[BLACK_VALUE] ?? 0, row.value), row.line).toBeLessThan(2e-14);
        expect(
          Math.abs((out[BLACK_VALUE] ?? 0) * Math.exp(-rate * years) - published),
        ).toBeLessThan(6e-5);
        expect(relativeError(out[BLACK_DELTA] ?? 0, row.delta), row.line).toBeLessThan(2e-14);
        expect(relativeError(out[BLACK_GAMMA] ?? 0, row.gamma), row.line).toBeLessThan(2e-14);
        expect(relativeError((out[BLACK_VEGA] ?? 0) * 100, row.vega), row.line).toBeLessThan(2e-14);
      }
      expect(lines.length).toBe(43);
    });
  },
);

interface VollibTable {
  readonly columns: readonly string[];
  readonly data: readonly (readonly number[])[];
}

describe.skipIf(vollibPath === undefined)(
  "options against py_vollib's table (skipped where ../shared/data is absent)",
  () => {
    it('gives both prices, both deltas, gamma and vega to the printed digits', () => {
      const table = JSON.parse(readFileSync(vollibPath ?? '', 'utf8')) as VollibTable;
      for (const cells of table.data) {
        const cell = (name: string) => cells[table.columns.indexOf(name)] ?? Number.NaN;
        const spotOption = {
          line: cells.join(','),
          spot: cell('S'),
          strike: cell('K'),
          years: cell('t'),
          rate: cell('R'),
          dividendYield: 0,
          vol: cell('v'),
          gamma: cell('CG'),
          vega: cell('CV'),
        };
        const call = { right: 'call', price: cell('bs_call'), delta: cell('CD') } as const;
        const put = { right: 'put', price: cell('bs_put'), delta: cell('PD') } as const;
        for (const side of [call, put]) {
          const row = onForward({ ...spotOption, ...side });
          const out = greeksOf(row);
          expect(Math.abs((out[BLACK_VALUE] ?? 0) - row.value), row.line).toBeLessThan(6e-7);
          expect(Math.abs((out[BLACK_DELTA] ?? 0) - row.delta), row.line).toBeLessThan(2e-9);
          expect(Math.abs((out[BLACK_GAMMA] ?? 0) - row.gamma), row.line).toBeLessThan(2e-9);
          expect(Math.abs((out[BLACK_VEGA] ?? 0) * 100 - row.vega), row.line).toBeLessThan(2e-6);
        }
      }
      expect(table.data.length).toBe(101);
    });
  },
);

describe("Black's formula", () => {
  it('keeps put-call parity: call less put is forward less strike', () => {
    fc.assert(
      fc.property(sameDay, (option) => {
        const call = blackValue({ ...option, right: 'call' });
        const put = blackValue({ ...option, right: 'put' });
        expect(call - put).toBeCloseTo(option.forward - option.strike, 10);
      }),
    );
  });

  it('values a call on (forward, strike) as a put on (strike, forward)', () => {
    fc.assert(
      fc.property(sameDay, (option) => {
        const mirror: BlackInputs = {
          ...option,
          right: option.right === 'call' ? 'put' : 'call',
          forward: option.strike,
          strike: option.forward,
        };
        expect(blackValue(option)).toBeCloseTo(blackValue(mirror), 10);
      }),
    );
  });

  it('stays between intrinsic value and its bound', () => {
    fc.assert(
      fc.property(sameDay, (option) => {
        const { forward, strike } = option;
        const value = blackValue(option);
        const call = option.right === 'call';
        expect(value).toBeGreaterThanOrEqual(
          Math.max(0, call ? forward - strike : strike - forward),
        );
        expect(value).toBeLessThan(call ? forward : strike);
      }),
    );
  });

  it('has greeks that are the slopes of its value', () => {
    fc.assert(
      fc.property(sameDay, (option) => {
        const out = greeksOf(option);
        const totalVol = option.vol * Math.sqrt(option.years);
        const step = option.forward * totalVol * 1e-4;
        const up = blackValue({ ...option, forward: option.forward + step });
        const down = blackValue({ ...option, forward: option.forward - step });
        expect(Math.abs((up - down) / (2 * step) - (out[BLACK_DELTA] ?? 0))).toBeLessThan(1e-6);
        const deltaUp = greeksOf({ ...option, forward: option.forward + step })[BLACK_DELTA] ?? 0;
        const deltaDown = greeksOf({ ...option, forward: option.forward - step })[BLACK_DELTA] ?? 0;
        const gamma = (deltaUp - deltaDown) / (2 * step);
        expect(Math.abs(gamma - (out[BLACK_GAMMA] ?? 0)) * step).toBeLessThan(1e-9);
        const volStep = option.vol * 1e-4;
        const volUp = blackValue({ ...option, vol: option.vol + volStep });
        const volDown = blackValue({ ...option, vol: option.vol - volStep });
        const vega = (volUp - volDown) / (2 * volStep) / 100;
        expect(Math.abs(vega - (out[BLACK_VEGA] ?? 0))).toBeLessThan(1e-7);
        const timeStep = option.years * 1e-4;
        const later = blackValue({ ...option, years: option.years - timeStep });
        const sooner = blackValue({ ...option, years: option.years + timeStep });
        const theta = (later - sooner) / (2 * timeStep) / 365;
        const size = 1e-6 * (1 + Math.abs(out[BLACK_THETA] ?? 0));
        expect(Math.abs(theta - (out[BLACK_THETA] ?? 0))).toBeLessThan(size);
      }),
    );
  });

  it('loses over the next hour what an hour less is worth, and in the last hour all time value', () => {
    const atm: BlackInputs = {
      right: 'call',
      forward: 600,
      strike: 601,
      years: 61 / MINUTES_PER_YEAR,
      vol: 0.15,
    };
    const minuteLeft = blackValue({ ...atm, years: 1 / MINUTES_PER_YEAR });
    expect(greeksOf(atm)[BLACK_THETA_NEXT_HOUR]).toBeCloseTo(minuteLeft - blackValue(atm), 12);
    const lastHour = { ...atm, years: 60 / MINUTES_PER_YEAR };
    expect(greeksOf(lastHour)[BLACK_THETA_NEXT_HOUR]).toBeCloseTo(-blackValue(lastHour), 15);
  });

  it('is intrinsic with a certain delta at expiry, half a share at the strike', () => {
    const expired = { right: 'call', forward: 601, strike: 600, years: 0, vol: 0.2 } as const;
    expect([...greeksOf(expired)]).toEqual([1, 1, 0, 0, 0, 0]);
    expect([...greeksOf({ ...expired, right: 'put' })]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...greeksOf({ ...expired, forward: 599, right: 'put' })]).toEqual([1, -1, 0, 0, 0, 0]);
    expect(greeksOf({ ...expired, forward: 600 })[BLACK_DELTA]).toBe(0.5);
    expect(greeksOf({ ...expired, forward: 600, right: 'put' })[BLACK_DELTA]).toBe(-0.5);
    expect(blackValue({ ...expired, years: 1, vol: 0 })).toBe(1);
  });

  it('has no number that is not finite, sixteen seconds before expiry fifty deviations out', () => {
    const far = {
      right: 'put',
      forward: 600,
      strike: 540,
      years: 16 / 31_536_000,
      vol: 0.1,
    } as const;
    for (const number of greeksOf(far)) expect(Number.isFinite(number)).toBe(true);
    expect(greeksOf(far)[BLACK_VALUE]).toBe(0);
    expect(blackGreeks(far).delta).toBeCloseTo(0, 15);
  });

  it('names the same numbers in its object form', () => {
    const option = { right: 'put', forward: 600, strike: 598, years: 1e-3, vol: 0.2 } as const;
    const out = greeksOf(option);
    expect(blackGreeks(option)).toEqual({
      delta: out[BLACK_DELTA],
      gamma: out[BLACK_GAMMA],
      theta: out[BLACK_THETA],
      thetaNextHour: out[BLACK_THETA_NEXT_HOUR],
      vega: out[BLACK_VEGA],
    });
    expect(blackGreeks(option).theta).toBeLessThan(0);
  });
});
