import { expect, it } from 'vitest';
import { placeAtOrAbove, rowAtStrike } from '../../../src/engine/chain/row-at-strike.ts';
import { price, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { buildSlice } from '../../support/chain-builder.ts';

const { calls: rows } = buildSlice({ date: sessionDate('2026-11-20'), minutes: 630 });

it('a row is found by its strike among those of one right, and only by a listed one', () => {
  expect(rows.length).toBeGreaterThan(2);
  expect(rows.map(({ contract }) => rowAtStrike(rows, contract.strike))).toEqual(rows);
  const between = price((rows[0]?.contract.strike ?? 0) + 1);
  for (const strike of [priceFromDollars(1), between, priceFromDollars(9_000)]) {
    expect(rowAtStrike(rows, strike)).toBeUndefined();
  }
  expect(rowAtStrike([], between)).toBeUndefined();
});

it('the place of a strike is that of the first row at or above it', () => {
  const below = (place: number): number => rows[place - 1]?.contract.strike ?? 0;
  for (const strike of [0, 1, below(1), below(2) + 1, below(rows.length), below(rows.length) + 1]) {
    const expected = rows.findIndex(({ contract }) => contract.strike >= strike);
    expect(placeAtOrAbove(rows, price(strike))).toBe(expected === -1 ? rows.length : expected);
  }
});
