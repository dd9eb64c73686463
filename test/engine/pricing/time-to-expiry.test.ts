import { describe, expect, it } from 'vitest';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, sessionDate } from '../../../src/engine/domain/units.ts';
import { MINUTES_PER_YEAR, yearsToExpiry } from '../../../src/engine/pricing/time-to-expiry.ts';

const lastTrade = newYorkInstant(sessionDate('2026-08-04'), 16 * 60 + 15);

describe('time to expiry', () => {
  it('counts minutes of a 525,600-minute year', () => {
    const at = newYorkInstant(sessionDate('2026-08-04'), 9 * 60 + 30);
    expect(yearsToExpiry(at, lastTrade) * MINUTES_PER_YEAR).toBeCloseTo(405, 10);
  });

  it('is 0 at the last trade and after, and above 0 a microsecond before', () => {
    expect(yearsToExpiry(lastTrade, lastTrade)).toBe(0);
    expect(yearsToExpiry(addMicros(lastTrade, 1), lastTrade)).toBe(0);
    expect(yearsToExpiry(addMicros(lastTrade, -1), lastTrade)).toBeGreaterThan(0);
  });
});
