import { describe, expect, it } from 'vitest';
import type { OrderLeg } from '../../src/engine/domain/order.ts';
import { greekRange, orderGreek } from '../../src/risk/order-greeks.ts';
import { condorIntent, leg, riskInput } from './fixtures.ts';

const SHARES: OrderLeg = {
  instrument: { kind: 'shares', symbol: 'SPY' },
  action: 'sellToClose',
  ratio: 100,
};

function order(legs: readonly OrderLeg[], quantity = 1) {
  return riskInput({ intent: condorIntent({ strategy: 'place_order', legs, quantity }) });
}

describe('the greeks of an order', () => {
  it.each([
    ['a bought call', [leg('buyToOpen', 'call', 605)], 1, 30],
    ['a sold call', [leg('sellToOpen', 'call', 605)], 1, -30],
    ['three of it', [leg('buyToOpen', 'call', 605)], 3, 90],
    ['a leg of two', [leg('buyToOpen', 'call', 605, 2)], 1, 60],
    ['three legs of two', [leg('buyToOpen', 'call', 605, 2)], 3, 180],
    ['two legs', [leg('buyToOpen', 'call', 605), leg('sellToOpen', 'call', 610)], 1, 22],
    ['shares', [SHARES], 1, -100],
  ] as const)('%s: delta in shares', (_what, legs, quantity, delta) => {
    expect(orderGreek(order(legs, quantity), 'delta')).toBeCloseTo(delta, 9);
  });

  it('of shares bend nothing', () => {
    expect(orderGreek(order([SHARES]), 'gamma')).toBeCloseTo(0, 9);
    expect(orderGreek(order([SHARES]), 'vega')).toBeCloseTo(0, 9);
  });

  it('are unknown without a chain, and of a contract that the chain does not have', () => {
    const legs = [leg('buyToOpen', 'call', 605)];
    expect(orderGreek({ ...order(legs), slice: undefined }, 'delta')).toBeUndefined();
    expect(orderGreek(order([leg('buyToOpen', 'call', 700)]), 'delta')).toBeUndefined();
  });
});

it('a book’s extremes are those with the order filled or not, whichever is farther', () => {
  const book = { highest: 10, lowest: -5 };
  expect(greekRange(book, 4)).toEqual({ highest: 14, lowest: -5, worst: 14 });
  expect(greekRange(book, -20)).toEqual({ highest: 10, lowest: -25, worst: 25 });
});
