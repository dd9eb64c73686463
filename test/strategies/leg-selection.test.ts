import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChainSlice, ContractView } from '../../src/engine/domain/market.ts';
import { priceFromDollars } from '../../src/engine/domain/units.ts';
import {
  contractByDelta,
  contractByStrike,
  deltaRows,
  deltaTolerance,
  legMarket,
} from '../../src/strategies/leg-selection.ts';
import { buildSlice, isRow, withQuote } from '../support/chain-builder.ts';
import { accepted, refused } from './strategy-day.ts';

/** A slice whose calls have exactly these deltas, at strikes 600, 601, … */
function withCallDeltas(deltas: readonly (number | undefined)[]): ChainSlice {
  const slice = buildSlice({ strikes: deltas.map((_, i) => 600 + i) });
  const calls = slice.calls.map((row, i): ContractView => {
    const delta = deltas[i];
    if (delta === undefined || row.greeks === undefined) return { ...row, greeks: undefined };
    return { ...row, greeks: { ...row.greeks, delta } };
  });
  return { ...slice, calls };
}

function strikeOf(outcome: ReturnType<typeof contractByDelta>): number {
  return accepted(outcome).row.contract.strike / 10_000;
}

function onlyRow(bid: number | undefined, ask: number | undefined): ContractView {
  const slice = buildSlice({ strikes: [600], edit: (row) => withQuote(row, bid, ask) });
  const [row] = slice.calls;
  if (row === undefined) throw new Error('no row');
  return row;
}

describe('contractByDelta', () => {
  it('takes the nearest absolute delta, for puts too', () => {
    const slice = withCallDeltas([0.6, 0.42, 0.31, 0.2]);
    expect(strikeOf(contractByDelta(slice, 'call', 30))).toBe(602);
    const put = accepted(contractByDelta(buildSlice(), 'put', 30));
    expect(put.delta).toBeLessThan(0);
    expect(Math.abs(put.points - 30)).toBeLessThan(7);
  });

  it('takes the cheaper of two that are equally near', () => {
    expect(strikeOf(contractByDelta(withCallDeltas([0.33, 0.27]), 'call', 30))).toBe(601);
  });

  it('passes over contracts whose delta is not known', () => {
    expect(strikeOf(contractByDelta(withCallDeltas([0.35, undefined]), 'call', 30))).toBe(600);
  });

  it('accepts 7 points from 30 and refuses just beyond, on both sides', () => {
    for (const delta of [0.37, 0.23]) {
      expect(strikeOf(contractByDelta(withCallDeltas([delta]), 'call', 30))).toBe(600);
    }
    for (const delta of [0.3701, 0.2299]) {
      const denial = refused(contractByDelta(withCallDeltas([delta]), 'call', 30));
      expect(denial.code).toBe('delta_too_far');
    }
  });

  it('accepts 3 points from 5 and refuses just beyond, on both sides', () => {
    for (const delta of [0.08, 0.02]) {
      expect(strikeOf(contractByDelta(withCallDeltas([delta]), 'call', 5))).toBe(600);
    }
    for (const delta of [0.0801, 0.0199]) {
      const denial = refused(contractByDelta(withCallDeltas([delta]), 'call', 5));
      expect(denial.code).toBe('delta_too_far');
    }
  });

  it('names both neighbours with strikes and deltas when it refuses', () => {
    const denial = refused(contractByDelta(withCallDeltas([0.7, 0.41, 0.18]), 'call', 30));
    expect(denial.message).toContain('601 call at 41 and 602 call at 18');
    expect(denial.numbers).toEqual({
      right: 'call',
      targetDeltaPoints: 30,
      tolerancePoints: 7,
      nearestOffPoints: 11,
      aboveStrike: 601,
      aboveDeltaPoints: 41,
      belowStrike: 602,
      belowDeltaPoints: 18,
    });
  });

  it('says so where there is a neighbour on one side only', () => {
    const denial = refused(contractByDelta(withCallDeltas([0.7]), 'call', 30));
    expect(denial.numbers['aboveStrike']).toBe(600);
    expect(denial.numbers['belowStrike']).toBe('none');
  });

  it('refuses strike_not_found while no delta is known', () => {
    const denial = refused(contractByDelta(withCallDeltas([undefined]), 'call', 30));
    expect(denial.code).toBe('strike_not_found');
    expect(denial.numbers['contracts']).toBe(1);
  });

  it('never answers with a contract beyond the tolerance, or passes over a nearer one', () => {
    const deltas = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(deltas, fc.integer({ min: 1, max: 99 }), (list, target) => {
        const slice = withCallDeltas(list);
        const found = contractByDelta(slice, 'call', target);
        const gaps = deltaRows(slice, 'call').map((row) => Math.abs(row.points - target));
        const least = Math.min(...gaps);
        if ('denied' in found) expect(least).toBeGreaterThan(deltaTolerance(target));
        else expect(Math.abs(found.points - target)).toBeCloseTo(least, 6);
      }),
    );
  });
});

