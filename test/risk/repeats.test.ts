import { describe, expect, it } from 'vitest';
import { addMicros } from '../../src/engine/domain/units.ts';
import { isRepeating, repeatsOf } from '../../src/risk/repeats.ts';
import { AT, recentOrder } from './fixtures.ts';

const limits = { maxRepeats: 3, repeatWindowMillis: 10 };

function orders(count: number, agoMicros = 0, change = {}) {
  const wallAt = addMicros(AT.wall, -agoMicros);
  return Array.from({ length: count }, () =>
    recentOrder({ strategy: 'orb_long_call', wallAt, ...change }),
  );
}

describe('the repeats of a strategy', () => {
  it.each([
    [9_999, 2],
    [10_000, 0],
  ])('are its openings within the window: %s microseconds ago', (ago, repeats) => {
    expect(repeatsOf('orb_long_call', { at: AT, recentOrders: orders(2, ago), limits })).toBe(
      repeats,
    );
  });

  it('are those of the window alone, whatever came before it', () => {
    const recentOrders = [...orders(5, 20_000), ...orders(1, 9_999), ...orders(1)];
    expect(repeatsOf('orb_long_call', { at: AT, recentOrders, limits })).toBe(2);
    expect(isRepeating({ at: AT, recentOrders, limits })).toBe(false);
  });

  it('are not those of another, and no closes', () => {
    const recentOrders = [...orders(2), ...orders(2, 0, { opening: false })];
    expect(repeatsOf('orb_long_call', { at: AT, recentOrders, limits })).toBe(2);
    expect(repeatsOf('orb_long_put', { at: AT, recentOrders, limits })).toBe(0);
  });

  it('begin anew with a re-arm', () => {
    const recentOrders = orders(2, 5);
    const rearmed = (ago: number) => addMicros(AT.wall, -ago);
    const since = (ago: number) =>
      repeatsOf('orb_long_call', { at: AT, recentOrders, limits, rearmedAtWall: rearmed(ago) });
    expect([since(6), since(5), since(4)]).toEqual([2, 0, 0]);
  });
});

describe('a strategy repeats', () => {
  it.each([
    [2, false],
    [3, true],
    [4, true],
  ])('%s of three times: %s', (count, repeating) => {
    expect(isRepeating({ at: AT, recentOrders: orders(count), limits })).toBe(repeating);
  });

  it('by itself: three orders of two strategies are no repetition', () => {
    const recentOrders = [...orders(2), recentOrder({ strategy: 'orb_long_put' })];
    expect(isRepeating({ at: AT, recentOrders, limits })).toBe(false);
    const more = [recentOrder({ strategy: 'orb_long_put' }), ...orders(3)];
    expect(isRepeating({ at: AT, recentOrders: more, limits })).toBe(true);
  });
});
