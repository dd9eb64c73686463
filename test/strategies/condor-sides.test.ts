import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChainSlice, ContractView } from '../../src/engine/domain/market.ts';
import { priceFromDollars } from '../../src/engine/domain/units.ts';
import type { SideChoice } from '../../src/strategies/condor-sides.ts';
import {
  imbalance,
  sidesBalanced,
  sidesByCredit,
  sidesByDelta,
  verticalAt,
} from '../../src/strategies/condor-sides.ts';
import { buildSlice, isRow, withQuote } from '../support/chain-builder.ts';
import { accepted, refused } from './strategy-day.ts';

const choice: SideChoice = {
  width: priceFromDollars(10),
  deltaPoints: 30,
  sideCredit: priceFromDollars(0.3),
};

/** A slice at 600 where every put costs `factor` times as much as the model says. */
function dearPuts(factor: number): ChainSlice {
  return buildSlice({
    edit: (row): ContractView => {
      const { bid, ask } = row.quote ?? {};
      if (row.contract.right === 'call' || bid === undefined || ask === undefined) return row;
      const times = (side: number) => Math.round((side / 100) * factor) / 100;
      return withQuote(row, times(bid), times(ask));
    },
  });
}

function rowAt(slice: ChainSlice, right: 'call' | 'put', strike: number): ContractView {
  const rows = right === 'call' ? slice.calls : slice.puts;
  const row = rows.find((one) => isRow(one, right, strike));
  if (row === undefined) throw new Error('no row');
  return row;
}

describe('a vertical', () => {
  it('sells the row and buys the wing one width further out', () => {
    const slice = buildSlice();
    const put = accepted(verticalAt(slice, rowAt(slice, 'put', 598), choice.width));
    expect(put.long.row.contract.strike).toBe(priceFromDollars(588));
    const call = accepted(verticalAt(slice, rowAt(slice, 'call', 602), choice.width));
    expect(call.long.row.contract.strike).toBe(priceFromDollars(612));
    expect(call.credit).toBe(call.short.mid - call.long.mid);
  });

  it('refuses a wing beyond the chain, naming the last strike', () => {
    const slice = buildSlice({ strikes: [598, 599, 600] });
    const denial = refused(verticalAt(slice, rowAt(slice, 'put', 598), choice.width));
    expect(denial.code).toBe('strike_not_found');
    expect(denial.numbers).toMatchObject({ strike: 588, above: 598 });
  });

  it('buys a wing at 0.00 x 0.01, and refuses one that nobody offers', () => {
    const wing = (ask: number | undefined) =>
      buildSlice({
        edit: (row) => (isRow(row, 'put', 588) ? withQuote(row, undefined, ask) : row),
      });
    const offered = wing(0.01);
    accepted(verticalAt(offered, rowAt(offered, 'put', 598), choice.width));
    const empty = wing(undefined);
    const denial = refused(verticalAt(empty, rowAt(empty, 'put', 598), choice.width));
    expect(denial.code).toBe('leg_market_missing');
    expect(denial.numbers).toMatchObject({ strike: 588, needed: 'ask' });
  });

  it('refuses a short that nobody bids for', () => {
    const slice = buildSlice({
      edit: (row) => (isRow(row, 'put', 598) ? withQuote(row, undefined, 0.5) : row),
    });
    const denial = refused(verticalAt(slice, rowAt(slice, 'put', 598), choice.width));
    expect(denial.numbers).toMatchObject({ strike: 598, needed: 'bid' });
  });
});

describe('sides by delta', () => {
  it('have both shorts nearest to the delta asked for', () => {
    const { put, call } = accepted(sidesByDelta(buildSlice(), choice));
    expect(Math.abs((put.short.row.greeks?.delta ?? 0) + 0.3)).toBeLessThanOrEqual(0.07);
    expect(Math.abs((call.short.row.greeks?.delta ?? 0) - 0.3)).toBeLessThanOrEqual(0.07);
  });

  it('refuse what either side refuses', () => {
    const slice = buildSlice({ strikes: [589, 599, 640] });
    expect(refused(sidesByDelta(slice, choice)).numbers['right']).toBe('call');
  });
});

