import { describe, expect, it } from 'vitest';
import {
  findContract,
  placeAtOrAbove,
  rowAtStrike,
} from '../../../src/engine/chain/contract-rows.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import { price, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { buildSlice } from '../../support/chain-builder.ts';

const slice = buildSlice({ date: sessionDate('2026-11-20'), minutes: 630 });
const { calls: rows } = slice;

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

describe('the row of a contract', () => {
  const CALL: OptionContract = {
    kind: 'option',
    root: 'SPY',
    expiry: sessionDate('2026-11-20'),
    right: 'call',
    strike: priceFromDollars(605),
  };

  it('is found for every contract of a slice', () => {
    const all = [...slice.calls, ...slice.puts];
    expect(all.map(({ contract }) => findContract(slice, { ...contract }))).toEqual(all);
    expect(findContract(slice, CALL)?.contract).toEqual(CALL);
  });

  it.each<[string, Partial<OptionContract>]>([
    ['below all strikes', { strike: priceFromDollars(1) }],
    ['above all strikes', { strike: priceFromDollars(9_000) }],
    ['between two strikes', { strike: price(6_050_001) }],
    ['another root', { root: 'XSP' }],
    ['another day', { expiry: sessionDate('2026-11-23') }],
  ])('is none: %s', (_what, change) => {
    expect(findContract(slice, { ...CALL, ...change })).toBeUndefined();
  });
});
