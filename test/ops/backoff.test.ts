import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMillis } from '../../src/ops/backoff.ts';

const bounds = { firstMillis: 1_000, mostMillis: 60_000 };

describe('backoffMillis', () => {
  it('doubles the ceiling with each attempt until the longest wait', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 7, 1_000].map((n) => backoffMillis(n, bounds, 0));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('takes at most half the ceiling away', () => {
    expect(backoffMillis(3, bounds, 1)).toBe(4_000);
    expect(backoffMillis(3, bounds, 7)).toBe(4_000);
    expect(backoffMillis(3, bounds, -7)).toBe(8_000);
  });

  it('never leaves the range from half the first wait to the longest one', () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, jitter) => {
        const wait = backoffMillis(attempt, bounds, jitter);
        expect(wait).toBeGreaterThanOrEqual(500);
        expect(wait).toBeLessThanOrEqual(60_000);
      }),
    );
  });
});
