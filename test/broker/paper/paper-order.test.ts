import { describe, expect, it } from 'vitest';
import { end, newOrder } from '../../../src/broker/paper/history.ts';
import {
  brokerOrderId,
  countFill,
  filledUnits,
  laggingLegs,
  remainingOfLeg,
  remainingUnits,
  reserveCents,
} from '../../../src/broker/paper/paper-order.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { cents, epochMicros, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';

const SPREAD = [optionLeg('sellToOpen', 'put', 640, 2), optionLeg('buyToOpen', 'put', 635, 3)];
const NOW = epochMicros(0);

function orderOf(legs: readonly OrderLeg[], quantity: number, limitDollars = 1) {
  const limit = priceFromDollars(limitDollars);
  const ids = { intentId: 'i', positionId: 'i', principal: 'test' } as const;
  const terms = { purpose: 'open', strategy: 'place_order', legs, quantity, limit } as const;
  return newOrder({ ...ids, ...terms, worst: limit }, NOW);
}

function fillOf(leg: OrderLeg, quantity: number) {
  const { instrument, action } = leg;
  const money = { price: price(100), feesCents: cents(0), marketAt: NOW };
  return { fillId: 'f', intentId: 'i', instrument, action, quantity, ...money };
}

describe('a paper order', () => {
  it('counts a unit once every leg of it has filled', () => {
    const order = orderOf(SPREAD, 2);
    const [short, long] = SPREAD as [OrderLeg, OrderLeg];
    countFill(order, fillOf(short, 4));
    expect([filledUnits(order), remainingUnits(order)]).toEqual([0, 2]);
    countFill(order, fillOf(long, 5));
    expect(filledUnits(order)).toBe(1);
    countFill(order, fillOf(long, 1));
    expect([filledUnits(order), remainingUnits(order)]).toEqual([2, 0]);
    expect(order.executions).toBe(3);
    expect(remainingOfLeg(order, 0)).toBe(0);
    expect(remainingOfLeg(order, 9)).toBe(0);
  });

  it('names the legs that lag behind and what they lack', () => {
    const order = orderOf(SPREAD, 2);
    const [short, long] = SPREAD as [OrderLeg, OrderLeg];
    expect(laggingLegs(order)).toEqual([]);
    countFill(order, fillOf(short, 2));
    expect(laggingLegs(order)).toEqual([long]);
    countFill(order, fillOf(long, 1));
    expect(laggingLegs(order)).toEqual([{ ...long, ratio: 2 }]);
    countFill(order, fillOf(long, 2));
    expect(laggingLegs(order)).toEqual([]);
  });

  it('reserves collateral and fees less premium, for the rest of an opening only', () => {
    const legs = [optionLeg('sellToOpen', 'put', 640), optionLeg('buyToOpen', 'put', 635)];
    const order = orderOf(legs, 2);
    expect(reserveCents(order, price(10_000))).toBe(2 * (500_00 - 100_00) + 226 + 225);
    for (const leg of legs) countFill(order, fillOf(leg, 1));
    expect(reserveCents(order, price(10_000))).toBe(500_00 - 100_00 + 2 * 113);
    for (const leg of legs) countFill(order, fillOf(leg, 1));
    expect(reserveCents(order, price(10_000))).toBe(0);
    const closing = orderOf([optionLeg('buyToClose', 'put', 640)], 2, -1);
    expect(reserveCents(closing, price(-10_000))).toBe(0);
  });

  it('has an id that follows from the client id, and an ending in words', () => {
    const order = orderOf(SPREAD, 1);
    expect(order.brokerOrderId).toBe(brokerOrderId('i'));
    end(order, 'filled');
    expect(order).toMatchObject({ status: 'ended', ending: 'filled' });
  });
});
