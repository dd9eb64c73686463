import { describe, expect, it } from 'vitest';
import { type OptionContract, occSymbol } from '../../../src/engine/domain/instrument.ts';
import type { ContractView } from '../../../src/engine/domain/market.ts';
import { priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { blackValue, intrinsicValue } from '../../../src/engine/pricing/black.ts';
import { type Holding, scenariosOf } from '../../../src/engine/pricing/scenarios.ts';
import { buildSlice } from '../../support/chain-builder.ts';

const DATE = sessionDate('2026-11-20');
const slice = buildSlice({ spot: 600 });
const forward = slice.forward ?? Number.NaN;

function contract(right: 'call' | 'put', strike: number): OptionContract {
  return { kind: 'option', root: 'SPY', expiry: DATE, right, strike: priceFromDollars(strike) };
}

function held(right: 'call' | 'put', strike: number, quantity: number): Holding {
  return { symbol: occSymbol(contract(right, strike)), quantity };
}

function viewOf(right: 'call' | 'put', strike: number): ContractView {
  const rows = right === 'call' ? slice.calls : slice.puts;
  const view = rows.find((row) => row.contract.strike === priceFromDollars(strike));
  if (view === undefined) throw new Error(`no ${strike} ${right}`);
  return view;
}

function at(holdings: readonly Holding[], spotMovePercent: number, volMovePoints = 0) {
  const found = scenariosOf(slice, holdings).find(
    (each) => each.spotMovePercent === spotMovePercent && each.volMovePoints === volMovePoints,
  );
  if (found === undefined) throw new Error('no such scenario');
  return found;
}

/** Dollars per share by the formula itself. */
function black(right: 'call' | 'put', strike: number, percent: number, points: number): number {
  return blackValue({
    right,
    strike,
    forward: forward * (1 + percent / 100),
    years: slice.yearsToExpiry,
    vol: (viewOf(right, strike).impliedVol ?? Number.NaN) + points / 100,
  });
}

describe('the scenarios of a book', () => {
  it('are every spot move with every volatility move, and nothing where nothing moves', () => {
    const all = scenariosOf(slice, [held('call', 602, 1)]);
    expect(all).toHaveLength(27);
    expect(new Set(all.map((each) => each.spotMovePercent)).size).toBe(9);
    expect(at([held('call', 602, 1)], 0).pnlCents).toBe(0);
  });

  it('are unknown with anything of another underlying', () => {
    const other = { ...contract('call', 602), root: 'QQQ' };
    for (const symbol of [occSymbol(other), 'AAPL']) {
      const all = scenariosOf(slice, [held('call', 602, 1), { symbol, quantity: 1 }]);
      expect(all.every(({ pnlCents }) => pnlCents === null)).toBe(true);
      expect(all.every(({ pnlAtCloseCents }) => pnlAtCloseCents === null)).toBe(true);
    }
    expect(at([{ symbol: 'SPY', quantity: 100 }], 1).pnlCents).not.toBeNull();
  });

  it.each([
    [1, 0],
    [-0.5, 5],
    [2, -5],
    [0, 5],
  ])('value a long call as the formula does at %s %% and %s points', (percent, points) => {
    const change = black('call', 602, percent, points) - black('call', 602, 0, 0);
    const pnl = at([held('call', 602, 3)], percent, points).pnlCents;
    expect(pnl).toBe(Math.round(change * 300 * 100));
  });

  it('value a spread leg by leg, short legs against the holder', () => {
    const change = (percent: number) =>
      black('put', 595, percent, 0) -
      black('put', 595, 0, 0) -
      (black('put', 597, percent, 0) - black('put', 597, 0, 0));
    const spread = [held('put', 597, -2), held('put', 595, 2)];
    for (const percent of [-1, 1]) {
      expect(at(spread, percent).pnlCents).toBe(Math.round(change(percent) * 200 * 100));
    }
    expect(at(spread, -1).pnlCents).toBeLessThan(0);
  });

  it('pay what the options are worth at the close', () => {
    const paid = intrinsicValue('call', forward * 1.01, 602) - black('call', 602, 0, 0);
    for (const points of [-5, 0, 5]) {
      expect(at([held('call', 602, 1)], 1, points).pnlAtCloseCents).toBe(Math.round(paid * 10_000));
    }
  });

  it('move shares one for one', () => {
    const shares: Holding = { symbol: 'SPY', quantity: -100 };
    expect(at([shares], 1)).toMatchObject({
      pnlCents: Math.round(forward * -100),
      pnlAtCloseCents: Math.round(forward * -100),
    });
  });

  it('never let volatility fall to nothing or below', () => {
    const calm = buildSlice({ spot: 600, atmVol: 0.02, skewPerDollar: 0 });
    for (const { pnlCents } of scenariosOf(calm, [held('call', 600, 1)])) {
      expect(Number.isFinite(pnlCents)).toBe(true);
    }
  });

  it('are not known where a holding cannot be valued, whatever the others are worth', () => {
    const blind = buildSlice({
      spot: 600,
      edit: (row) =>
        row.contract.strike === priceFromDollars(602) ? { ...row, impliedVol: undefined } : row,
    });
    const book = [held('call', 602, 1), held('call', 603, 1)];
    for (const { pnlCents } of scenariosOf(blind, book)) expect(pnlCents).toBeNull();
    expect(at([held('call', 900, 1)], 1)).toMatchObject({ pnlCents: null, pnlAtCloseCents: null });
  });

  it('are not known for an option of another day', () => {
    const other = occSymbol({ ...contract('call', 602), expiry: sessionDate('2026-11-23') });
    expect(at([{ symbol: other, quantity: 1 }], 1).pnlCents).toBeNull();
  });

  it('are none without a forward', () => {
    expect(scenariosOf({ ...slice, forward: undefined }, [held('call', 602, 1)])).toEqual([]);
  });
});
