import { describe, expect, it } from 'vitest';
import { addMicros } from '../../src/engine/domain/units.ts';
import { restMillis } from '../../src/risk/resting.ts';
import { AT } from './fixtures.ts';

const limits = { maxLossesPerStrategy: 3, coolDownMillis: 10 };

describe('the rest of a strategy that lost', () => {
  it.each([
    [1, 0, 10],
    [2, 9_999, 0.001],
    [2, 10_000, 0],
    [2, 10_001, 0],
    [3, 10_001, Number.POSITIVE_INFINITY],
    [4, 0, Number.POSITIVE_INFINITY],
  ])('after %s losses, the last %s microseconds ago, is %s milliseconds', (count, ago, left) => {
    const lost = { count, lastAtWall: addMicros(AT.wall, -ago) };
    expect(restMillis(lost, { at: AT, limits })).toBeCloseTo(left, 9);
  });
});
