import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multiplierOf } from '../../../src/engine/domain/instrument.ts';
import { legSign, type OrderLeg } from '../../../src/engine/domain/order.ts';
import { amountCents, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import {
  goneCashOf,
  StructureLots,
  unitsOf,
} from '../../../src/engine/portfolio/structure-lots.ts';
import { condorLegs, optionLeg, sharesLeg } from '../../support/legs.ts';
import { fillOf, intentOf } from './book-rig.ts';

const CALL = optionLeg('buyToOpen', 'call', 640).instrument;
const SHARES = sharesLeg('buyToOpen', 1).instrument;
const at = priceFromDollars;

describe('lots', () => {
  it('realise the difference to the average price, long and short', () => {
    const lots = new StructureLots();
    expect(lots.trade(CALL, 1, at(1))).toBe(0);
    expect(lots.trade(CALL, 1, at(2))).toBe(0);
    expect(lots.held()).toMatchObject([{ quantity: 2, averagePrice: 15_000, cashCents: -300_00 }]);
    expect(lots.trade(CALL, -1, at(2.5))).toBe(100_00);
    expect(lots.trade(CALL, -1, at(1))).toBe(-50_00);
    expect(lots.isFlat()).toBe(true);
    lots.trade(CALL, -2, at(1));
    expect(lots.trade(CALL, 1, at(0.25))).toBe(75_00);
  });

  it('turn over: what exceeds the closing opens the other way', () => {
    const lots = new StructureLots();
    lots.trade(CALL, 1, at(1));
    expect(lots.trade(CALL, -3, at(2))).toBe(100_00);
    expect(lots.held()).toMatchObject([{ quantity: -2, averagePrice: 20_000, cashCents: 400_00 }]);
  });

  it('reduce only what is held the other way, and open nothing', () => {
    const lots = new StructureLots();
    expect(lots.reduce(CALL, -1, at(1))).toEqual({ quantity: 0, realizedCents: 0 });
    lots.trade(CALL, 2, at(1));
    expect(lots.reduce(CALL, 1, at(9))).toEqual({ quantity: 0, realizedCents: 0 });
    expect(lots.reduce(CALL, 0, at(9))).toEqual({ quantity: 0, realizedCents: 0 });
    expect(lots.reduce(CALL, -3, price(0))).toEqual({ quantity: -2, realizedCents: -200_00 });
    expect(lots.isFlat()).toBe(true);
  });

  it('count shares one for one', () => {
    const lots = new StructureLots();
    lots.trade(SHARES, 100, at(640));
    expect(lots.held()).toMatchObject([{ averagePrice: 6_400_000, cashCents: -64_000_00 }]);
    expect(lots.trade(SHARES, -100, at(639.5))).toBe(-50_00);
  });

  it('lose no cent and make none, whatever is traded', () => {
    const trade = fc.record({
      instrument: fc.constantFrom(CALL, SHARES),
      signed: fc.integer({ min: -7, max: 7 }),
      ticks: fc.integer({ min: 1, max: 999 }),
    });
    fc.assert(
      fc.property(fc.array(trade), (trades) => {
        const lots = new StructureLots();
        let cash = 0;
        let realized = 0;
        for (const { instrument, signed, ticks } of trades) {
          realized += lots.trade(instrument, signed, price(ticks * 100));
          cash += amountCents(price(ticks * 100), -signed, multiplierOf(instrument));
          const open = lots.held().reduce((sum, lot) => sum + lot.cashCents, 0);
          expect(realized + open).toBe(cash);
          expect(lots.held().every((lot) => lot.quantity !== 0 && lot.averagePrice > 0)).toBe(true);
        }
      }),
    );
  });
});

/** Lots of an opening of which so many contracts of each leg are left. */
function left(legs: readonly OrderLeg[], contracts: readonly number[]): StructureLots {
  const lots = new StructureLots();
  for (const [place, { instrument, action }] of legs.entries()) {
    lots.trade(instrument, legSign(action) * (contracts[place] ?? 0), at(1));
  }
  return lots;
}

describe('units of which something is left', () => {
  const condor = condorLegs([630, 635, 645, 650]);
  const sold = [optionLeg('sellToOpen', 'put', 635), optionLeg('buyToOpen', 'put', 630)];
  const bought = [optionLeg('buyToOpen', 'put', 635), optionLeg('sellToOpen', 'put', 630)];
  const straddle = [optionLeg('buyToOpen', 'call', 640), optionLeg('buyToOpen', 'put', 640)];
  const fly = [
    optionLeg('buyToOpen', 'call', 635),
    optionLeg('sellToOpen', 'call', 640, 2),
    optionLeg('buyToOpen', 'call', 645),
  ];
  it.each([
    ['a condor with a side gone', condor, [0, 0, 2, 2], 2],
    ['a condor with a wing more than shorts', condor, [1, 1, 1, 2], 1],
    ['a condor with nothing but a wing', condor, [0, 0, 0, 2], 2],
    ['a sold spread with a wing more than shorts', sold, [1, 2], 1],
    ['a bought spread with a short bought back', bought, [2, 1], 2],
    ['a straddle with a leg sold', straddle, [1, 2], 2],
    ['a fly with the far wing more', fly, [1, 2, 2], 1],
    ['a fly with an odd short bought back', fly, [2, 3, 2], 2],
  ])('of %s are counted by its legs, wings aside', (_what, legs, contracts, units) => {
    expect(unitsOf(left(legs, contracts).held(), intentOf(legs))).toBe(units);
  });

  it('lack what was closed last', () => {
    const intent = intentOf(sold, 'p', 2);
    const [short] = sold as [OrderLeg, OrderLeg];
    const lots = left(sold, [2, 2]);
    lots.trade(short.instrument, 1, at(0.4));
    lots.trade(short.instrument, 1, at(0.1));
    expect([1, 2].map((units) => goneCashOf(lots, intent, units))).toEqual([-10_00, -50_00]);
    lots.trade(short.instrument, -1, at(0.1));
    lots.forgetClosed({ ...fillOf(short, 0.1, 1), action: 'buyToClose' });
    expect([1, 2].map((units) => goneCashOf(lots, intent, units))).toEqual([0, -40_00]);
  });
});
