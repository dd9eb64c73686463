import { describe, expect, it } from 'vitest';
import { newOrder } from '../../../src/broker/paper/history.ts';
import type { OrderWorld } from '../../../src/broker/paper/order-checks.ts';
import { rejection, tradesUntil } from '../../../src/broker/paper/order-checks.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { addMicros, epochMicros, price, sessionDate } from '../../../src/engine/domain/units.ts';
import { condorLegs, optionLeg, sharesLeg } from '../../support/legs.ts';
import { theSession } from './paper-rig.ts';

const session = theSession('2026-08-04');

function orderOf(legs: readonly OrderLeg[], quantity = 1, limit = 10_000, intentId = 'i') {
  const terms = { legs, quantity, limit: price(limit), worst: price(limit) };
  const names = { purpose: 'open', strategy: 'place_order', principal: 'test' } as const;
  return newOrder({ intentId, positionId: intentId, ...names, ...terms }, epochMicros(0));
}

function world(change: Partial<OrderWorld> = {}): OrderWorld {
  return {
    now: session.open,
    session,
    maxLegs: 4,
    nativeStops: false,
    isQuoted: () => true,
    bidOf: () => 10_000,
    held: () => 0,
    working: [],
    buyingPowerCents: 100_000_00,
    ...change,
  };
}

const CONDOR = condorLegs([630, 635, 645, 650]);
const LONG_CALL = [optionLeg('buyToOpen', 'call', 640)];
const CLOSE_CALL = [optionLeg('sellToClose', 'call', 640)];

describe('the paper broker rejects', () => {
  it('nothing about an order that is in order', () => {
    expect(rejection(orderOf(CONDOR), world())).toBeUndefined();
  });

  it('an order without legs or with more than four', () => {
    const five = [...CONDOR, ...LONG_CALL];
    expect(rejection(orderOf([]), world())).toMatch(/1 to 4 legs/);
    expect(rejection(orderOf(five), world())).toMatch(/1 to 4 legs/);
  });

  it('an instrument in two legs', () => {
    expect(rejection(orderOf([...LONG_CALL, ...LONG_CALL]), world())).toMatch(/two legs/);
  });

  it.each([0, -1, 1.5])('a quantity of %d', (quantity) => {
    expect(rejection(orderOf(LONG_CALL, quantity), world())).toMatch(/whole numbers/);
  });

  it('a limit off the tick by one ten-thousandth', () => {
    expect(rejection(orderOf(LONG_CALL, 1, -10_001), world())).toMatch(
      /whole number of \$0\.01 steps/,
    );
    expect(rejection(orderOf(LONG_CALL, 1, -10_000), world())).toBeUndefined();
  });

  it('everything before the open, from the last trade on, and on a day without a session', () => {
    const order = orderOf(CONDOR);
    const at = (now: OrderWorld['now']) => rejection(order, world({ now }));
    expect(at(addMicros(session.open, -1))).toMatch(/closed/);
    expect(at(addMicros(session.lastTrade, -1))).toBeUndefined();
    expect(at(session.lastTrade)).toMatch(/closed/);
    expect(rejection(order, world({ session: undefined }))).toMatch(/closed/);
  });

  it('shares from the exercise mark on', () => {
    const order = orderOf([sharesLeg('sellToClose', 100)]);
    const at = (now: OrderWorld['now']) => rejection(order, world({ now, held: () => 100 }));
    expect(at(addMicros(session.exerciseMark, -1))).toBeUndefined();
    expect(at(session.exerciseMark)).toMatch(/closed/);
    expect(tradesUntil({ kind: 'shares', symbol: 'SPY' }, session)).toBe(session.exerciseMark);
  });

  it('an expired contract, and one that was never quoted', () => {
    const expiry = sessionDate('2026-08-03');
    const old = LONG_CALL.map((leg) => ({ ...leg, instrument: { ...leg.instrument, expiry } }));
    expect(rejection(orderOf(old), world())).toMatch(/expired/);
    expect(rejection(orderOf(LONG_CALL), world({ isQuoted: () => false }))).toMatch(/not an instr/);
  });

  it('an opening of shares', () => {
    expect(rejection(orderOf([sharesLeg('buyToOpen', 100)]), world())).toMatch(/only be closed/);
  });

  it('a closing of one more than is held', () => {
    const held = () => 2;
    expect(rejection(orderOf(CLOSE_CALL, 2), world({ held }))).toBeUndefined();
    expect(rejection(orderOf(CLOSE_CALL, 3), world({ held }))).toMatch(/only 2 of/);
    expect(rejection(orderOf(CLOSE_CALL, 1), world())).toMatch(/only 0 of/);
    expect(rejection(orderOf(CLOSE_CALL, 1), world({ held: () => -1 }))).toMatch(/only 0 of/);
  });

  it('a closing of what another working order closes already', () => {
    const working = [orderOf(CLOSE_CALL, 1, 10_000, 'other')];
    const at = (quantity: number) =>
      rejection(orderOf(CLOSE_CALL, quantity), world({ held: () => 2, working }));
    expect(at(1)).toBeUndefined();
    expect(at(2)).toMatch(/only 1 of/);
  });

  it('an opening against what is held or ordered the other way', () => {
    const short = [optionLeg('sellToOpen', 'call', 640)];
    const symbol = instrumentSymbol(short[0]?.instrument ?? { kind: 'shares', symbol: 'SPY' });
    const held = (asked: string) => (asked === symbol ? 1 : 0);
    expect(rejection(orderOf(short), world({ held }))).toMatch(/close that first/);
    expect(rejection(orderOf(LONG_CALL), world({ held }))).toBeUndefined();
    const working = [orderOf(short, 1, 10_000, 'other')];
    expect(rejection(orderOf(LONG_CALL), world({ working }))).toMatch(/close that first/);
  });

  it('an opening that costs one cent more than buying power', () => {
    const needed = 500_00 - 100_00 + 4 * 113;
    const at = (buyingPowerCents: number) =>
      rejection(orderOf(CONDOR), world({ buyingPowerCents }));
    expect(at(needed)).toBeUndefined();
    expect(at(needed - 1)).toMatch(/insufficient buying power: needs \$404.52, has \$404.51/);
  });

  it('a stop where it holds none, on several legs, and on the wrong side of the market', () => {
    const held = { held: () => 1, nativeStops: true, bidOf: () => 10_000 };
    const stop = (stopTrigger: number, legs = CLOSE_CALL) => {
      const made = orderOf(legs);
      return { ...made, intent: { ...made.intent, stopTrigger: price(stopTrigger) } };
    };
    expect(rejection(stop(5_000), world({ ...held, nativeStops: false }))).toMatch(
      /no stop orders/,
    );
    expect(rejection(stop(5_000, LONG_CALL), world(held))).toMatch(/one leg that is held/);
    expect(rejection(stop(10_000), world(held))).toMatch(/wrong side/);
    expect(rejection(stop(5_050), world(held))).toMatch(/price grid/);
    expect(rejection(stop(5_000), world({ ...held, bidOf: () => undefined }))).toMatch(
      /wrong side/,
    );
    expect(rejection(stop(9_900), world(held))).toBeUndefined();
  });
});
