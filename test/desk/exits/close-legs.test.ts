import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closingOrder, shareOfLegs } from '../../../src/desk/exits/close-legs.ts';
import type { HeldLeg } from '../../../src/desk/exits/open-position.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { legSign } from '../../../src/engine/domain/order.ts';
import { atMillis, CALM, CONDOR, held, quotesAt, type Sides } from './fixtures.ts';

function short({ instrument, action, ratio }: OrderLeg): string {
  const strike =
    instrument.kind === 'option' ? `${instrument.right} ${instrument.strike / 10_000}` : 'shares';
  return `${action} ${ratio} ${strike}`;
}

function close(sides: Readonly<Record<string, Sides>>, legs: readonly HeldLeg[] = CONDOR.legs) {
  const { legs: traded, quantity, leftOut } = closingOrder(legs, quotesAt(atMillis(0), sides));
  return { legs: traded.map(short), quantity, leftOut: leftOut.map(({ reason }) => reason) };
}

const BID = { ...CALM, P585: [0.02, 0.03] as const, C615: [0.02, 0.03] as const };

describe('the order that closes a condor', () => {
  it('has four legs, shorts first, while every wing has a bid', () => {
    expect(close(BID)).toEqual({
      legs: [
        'buyToClose 1 put 595',
        'buyToClose 1 call 605',
        'sellToClose 1 put 585',
        'sellToClose 1 call 615',
      ],
      quantity: 2,
      leftOut: [],
    });
  });

  it('has three when nobody bids for one wing', () => {
    expect(close({ ...BID, C615: [undefined, 0.01] })).toMatchObject({
      legs: ['buyToClose 1 put 595', 'buyToClose 1 call 605', 'sellToClose 1 put 585'],
      leftOut: ['noBid'],
    });
  });

  it('has its two shorts when nobody bids for either, a bid of nothing included', () => {
    expect(close({ ...CALM, C615: [0, 0.01] })).toEqual({
      legs: ['buyToClose 1 put 595', 'buyToClose 1 call 605'],
      quantity: 2,
      leftOut: ['noBid', 'noBid'],
    });
  });

  it('keeps the wing that covers a short which nobody offers', () => {
    expect(close({ ...BID, C605: [0.4, undefined] })).toEqual({
      legs: ['buyToClose 1 put 595', 'sellToClose 1 put 585'],
      quantity: 2,
      leftOut: ['noAsk', 'cover'],
    });
  });

  it('is empty when nothing has a market', () => {
    expect(close({})).toEqual({
      legs: [],
      quantity: 0,
      leftOut: ['noBid', 'noAsk', 'noAsk', 'noBid'],
    });
  });

  it('is in lowest terms, whatever the fills have left', () => {
    const broken = [held('put', 595, -4), held('call', 605, -6)];
    expect(close(BID, broken)).toMatchObject({
      legs: ['buyToClose 2 put 595', 'buyToClose 3 call 605'],
      quantity: 2,
    });
  });

  it('never trades more than is held, never adds, and never bares a short', () => {
    const sides = fc.constantFrom<Sides>([0.1, 0.12], [undefined, 0.01], [0.1, undefined]);
    const quotes = fc.record({ P585: sides, P595: sides, C605: sides, C615: sides });
    const units = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(quotes, units, units, (quoted, puts, calls) => {
        const legs = [
          held('put', 585, puts),
          held('put', 595, -puts),
          held('call', 605, -calls),
          held('call', 615, calls),
        ];
        const order = closingOrder(legs, quotesAt(atMillis(0), quoted));
        const left = new Map(legs.map((leg) => [instrumentSymbol(leg.instrument), leg.quantity]));
        for (const leg of order.legs) {
          const symbol = instrumentSymbol(leg.instrument);
          const before = left.get(symbol) ?? 0;
          const traded = legSign(leg.action) * leg.ratio * order.quantity;
          expect(before + traded).toBe(0);
          left.set(symbol, 0);
        }
        const [p585 = 0, p595 = 0, c605 = 0, c615 = 0] = left.values();
        expect(p585 + p595).toBeGreaterThanOrEqual(0);
        expect(c615 + c605).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('a part of a position', () => {
  it('is the same share of each leg', () => {
    expect(shareOfLegs(CONDOR.legs, 1, 2)?.map((leg) => leg.quantity)).toEqual([1, -1, -1, 1]);
    expect(shareOfLegs(CONDOR.legs, 2, 2)).toEqual(CONDOR.legs);
  });

  it.each([0, 3, -1, 0.5])('of %s of two units does not exist', (units) => {
    expect(shareOfLegs(CONDOR.legs, units, 2)).toBeUndefined();
  });

  it('takes whole contracts of a wing that there is more of, and the rest with the last unit', () => {
    const legs = [held('call', 601, -2), held('call', 606, 3)];
    const taken = (units: number) => shareOfLegs(legs, units, 2)?.map((leg) => leg.quantity);
    expect([taken(1), taken(2)]).toEqual([
      [-1, 1],
      [-2, 3],
    ]);
  });

  it('does not exist where fills left a leg that cannot be split', () => {
    expect(shareOfLegs([held('call', 605, -3)], 1, 2)).toBeUndefined();
  });
});
