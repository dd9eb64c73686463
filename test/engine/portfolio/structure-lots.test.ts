import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multiplierOf } from '../../../src/engine/domain/instrument.ts';
import { amountCents, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { StructureLots } from '../../../src/engine/portfolio/structure-lots.ts';
import { optionLeg, sharesLeg } from '../../support/legs.ts';

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