describe('balanced sides', () => {
  it('leave sides alone whose credits are within 15 %', () => {
    const slice = buildSlice();
    expect(sidesBalanced(slice, choice)).toEqual(sidesByDelta(slice, choice));
  });

  it('move the richer side out, and only that one', () => {
    const slice = dearPuts(1.8);
    const start = accepted(sidesByDelta(slice, choice));
    const sides = accepted(sidesBalanced(slice, choice));
    expect(imbalance(start)).toBeGreaterThan(0.15);
    expect(imbalance(sides)).toBeLessThanOrEqual(0.15);
    expect(sides.put.short.row.contract.strike).toBeLessThan(start.put.short.row.contract.strike);
    expect(sides.call).toEqual(start.call);
  });

  it('refuse with the nearest miss when no pair is within 15 %', () => {
    const slice = buildSlice({ skewPerDollar: 0, strikes: [580, 588, 598, 602, 612, 622] });
    const richPut = {
      ...slice,
      puts: slice.puts.map((row) => (isRow(row, 'put', 598) ? withQuote(row, 0.98, 1) : row)),
    };
    const denial = refused(sidesBalanced(richPut, choice));
    expect(denial.code).toBe('no_candidate');
    expect(denial.numbers).toMatchObject({ tolerancePercent: 15, putStrike: 598, callStrike: 602 });
    expect(Number(denial.numbers['nearestImbalancePercent'])).toBeGreaterThan(15);
  });

  it('count exactly 15 % as balanced and a cent more as not', () => {
    const rows = { skewPerDollar: 0, strikes: [588, 598, 602, 612] };
    const withCredits = (put: number, call: number) =>
      buildSlice({
        ...rows,
        edit: (row) => {
          if (isRow(row, 'put', 598)) return withQuote(row, put, put + 0.01);
          if (isRow(row, 'call', 602)) return withQuote(row, call, call + 0.01);
          return withQuote(row, undefined, 0.01);
        },
      });
    expect(imbalance(accepted(sidesBalanced(withCredits(1, 0.85), choice)))).toBeCloseTo(0.15, 12);
    expect(refused(sidesBalanced(withCredits(1, 0.84), choice)).code).toBe('no_candidate');
  });

  it('are always within 15 %, never nearer the money than asked, or refused', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        fc.integer({ min: 5, max: 45 }),
        (factor, deltaPoints) => {
          const slice = dearPuts(factor);
          const asked = { ...choice, deltaPoints };
          const start = sidesByDelta(slice, asked);
          const sides = sidesBalanced(slice, asked);
          if ('denied' in sides || 'denied' in start) return;
          expect(imbalance(sides)).toBeLessThanOrEqual(0.15 + 1e-9);
          const { put, call } = sides;
          expect(put.short.row.contract.strike).toBeLessThanOrEqual(
            start.put.short.row.contract.strike,
          );
          expect(call.short.row.contract.strike).toBeGreaterThanOrEqual(
            start.call.short.row.contract.strike,
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('sides by credit', () => {
  it('pay nearest to the credit asked for', () => {
    const { put, call } = accepted(sidesByCredit(buildSlice(), choice));
    for (const side of [put, call]) {
      expect(Math.abs(side.credit - choice.sideCredit)).toBeLessThanOrEqual(1_500);
    }
  });

  it('take the strike further from the money of two that are equally near, on either side', () => {
    const bids = new Map([
      ['put 591', 0.35],
      ['put 590', 0.25],
      ['call 609', 0.35],
      ['call 610', 0.25],
    ]);
    const slice = buildSlice({
      edit: (row) => {
        const { right, strike } = row.contract;
        const bid = bids.get(`${right} ${strike / 10_000}`);
        return bid === undefined
          ? withQuote(row, undefined, 0.01)
          : withQuote(row, bid, bid + 0.01);
      },
    });
    const { put, call } = accepted(sidesByCredit(slice, choice));
    expect([put, call].map(({ short }) => short.row.contract.strike / 10_000)).toEqual([590, 610]);
  });

  it('never have a short nearer the money than the delta and half its tolerance', () => {
    const rich = { ...choice, sideCredit: priceFromDollars(5) };
    const denial = refused(sidesByCredit(buildSlice(), rich));
    expect(denial.code).toBe('no_candidate');
    expect(denial.numbers).toMatchObject({ right: 'put', wantedCredit: 5, mostDeltaPoints: 33.5 });
    expect(Number(denial.numbers['nearestCredit'])).toBeLessThan(1);
  });

  it('accept half of the credit asked for and refuse a cent less', () => {
    const only = (credit: number) =>
      buildSlice({
        strikes: [588, 598, 602, 612],
        edit: (row) => {
          const isShort = isRow(row, 'put', 598) || isRow(row, 'call', 602);
          return isShort ? withQuote(row, credit, credit + 0.01) : withQuote(row, undefined, 0.01);
        },
      });
    accepted(sidesByCredit(only(0.15), choice));
    const denial = refused(sidesByCredit(only(0.14), choice));
    expect(denial.numbers).toMatchObject({ nearestStrike: 598, nearestCredit: 0.14 });
  });

  it('say so when no vertical has a market', () => {
    const dead = buildSlice({ edit: (row) => withQuote(row, undefined, undefined) });
    expect(refused(sidesByCredit(dead, choice)).numbers['nearestCredit']).toBe('none');
  });
});
