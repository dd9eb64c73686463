import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bestClosingNet,
  closingNets,
  LADDERS,
  ladderCap,
  ladderEnd,
  ladderRung,
  worstClosingNet,
} from '../../../src/desk/exits/limit-ladder.ts';
import { URGENCIES, type Urgency } from '../../../src/engine/domain/exit-choices.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import {
  isOnTick,
  NICKEL_DIME_GRID,
  NICKEL_GRID,
  PENNY_GRID,
} from '../../../src/engine/domain/tick-grid.ts';
import { dollarsFromPrice, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { option } from './fixtures.ts';

/** Closing costs 1.00 at mid and 1.10 at natural. */
const NET = { mid: priceFromDollars(-1), natural: priceFromDollars(-1.1) };

function limitAt(urgency: Urgency, elapsedMillis: number, worstNet?: number): number {
  const worst = worstNet === undefined ? undefined : priceFromDollars(worstNet);
  return dollarsFromPrice(
    ladderRung({ net: NET, grid: PENNY_GRID, urgency, elapsedMillis, worstNet: worst }).limit,
  );
}

describe('the ladder of an exit', () => {
  it.each([
    [
      'patient',
      [0, 20_000, 40_000, 60_000, 80_000, 999_999],
      [-1.05, -1.07, -1.08, -1.09, -1.1, -1.1],
    ],
    ['normal', [0, 4_999, 5_000, 10_000, 60_000], [-1.05, -1.05, -1.08, -1.1, -1.1]],
    ['fast', [0, 1_000, 2_000, 4_000, 60_000], [-1.1, -1.13, -1.15, -1.2, -1.2]],
    ['urgent', [0, 250, 500, 2_750, 60_000], [-1.13, -1.15, -1.18, -1.4, -1.4]],
  ] as const)('steps %s toward the market', (urgency, times, limits) => {
    expect(times.map((millis) => limitAt(urgency, millis))).toEqual(limits);
  });

  it('concedes at least a tick a step past a natural that is as good as mid', () => {
    const locked = { mid: priceFromDollars(-1), natural: priceFromDollars(-1) };
    const at = (elapsedMillis: number) =>
      ladderRung({
        net: locked,
        grid: PENNY_GRID,
        urgency: 'urgent',
        elapsedMillis,
        worstNet: undefined,
      }).limit;
    expect([0, 250, 500].map((millis) => dollarsFromPrice(at(millis)))).toEqual([
      -1.01, -1.02, -1.03,
    ]);
  });

  it('never passes the worst net that makes sense', () => {
    expect(limitAt('urgent', 60_000, -1.12)).toBe(-1.12);
    expect(limitAt('patient', 0, -1.12)).toBe(-1.05);
  });

  it('says when the next step comes, and that the last is the last', () => {
    const rung = (elapsedMillis: number) =>
      ladderRung({
        net: NET,
        grid: PENNY_GRID,
        urgency: 'normal',
        elapsedMillis,
        worstNet: undefined,
      });
    expect(rung(0)).toMatchObject({ step: 0, nextInMillis: 5_000 });
    expect(rung(7_000)).toMatchObject({ step: 1, nextInMillis: 3_000 });
    expect(rung(10_000)).toMatchObject({ step: 2, nextInMillis: undefined });
    expect(rung(-50)).toMatchObject({ step: 0, nextInMillis: 5_000 });
  });

  it('stands on the grid and concedes more with time, whatever the book', () => {
    const urgency = fc.constantFrom<Urgency>('patient', 'normal', 'fast', 'urgent');
    const tenths = fc.integer({ min: -200_000, max: 200_000 });
    fc.assert(
      fc.property(urgency, tenths, fc.nat(5_000), fc.nat(120_000), fc.nat(120_000), (...drawn) => {
        const [speed, mid, concession, a, b] = drawn;
        const net = { mid: price(mid), natural: price(mid - concession) };
        const at = (elapsedMillis: number) =>
          ladderRung({ net, grid: PENNY_GRID, urgency: speed, elapsedMillis, worstNet: undefined })
            .limit;
        const early = at(Math.min(a, b));
        const late = at(Math.max(a, b));
        expect(Math.abs(early % 100) + Math.abs(late % 100)).toBe(0);
        expect(late).toBeLessThanOrEqual(early);
        expect(early).toBeLessThanOrEqual(net.mid);
        const isToNatural = LADDERS[speed].lastFraction <= 1;
        if (isToNatural) expect(late).toBeGreaterThan(net.natural - 100);
      }),
    );
  });
});

describe('the cap of a ladder', () => {
  const urgencies = fc.constantFrom<Urgency>(...URGENCIES);
  const grids = fc.constantFrom(PENNY_GRID, NICKEL_GRID, NICKEL_DIME_GRID);

  it('is never passed, stands on the grid, and is where a long wait ends or never gets to', () => {
    const mids = fc.integer({ min: -200_000, max: 200_000 });
    const worsts = fc.option(fc.integer({ min: -400, max: 400 }), { nil: undefined });
    fc.assert(
      fc.property(urgencies, grids, mids, fc.nat(90_000), worsts, (...drawn) => {
        const [urgency, grid, mid, concession, worst] = drawn;
        const net = { mid: price(mid), natural: price(mid - concession) };
        const worstNet = worst === undefined ? undefined : price(worst * 1_000);
        const ladder = { net, grid, urgency, worstNet };
        const cap = ladderCap(ladder);
        const end = ladderEnd(ladder);
        let before = Number.POSITIVE_INFINITY;
        for (let millis = 0; millis <= 130_000; millis += LADDERS[urgency].stepMillis) {
          const { limit } = ladderRung({ ...ladder, elapsedMillis: millis });
          expect(isOnTick(grid, limit)).toBe(true);
          expect(limit).toBeGreaterThanOrEqual(cap);
          expect(limit).toBeLessThanOrEqual(before);
          before = limit;
        }
        expect(before).toBe(end);
        expect(worstNet === undefined || end >= worstNet).toBe(true);
        const isWide = concession * LADDERS[urgency].lastFraction > 20 * Math.abs(mid) + 200_000;
        if (isWide) expect(end).toBe(cap);
      }),
    );
  });

  it('keeps an order from paying for a market as wide as a barn door', () => {
    const net = { mid: priceFromDollars(-1), natural: priceFromDollars(-9) };
    const ends = URGENCIES.map((urgency) =>
      dollarsFromPrice(ladderEnd({ net, grid: PENNY_GRID, urgency, worstNet: undefined })),
    );
    expect(ends).toEqual([-1.25, -1.5, -2, -3]);
  });
});

describe('the worst net that makes sense', () => {
  const spot = priceFromDollars(600);
  const leg = (action: OrderLeg['action'], right: 'call' | 'put', strike: number): OrderLeg => ({
    instrument: option(right, strike),
    action,
    ratio: 1,
  });

  it('of a vertical is its width, of a lone put its strike, of a lone call the underlying', () => {
    const vertical = [leg('buyToClose', 'call', 605), leg('sellToClose', 'call', 615)];
    expect(worstClosingNet(vertical, undefined)).toBe(priceFromDollars(-10));
    expect(worstClosingNet([leg('buyToClose', 'put', 595)], spot)).toBe(priceFromDollars(-595));
    expect(worstClosingNet([leg('buyToClose', 'call', 605)], spot)).toBe(priceFromDollars(-600));
  });

  it('of a lone call is not known while the underlying is not', () => {
    expect(worstClosingNet([leg('buyToClose', 'call', 605)], undefined)).toBeUndefined();
  });

  it('lies below the best one: a tick short of what the package is worth at least', () => {
    const vertical = [leg('buyToClose', 'call', 605), leg('sellToClose', 'call', 615)];
    expect(bestClosingNet(vertical, undefined)).toBe(priceFromDollars(-0.01));
    const sold = [leg('sellToClose', 'call', 605)];
    expect(bestClosingNet(sold, spot)).toBe(priceFromDollars(599.99));
    expect(bestClosingNet(sold, undefined)).toBeUndefined();
    const shares = { kind: 'shares' as const, symbol: 'SPY' };
    expect(bestClosingNet([{ instrument: shares, action: 'sellToClose', ratio: 1 }], spot)).toBe(
      undefined,
    );
  });

  it('and the best one bound where a close begins, also where mid lies outside', () => {
    const vertical = [leg('buyToClose', 'call', 605), leg('sellToClose', 'call', 615)];
    const nets = (mid: number, natural: number) => {
      const net = { mid: priceFromDollars(mid), natural: priceFromDollars(natural) };
      const found = closingNets(net, vertical, spot);
      return [dollarsFromPrice(found.mid), dollarsFromPrice(found.natural)];
    };
    expect(nets(-0.01, -0.05)).toEqual([-0.01, -0.05]);
    expect(nets(0, -0.05)).toEqual([-0.01, -0.05]);
    expect(nets(0.2, 0.1)).toEqual([-0.01, -0.01]);
  });

  it('of a sale is the smallest price there is, and never a payment', () => {
    expect(worstClosingNet([leg('sellToClose', 'call', 605)], spot)).toBe(priceFromDollars(0.01));
    const strangle = [leg('sellToClose', 'call', 605), leg('sellToClose', 'put', 595)];
    expect(worstClosingNet(strangle, spot)).toBe(0);
  });

  it('of shares has no bound', () => {
    const shares = { kind: 'shares' as const, symbol: 'SPY' };
    const legs: OrderLeg[] = [{ instrument: shares, action: 'buyToClose', ratio: 100 }];
    expect(worstClosingNet(legs, spot)).toBeUndefined();
  });
});
