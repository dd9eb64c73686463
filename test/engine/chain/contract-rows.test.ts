import { describe, expect, it } from 'vitest';
import {
  findContract,
  impliedVolAt,
  placeAtOrAbove,
  rowAtStrike,
} from '../../../src/engine/chain/contract-rows.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import type { ContractView } from '../../../src/engine/domain/market.ts';
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

describe('the volatility at a price', () => {
  const strikes = [5_970, 5_975, 5_980, 6_000, 6_020];
  const wide = buildSlice({ spot: 6_000, strikes, atmVol: 0.12, skewPerDollar: 0.001 });
  const at = (dollars: number, of = wide) => impliedVolAt(of, priceFromDollars(dollars));

  it('is that of a listed strike, and lies between two of them in proportion', () => {
    expect(at(5_980)).toBeCloseTo(0.14, 9);
    expect(at(5_978)).toBeCloseTo(0.142, 9);
    expect(at(6_010)).toBeCloseTo(0.11, 9);
  });

  it('goes by the nearest strikes that have one, and beyond all by the last', () => {
    const bare = (row: ContractView): ContractView => {
      const isBare = row.contract.strike === priceFromDollars(5_975);
      return isBare ? { ...row, impliedVol: undefined } : row;
    };
    const holed = { ...wide, calls: wide.calls.map(bare), puts: wide.puts.map(bare) };
    expect(at(5_975, holed)).toBeCloseTo(0.145, 9);
    const ofPuts = { ...wide, calls: wide.calls.map(bare) };
    expect(at(5_975, ofPuts)).toBeCloseTo(0.145, 9);
    expect(at(5_900)).toBeCloseTo(0.15, 9);
    expect(at(6_100)).toBeCloseTo(0.1, 9);
    expect(at(6_000, { ...wide, calls: [], puts: [] })).toBeUndefined();
  });
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
