import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addMicros,
  amountCents,
  cents,
  centsFromDollars,
  dollarsFromCents,
  dollarsFromPrice,
  epochMicros,
  epochMicrosFromMillis,
  price,
  priceFromDollars,
  sessionDate,
} from '../../../src/engine/domain/units.ts';

const notWhole = [0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER + 1];

describe('a whole-number unit', () => {
  it.each(notWhole)('refuses %d by name', (value) => {
    expect(() => price(value)).toThrow(/Price must be a whole number/);
    expect(() => cents(value)).toThrow(/Cents must be a whole number/);
    expect(() => epochMicros(value)).toThrow(/EpochMicros must be a whole number/);
  });

  it('has no negative zero', () => {
    expect(Object.is(price(-0), 0)).toBe(true);
    expect(Object.is(priceFromDollars(-0.000_01), 0)).toBe(true);
    expect(Object.is(amountCents(price(0), -1), 0)).toBe(true);
  });
});

describe('a price', () => {
  it('is 1/10,000 of a dollar and survives the way to dollars and back', () => {
    expect(priceFromDollars(1.23)).toBe(12_300);
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (tenThousandths) => {
        expect(priceFromDollars(dollarsFromPrice(price(tenThousandths)))).toBe(tenThousandths);
      }),
    );
  });

  it('takes the nearest 1/10,000 of a dollar amount, and refuses what is no number', () => {
    expect(priceFromDollars(0.000_149)).toBe(1);
    expect(priceFromDollars(0.000_151)).toBe(2);
    expect(() => priceFromDollars(Number.NaN)).toThrow(RangeError);
  });
});

describe('an amount', () => {
  it('of one contract at a price is that same number of cents', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e8, max: 1e8 }), (net) => {
        expect(amountCents(price(net), 1)).toBe(net);
      }),
    );
  });

  it('counts quantity and multiplier, and keeps the sign of the net', () => {
    expect(amountCents(priceFromDollars(-1.25), 3)).toBe(-37_500);
    expect(amountCents(priceFromDollars(600.25), 100, 1)).toBe(6_002_500);
    expect(amountCents(price(49), 1, 1)).toBe(0);
    expect(amountCents(price(50), 1, 1)).toBe(1);
  });

  it('in dollars rounds to the nearest cent and back', () => {
    expect(centsFromDollars(500)).toBe(50_000);
    expect(centsFromDollars(0.004)).toBe(0);
    expect(centsFromDollars(1.005)).toBe(100);
    expect(dollarsFromCents(cents(-12_345))).toBe(-123.45);
  });
});

describe('a moment', () => {
  it('counts microseconds, taken from milliseconds with fractions', () => {
    expect(epochMicrosFromMillis(1_785_850_200_000.123)).toBe(1_785_850_200_000_123);
    expect(addMicros(epochMicros(10), -4)).toBe(6);
    expect(addMicros(epochMicros(10), 0.6)).toBe(11);
  });

  it('is exact to the microsecond until the year 2255', () => {
    const last = Date.UTC(2255, 0, 1) * 1_000;
    expect(addMicros(epochMicros(last), 1) - last).toBe(1);
    expect(() => epochMicros(Date.UTC(2256, 0, 1) * 1_000)).toThrow(RangeError);
  });
});

describe('a session date', () => {
  it.each(['2026-08-04', '2024-02-29', '1999-12-31'])('takes %s', (text) => {
    expect(sessionDate(text)).toBe(text);
  });

  it.each(['2026-8-4', '20260804', '2026-13-01', '2026-00-10', '2026-01-32', '2026-08-04T', ''])(
    'refuses "%s"',
    (text) => {
      expect(() => sessionDate(text)).toThrow(RangeError);
    },
  );
});
