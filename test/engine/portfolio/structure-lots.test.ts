import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multiplierOf, type Right } from '../../../src/engine/domain/instrument.ts';
import { type Fill, legSign, type OrderLeg } from '../../../src/engine/domain/order.ts';
import {
  amountCents,
  epochMicros,
  price,
  priceFromDollars,
} from '../../../src/engine/domain/units.ts';
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

interface Closing {
  /** What a contract of each was closed at. */
  readonly short: number;
  readonly wing?: number;
  readonly right?: Right;
  readonly contracts?: number;
  readonly order?: string;
  /** Market time. */
  readonly at?: number;
}

/** Closes a side of the condor by one order. */
function close(lots: StructureLots, closing: Closing): Fill[] {
  const { right = 'call', contracts = 1, order = 'any', short, wing } = closing;
  const [bought, sold, soldCall, boughtCall] = condorLegs([630, 635, 645, 650]) as OrderLeg[];
  const [shortLeg, wingLeg] = right === 'call' ? [soldCall!, boughtCall!] : [sold!, bought!];
  const legs = wing === undefined ? [] : [{ leg: wingLeg, dollars: wing }];
  return [{ leg: shortLeg, dollars: short }, ...legs].map(({ leg, dollars }) => {
    const marketAt = epochMicros(closing.at ?? 0);
    const action = legSign(leg.action) < 0 ? ('buyToClose' as const) : ('sellToClose' as const);
    const told = { intentId: order, marketAt, action };
    const fill = { ...fillOf(leg, dollars, contracts), ...told };
    lots.trade(leg.instrument, -legSign(leg.action) * contracts, fill.price, fill);
    return fill;
  });
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
    ['a condor with a side closed three times', condor, [-2, -2, 1, 1], 1],
    ['a condor with a side closed five times beside a wing', condor, [-4, -4, 0, 1], 1],
    ['a condor with nothing but a side closed three times', condor, [-2, -2, 0, 0], 1],
  ])('of %s are counted by its legs, wings aside', (_what, legs, contracts, units) => {
    expect(unitsOf(left(legs, contracts).held(), intentOf(legs))).toBe(units);
  });

  it('lack what was closed last', () => {
    const intent = intentOf(condor, 'p', 2);
    const lots = left(condor, [2, 2, 2, 2]);
    close(lots, { short: 0.4 });
    const last = close(lots, { short: 0.1 });
    expect([1, 2].map((units) => goneCashOf(lots, intent, units))).toEqual([-10_00, -50_00]);
    for (const fill of last) expect(lots.reopen(fill)).toMatchObject({ realizedCents: 90_00 });
    expect([1, 2].map((units) => goneCashOf(lots, intent, units))).toEqual([0, -40_00]);
  });

  it('lack what was closed last at the market, in whatever order that is told', () => {
    const intent = intentOf(condor, 'p', 2);
    const lots = left(condor, [2, 2, 2, 2]);
    close(lots, { short: 0.1, at: 20 });
    close(lots, { short: 0.4, at: 10 });
    expect(goneCashOf(lots, intent, 1)).toBe(-10_00);
  });

  it.each([
    ['whole', { wing: 0.01 }, 2],
    ['but for its wings', {}, 1],
  ])('lack nothing of what one order closed %s, before or after', (_what, wings, lackWings) => {
    const intent = intentOf(condor, 'p', 3);
    const sides = { order: 'sides', short: 3, wing: 0.5, contracts: 2, at: 10 };
    for (const whenWhole of [5, 15]) {
      const lots = left(condor, [3, 3, 3, 3]);
      const unit = { order: 'unit', short: 0.7, at: whenWhole, ...wings };
      for (const right of ['call', 'put'] as const) close(lots, { ...unit, right });
      close(lots, sides);
      expect(goneCashOf(lots, intent, 2)).toBe(2 * -300_00 + lackWings * 50_00);
    }
  });

  it('lack what an order closed of one side beyond whole units', () => {
    const intent = intentOf(condor, 'p', 3);
    const lots = left(condor, [3, 3, 3, 3]);
    close(lots, { order: 'both', short: 0.7, wing: 0.1, contracts: 2 });
    close(lots, { order: 'both', short: 0.2, wing: 0.1, right: 'put' });
    expect(goneCashOf(lots, intent, 2)).toBe(-70_00 + 10_00);
  });

  it('lack all of a leg that was closed twice, with what its turned lot took or brought', () => {
    const intent = intentOf(condor);
    const lots = left(condor, [1, 1, 1, 1]);
    close(lots, { short: 3, wing: 0.5, right: 'put', contracts: 2 });
    expect(unitsOf(lots.held(), intent)).toBe(1);
    expect(goneCashOf(lots, intent, 1)).toBe(2 * (-300_00 + 50_00));
    close(lots, { short: 2, wing: 0.5, contracts: 2 });
    expect(unitsOf(lots.held(), intent)).toBe(1);
    expect(goneCashOf(lots, intent, 1)).toBe(2 * (-300_00 + 50_00) + 2 * (-200_00 + 50_00));
    close(lots, { short: 1, wing: 0.5 });
    expect(unitsOf(lots.held(), intent)).toBe(1);
    expect(goneCashOf(lots, intent, 1)).toBe(2 * -250_00 + 2 * -150_00 - 50_00);
  });

  it('lack the shorts that an order bought back alone where wings are all that is left', () => {
    const intent = intentOf(condor, 'p', 2);
    const lots = left(condor, [2, 2, 2, 2]);
    for (const right of ['call', 'put'] as const) {
      close(lots, { order: 'unit', short: 0.7, wing: 0.1, right });
      close(lots, { order: 'shorts', short: 0.4, right });
    }
    expect(unitsOf(lots.held(), intent)).toBe(1);
    expect(goneCashOf(lots, intent, 1)).toBe(2 * -40_00);
  });

  it('are held as before once their close is taken back, and nothing is realised', () => {
    const lots = left(condor, [2, 2, 2, 2]);
    const before = lots.held();
    for (const fill of close(lots, { short: 0.1, wing: 0.4, contracts: 2 })) lots.reopen(fill);
    const held = lots.held();
    expect(held).toHaveLength(4);
    for (const lot of before) expect(held).toContainEqual(lot);
  });
});
