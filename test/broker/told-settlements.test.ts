import { describe, expect, it } from 'vitest';
import type { Settlement } from '../../src/broker/order-gateway.ts';
import { ToldSettlements } from '../../src/broker/told-settlements.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import {
  addMicros,
  cents,
  MICROS_PER_MINUTE,
  price,
  sessionDate,
} from '../../src/engine/domain/units.ts';
import { optionLeg } from '../support/legs.ts';

const START = newYorkInstant(sessionDate('2026-08-04'), 960);
const DAY = 24 * 60 * MICROS_PER_MINUTE;

function settlement(day: number): Settlement {
  const { instrument } = optionLeg('sellToOpen', 'put', 640);
  const marketAt = addMicros(START, day * DAY);
  const none = { shares: 0, sharePrice: price(0), feesCents: cents(0) };
  return {
    settlementId: `s${day}`,
    outcome: 'expired',
    instrument,
    quantity: -1,
    ...none,
    marketAt,
  };
}

describe('the settlements that were told', () => {
  it('are news once, those of the journal never', () => {
    const told = new ToldSettlements([{ kind: 'settlement', settlement: settlement(0) }]);
    expect([0, 1, 1].map((day) => told.isNews(settlement(day)))).toEqual([false, true, false]);
  });

  it('are forgotten once no adapter looks back so far, so that a year of them is no more than a month', () => {
    const told = new ToldSettlements([]);
    for (let day = 0; day < 365; day += 1) {
      expect(told.isNews(settlement(day))).toBe(true);
      told.forgetOld(addMicros(START, day * DAY));
      expect(told.isNews(settlement(Math.max(0, day - 30)))).toBe(false);
    }
    expect(told.size).toBe(31);
  });
});
