import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PENNY_GRID } from '../../src/engine/domain/tick-grid.ts';
import { price } from '../../src/engine/domain/units.ts';
import type { LegMarket, Side } from '../../src/strategies/leg-selection.ts';
import { expectedFill, netPrice, openingLegs, premiumOf } from '../../src/strategies/net-price.ts';
import { buildSlice } from '../support/chain-builder.ts';

const [row] = buildSlice({ strikes: [600] }).calls;

/** A leg quoted in cents. */
function leg(side: Side, bidCents: number, askCents: number): LegMarket {
  if (row === undefined) throw new Error('no row');
  const [bid, ask] = [bidCents * 100, askCents * 100];
  return { row, side, mid: (bid + ask) / 2, natural: side === 'buy' ? ask : bid };
}

const isOnTick = (value: number): boolean => value % PENNY_GRID.step === 0;

describe('netPrice', () => {
  it('pays up for half a penny and takes less of a credit', () => {
    expect(netPrice([leg('buy', 120, 123)])).toMatchObject({ mid: -12_150, limit: -12_200 });
    expect(netPrice([leg('sell', 120, 123)])).toMatchObject({ mid: 12_150, limit: 12_100 });
  });

  it('sells at the bid and buys at the ask for its natural', () => {
    const net = netPrice([
      leg('buy', 5, 7),
      leg('sell', 50, 53),
      leg('sell', 40, 42),
      leg('buy', 4, 5),
    ]);
    expect(net).toMatchObject({ mid: 8_200, natural: 7_800, limit: 8_200, expected: 8_000 });
  });

  it('lets the worst be natural in a tight market', () => {
    expect(netPrice([leg('buy', 100, 104)])).toMatchObject({ limit: -10_200, worst: -10_400 });
  });

  it('caps the worst at two ticks in a wide market of a cheap option', () => {
    expect(netPrice([leg('buy', 10, 20)])).toMatchObject({ natural: -2_000, worst: -1_700 });
  });

  it('caps the worst at 10 % of the net in a wide market of a dear one', () => {
    expect(netPrice([leg('buy', 150, 250)])).toMatchObject({ natural: -25_000, worst: -22_000 });
  });

  it('offers one cent for 0.00 x 0.01', () => {
    expect(netPrice([leg('buy', 0, 1)])).toMatchObject({ limit: -100, worst: -100, natural: -100 });
  });

  it('never prices worst beyond natural or limit beyond mid, and stays on the grid', () => {
    const quote = fc.tuple(fc.nat(3_000), fc.nat(60), fc.constantFrom<Side>('buy', 'sell'));
    fc.assert(
      fc.property(fc.array(quote, { minLength: 1, maxLength: 4 }), (quotes) => {
        const net = netPrice(quotes.map(([bid, width, side]) => leg(side, bid, bid + width)));
        expect(net.worst).toBeGreaterThanOrEqual(net.natural);
        expect(net.limit).toBeGreaterThanOrEqual(net.worst);
        expect(net.limit).toBeLessThanOrEqual(net.mid);
        expect(net.mid - net.limit).toBeLessThan(100);
        expect(net.expected).toBeLessThanOrEqual(net.mid);
        expect(net.expected).toBeGreaterThanOrEqual(net.worst);
        expect(isOnTick(net.limit) && isOnTick(net.worst)).toBe(true);
      }),
    );
  });
});

describe('expectedFill', () => {
  it.each([
    [1, 9_750],
    [2, 9_650],
    [3, 9_550],
    [4, 9_500],
    [5, 9_500],
  ])('with %i legs is %i of a mid of 10,000 and a natural of 9,000', (legCount, expected) => {
    const net = { mid: price(10_000), natural: price(9_000), worst: price(9_000) };
    expect(expectedFill({ ...net, legCount })).toBe(expected);
    expect(expectedFill({ ...net, worst: price(9_800), legCount })).toBe(9_800);
  });
});

describe('opening legs', () => {
  it('open with ratio 1 in the order given', () => {
    expect(openingLegs([leg('buy', 1, 2), leg('sell', 3, 4)]).map((one) => one.action)).toEqual([
      'buyToOpen',
      'sellToOpen',
    ]);
  });

  it('pay the net without its sign', () => {
    expect(premiumOf(price(-500))).toBe(500);
  });
});
