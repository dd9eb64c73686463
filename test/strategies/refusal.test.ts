import { describe, expect, it } from 'vitest';
import { refuseOutside, refuseQuantity } from '../../src/strategies/refusal.ts';
import { refused } from './strategy-day.ts';

describe('shared refusals', () => {
  it('takes quantity 1 and refuses 0, -1, 1.5 and what is not a number', () => {
    expect(refuseQuantity(1)).toBeUndefined();
    for (const quantity of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(refused(refuseQuantity(quantity)).code).toBe('argument_invalid');
    }
  });

  it('takes both edges of a range and refuses what is beyond them', () => {
    expect(refuseOutside('width', 1, 1, 5)).toBeUndefined();
    expect(refuseOutside('width', 5, 1, 5)).toBeUndefined();
    expect(refused(refuseOutside('width', 5.01, 1, 5)).numbers).toEqual({
      argument: 'width',
      value: '5.01',
      lowest: 1,
      highest: 5,
    });
    expect(refused(refuseOutside('width', Number.NaN, 1, 5)).code).toBe('argument_invalid');
  });
});
