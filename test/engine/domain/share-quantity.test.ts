import { describe, expect, it } from 'vitest';
import type { Fill } from '../../../src/engine/domain/order.ts';
import {
  countedUnits,
  quantityOf,
  shareQuantity,
  unitsToGo,
} from '../../../src/engine/domain/share-quantity.ts';
import { cents, epochMicros, price } from '../../../src/engine/domain/units.ts';
import { PortfolioBook } from '../../../src/engine/portfolio/portfolio-book.ts';
import { optionLeg } from '../../support/legs.ts';

const SHARE = {
  instrument: { kind: 'shares', symbol: 'SPY' },
  action: 'buyToOpen',
  ratio: 1,
} as const;

function sharesTraded(fillId: string, action: Fill['action'], quantity: number): Fill {
  return {
    fillId,
    intentId: `external-${fillId}`,
    instrument: SHARE.instrument,
    action,
    quantity,
    price: price(6_000_000),
    feesCents: cents(0),
    marketAt: epochMicros(1),
  };
}

describe('a quantity of shares', () => {
  it('is a sum without the dust of binary fractions, to the ninth decimal', () => {
    expect(shareQuantity(0.1 + 0.2)).toBe(0.3);
    expect(shareQuantity(0.1 + 0.2 - 0.3)).toBe(0);
    expect(shareQuantity(1.000000001)).toBe(1.000000001);
    expect(quantityOf([{ quantity: 0.1 }, { quantity: 0.7 }])).toBe(0.8);
  });

  it('stays as it is where it is whole', () => {
    for (const whole of [0, 1, -3, 9_007_199_254_740_991]) expect(shareQuantity(whole)).toBe(whole);
  });

  it('counts in parts where one share is a unit, and in whole units of anything else', () => {
    expect(countedUnits({ legs: [SHARE] }, 0.1 + 0.7)).toBe(0.8);
    expect(countedUnits({ legs: [{ ...SHARE, ratio: 100 }] }, 1.5)).toBe(1);
    expect(countedUnits({ legs: [optionLeg('buyToOpen', 'call', 660)] }, 1.5)).toBe(1);
    expect(unitsToGo({ legs: [SHARE] }, 0.8 - 0.1)).toBe(0.7);
    expect(unitsToGo({ legs: [{ ...SHARE, ratio: 100 }] }, 1.5)).toBe(2);
    expect(unitsToGo({ legs: [SHARE, SHARE] }, 1.5)).toBe(2);
  });

  it('leaves nothing in the book once its parts are sold', () => {
    const book = new PortfolioBook();
    book.applyExternalFill(sharesTraded('a', 'buyToOpen', 0.1));
    book.applyExternalFill(sharesTraded('b', 'buyToOpen', 0.2));
    expect([...book.held()]).toEqual([['SPY', 0.3]]);
    book.applyExternalFill(sharesTraded('c', 'sellToClose', 0.3));
    expect([...book.held()]).toEqual([]);
    expect(book.hasStructures()).toBe(false);
  });
});
