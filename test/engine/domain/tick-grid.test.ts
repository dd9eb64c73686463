import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ceilToTick,
  floorToTick,
  isOnTick,
  NICKEL_DIME_GRID,
  NICKEL_GRID,
  PENNY_GRID,
  tickAt,
} from '../../../src/engine/domain/tick-grid.ts';
import { price } from '../../../src/engine/domain/units.ts';

describe('the penny grid', () => {
  it('makes a debit larger and a credit smaller', () => {
    expect(floorToTick(PENNY_GRID, -12_350)).toBe(-12_400);
    expect(floorToTick(PENNY_GRID, 12_350)).toBe(12_300);
  });

  it('leaves a price on the grid alone, with float dust too', () => {
    expect(floorToTick(PENNY_GRID, 12_300)).toBe(12_300);
    expect(floorToTick(PENNY_GRID, 12_299.999_999)).toBe(12_300);
    expect(ceilToTick(PENNY_GRID, 12_300.000_001)).toBe(12_300);
    expect(floorToTick(PENNY_GRID, 12_299.9)).toBe(12_200);
  });

  it('never yields minus zero', () => {
    expect(Object.is(ceilToTick(PENNY_GRID, -50), 0)).toBe(true);
  });
});

describe('the nickel and dime grid', () => {
  it('steps by nickels below three dollars and by dimes from there on', () => {
    expect([29_900, 30_000, -30_000].map((at) => tickAt(NICKEL_DIME_GRID, at))).toEqual([
      500, 1_000, 1_000,
    ]);
    expect(
      [29_500, 30_000, 30_500, 31_000].map((at) => isOnTick(NICKEL_DIME_GRID, price(at))),
    ).toEqual([true, true, false, true]);
  });

  it('rounds a debit past three dollars to the next dime', () => {
    expect(floorToTick(NICKEL_DIME_GRID, -30_200)).toBe(-31_000);
    expect(floorToTick(NICKEL_DIME_GRID, -29_800)).toBe(-30_000);
    expect(ceilToTick(NICKEL_DIME_GRID, 29_600)).toBe(30_000);
  });
});

describe.each([
  ['pennies', PENNY_GRID],
  ['nickels', NICKEL_GRID],
  ['nickels and dimes', NICKEL_DIME_GRID],
])('a grid of %s', (_name, grid) => {
  it('brackets every number with two grid prices at most a tick apart', () => {
    fc.assert(
      fc.property(fc.integer({ min: -200_000, max: 200_000 }), (value) => {
        const below = floorToTick(grid, value);
        const above = ceilToTick(grid, value);
        expect(isOnTick(grid, below) && isOnTick(grid, above)).toBe(true);
        expect(below <= value && value <= above).toBe(true);
        expect(above - below).toBe(isOnTick(grid, price(value)) ? 0 : tickAt(grid, value));
      }),
    );
  });
});
