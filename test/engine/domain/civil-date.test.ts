import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  civilDateOf,
  dateOfDayNumber,
  dayNumberOf,
  dayNumberOfDate,
  MONDAY,
  nthWeekdayOf,
  weekdayOf,
} from '../../../src/engine/domain/civil-date.ts';

const MILLIS_PER_DAY = 86_400_000;
const anyDay = fc.integer({ min: dayNumberOf(1, 1, 1), max: dayNumberOf(9999, 12, 31) });

describe('day numbers', () => {
  it('count from 1970-01-01', () => {
    expect(dayNumberOf(1970, 1, 1)).toBe(0);
    expect(dayNumberOf(1969, 12, 31)).toBe(-1);
    expect(dayNumberOf(2000, 3, 1)).toBe(11_017);
  });

  it('agree with the platform on every date and weekday', () => {
    fc.assert(
      fc.property(anyDay, (day) => {
        const date = new Date(day * MILLIS_PER_DAY);
        expect(civilDateOf(day)).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
        });
        expect(weekdayOf(day)).toBe(date.getUTCDay());
        expect(dateOfDayNumber(day)).toBe(date.toISOString().slice(0, 10));
        expect(dayNumberOfDate(dateOfDayNumber(day))).toBe(day);
      }),
    );
  });

  it('run on past the end of a month', () => {
    expect(dayNumberOf(2026, 2, 30)).toBe(dayNumberOf(2026, 3, 2));
  });

  it('find the nth weekday of a month', () => {
    expect(dateOfDayNumber(nthWeekdayOf({ year: 2026, month: 6 }, MONDAY, 1))).toBe('2026-06-01');
    expect(dateOfDayNumber(nthWeekdayOf({ year: 2026, month: 1 }, MONDAY, 3))).toBe('2026-01-19');
  });
});
