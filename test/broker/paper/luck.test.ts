import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw } from '../../../src/broker/paper/luck.ts';

describe('a draw', () => {
  it('is from 0 up to but not 1, and the same for the same seed, name and number', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.maxSafeNat(), (seed, name, n) => {
        const drawn = draw(seed, name, n);
        expect(drawn).toBeGreaterThanOrEqual(0);
        expect(drawn).toBeLessThan(1);
        expect(draw(seed, name, n)).toBe(drawn);
      }),
    );
  });

  it.each([
    ['numbers', (i: number) => draw(1, 'order', i)],
    ['market times', (i: number) => draw(1, 'order', 1_785_850_000_000_000 + i * 1_000)],
    ['names', (i: number) => draw(1, `20260804-${i}`, 0)],
    ['seeds', (i: number) => draw(i, 'order', 0)],
  ])('is even over %s', (_what, drawOf) => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i += 1) {
      const tenth = Math.floor(drawOf(i) * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) {
      expect(count).toBeGreaterThan(850);
      expect(count).toBeLessThan(1_150);
    }
  });
});
