import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ceilToTick, floorToTick, TICK_SIZE } from '../../src/strategies/tick.ts';

const isOnTick = (value: number): boolean => value % TICK_SIZE === 0;

describe('the penny grid', () => {
  it('makes a debit larger and a credit smaller', () => {
    expect(floorToTick(-12_350)).toBe(-12_400);
    expect(floorToTick(12_350)).toBe(12_300);
  });

  it('leaves a price on the grid alone, with float dust too', () => {
    expect(floorToTick(12_300)).toBe(12_300);
    expect(floorToTick(12_299.999_999)).toBe(12_300);
    expect(ceilToTick(12_300.000_001)).toBe(12_300);
    expect(floorToTick(12_299.9)).toBe(12_200);
  });

  it('never yields minus zero', () => {
    expect(Object.is(ceilToTick(-50), 0)).toBe(true);
  });

  it('brackets every number with two grid prices at most a tick apart', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000_000, max: 10_000_000 }), (value) => {
        const below = floorToTick(value);
        const above = ceilToTick(value);
        expect(isOnTick(below) && isOnTick(above)).toBe(true);
        expect(below <= value && value <= above).toBe(true);
        expect(above - below).toBe(isOnTick(value) ? 0 : TICK_SIZE);
      }),
    );
  });
});
