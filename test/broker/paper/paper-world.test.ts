import { describe, expect, it } from 'vitest';
import { newOrder } from '../../../src/broker/paper/history.ts';
import {
  buyingPower,
  enterSession,
  luckOf,
  newPaperWorld,
  sessionAt,
  sessionOf,
  takeTurn,
} from '../../../src/broker/paper/paper-world.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { underlyingOf } from '../../../src/engine/domain/underlying.ts';
import {
  addMicros,
  cents,
  epochMicros,
  price,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';
import { theSession } from './paper-rig.ts';

function world(knobs = {}) {
  const history = { intents: [], brokerEvents: [] };
  return newPaperWorld({
    seed: 1,
    maxLegs: 4,
    hours: underlyingOf('SPY'),
    history,
    startingCashCents: cents(5_00),
    knobs,
  });
}

describe('the paper world', () => {
  it('uses up the turns of a drill', () => {
    const drilled = world({ rejectNext: 2 });
    const turns = [1, 2, 3].map(() => takeTurn(drilled, 'rejectNext'));
    expect(turns).toEqual([true, true, false]);
    expect(takeTurn(drilled, 'unknownNext')).toBe(false);
  });

  it('goes by the session it was told, and by the calendar for other days', () => {
    const half = theSession('2026-11-27');
    const told = { ...half, lastTrade: addMicros(half.lastTrade, -1) };
    const asked = world();
    expect(sessionAt(asked, half.open)).toEqual(half);
    asked.session = told;
    expect(sessionAt(asked, half.open)).toBe(told);
    expect(sessionOf(asked, sessionDate('2026-11-30'))).toEqual(theSession('2026-11-30'));
    expect(sessionOf(asked, sessionDate('2026-11-26'))).toBeUndefined();
  });

  it('has all its cash as buying power while nothing is held or works', () => {
    expect(buyingPower(world())).toBe(5_00);
  });

  it('draws by its seed', () => {
    expect(luckOf(world(), 'a', 1)).toBe(luckOf(world(), 'a', 1));
    expect(luckOf(world(), 'a', 1)).not.toBe(luckOf(world(), 'a', 2));
  });
});

function intent(intentId: string): OrderIntent {
  const legs = [optionLeg('buyToOpen', 'call', 640)];
  const prices = { limit: price(-100), worst: price(-100) };
  const names = { intentId, positionId: intentId, principal: 'test' };
  return { ...names, ...prices, purpose: 'open', strategy: 'place_order', legs, quantity: 1 };
}

describe('a paper world that goes on for days', () => {
  const day = (date: string) => theSession(date);

  it('remembers an ended order through the session after it, and no longer', () => {
    const drilled = world();
    enterSession(drilled, day('2026-08-03'));
    drilled.orders.set('x', { ...newOrder(intent('x'), epochMicros(0)), status: 'ended' });
    drilled.orders.set('y', newOrder(intent('y'), epochMicros(0)));
    enterSession(drilled, day('2026-08-04'));
    expect([...drilled.orders.keys()]).toEqual(['x', 'y']);
    enterSession(drilled, day('2026-08-05'));
    expect([...drilled.orders.keys()]).toEqual(['y']);
  });

  it('forgets the quotes of what has expired and keeps the underlying', () => {
    const drilled = world();
    const at = { market: epochMicros(1), wall: epochMicros(1) };
    const quote = { bid: price(100), ask: price(200), bidSize: 1, askSize: 1, at };
    const symbols = ['SPY   260803C00640000', 'SPY   260804C00640000', 'SPY'];
    for (const symbol of symbols) drilled.tape.put(symbol, quote);
    enterSession(drilled, day('2026-08-04'));
    expect(symbols.map((symbol) => drilled.tape.of(symbol) !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
  });
});