describe('contractByStrike', () => {
  it('finds the exact strike', () => {
    const found = accepted(contractByStrike(buildSlice(), 'put', priceFromDollars(598)));
    expect(isRow(found, 'put', 598)).toBe(true);
  });

  it('refuses a strike that is not listed and names the nearest two', () => {
    const denial = refused(contractByStrike(buildSlice(), 'put', priceFromDollars(598.5)));
    expect(denial.code).toBe('strike_not_found');
    expect(denial.numbers).toEqual({ right: 'put', strike: 598.5, below: 598, above: 599 });
  });

  it('names the one neighbour at the end of the chain', () => {
    const denial = refused(contractByStrike(buildSlice(), 'call', priceFromDollars(900)));
    expect(denial.numbers).toMatchObject({ below: 675, above: 'none' });
  });
});

describe('legMarket', () => {
  it('needs an ask to buy and a bid to sell', () => {
    expect(accepted(legMarket(onlyRow(1, 1.04), 'buy'))).toMatchObject({
      mid: 10_200,
      natural: 10_400,
    });
    expect(accepted(legMarket(onlyRow(1, 1.04), 'sell'))).toMatchObject({
      mid: 10_200,
      natural: 10_000,
    });
    expect(refused(legMarket(onlyRow(1, undefined), 'buy')).code).toBe('leg_market_missing');
    expect(refused(legMarket(onlyRow(undefined, 1), 'sell')).code).toBe('leg_market_missing');
  });

  it('takes a side without a size for none', () => {
    const sized = (bidSize: number, askSize: number): ContractView => {
      const row = onlyRow(1, 1.04);
      if (row.quote === undefined) throw new Error('the row is quoted');
      return { ...row, quote: { ...row.quote, bidSize, askSize } };
    };
    expect(refused(legMarket(sized(0, 5), 'sell')).code).toBe('leg_market_missing');
    expect(accepted(legMarket(sized(0, 5), 'buy')).natural).toBe(10_400);
    expect(refused(legMarket(sized(5, 0), 'buy')).code).toBe('leg_market_missing');
    expect(accepted(legMarket(sized(5, 0), 'sell')).natural).toBe(10_000);
  });

  it('takes 0.00 x 0.01 as a market for a buyer and for nobody else', () => {
    for (const bid of [undefined, 0]) {
      const row = onlyRow(bid, 0.01);
      expect(accepted(legMarket(row, 'buy'))).toMatchObject({ mid: 50, natural: 100 });
      const denial = refused(legMarket(row, 'sell'));
      expect(denial.numbers).toMatchObject({ strike: 600, needed: 'bid', ask: 0.01 });
    }
  });

  it('sells to a lone bid at the bid', () => {
    expect(accepted(legMarket(onlyRow(0.05, undefined), 'sell'))).toMatchObject({
      mid: 500,
      natural: 500,
    });
  });

  it('refuses a side without size and a row without a quote', () => {
    const row = onlyRow(1, 1.04);
    const noSize = { ...row, quote: row.quote && { ...row.quote, askSize: 0 } };
    expect(refused(legMarket(noSize, 'buy')).numbers).toMatchObject({ ask: 1.04, askSize: 0 });
    const noQuote = { ...row, quote: undefined };
    expect(refused(legMarket(noQuote, 'buy')).numbers).toMatchObject({ bid: 'none', ask: 'none' });
  });

  it('takes a locked quote and refuses a crossed one', () => {
    expect(accepted(legMarket(onlyRow(1, 1), 'buy')).mid).toBe(10_000);
    const denial = refused(legMarket(onlyRow(1.01, 1), 'buy'));
    expect(denial.code).toBe('quote_crossed');
    expect(denial.numbers).toMatchObject({ bid: 1.01, ask: 1 });
  });
});
