import { describe, expect, it } from 'vitest';
import {
  buyingPower,
  luckOf,
  newPaperWorld,
  sessionAt,
  sessionOf,
  takeTurn,
} from '../../../src/broker/paper/paper-world.ts';
import { underlyingOf } from '../../../src/engine/domain/underlying.ts';
import { addMicros, cents, sessionDate } from '../../../src/engine/domain/units.ts';
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
