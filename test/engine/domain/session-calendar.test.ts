import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateOfDayNumber, dayNumberOf } from '../../../src/engine/domain/civil-date.ts';
import {
  newYorkDate,
  newYorkInstant,
  newYorkMinutes,
  newYorkText,
  nextSessionDate,
  previousSessionDate,
  sessionKind,
  sessionOnOrAfter,
  sessionTimes,
} from '../../../src/engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import {
  addMicros,
  epochMicros,
  epochMicrosFromMillis,
  MICROS_PER_SECOND,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import { sharedData } from '../../support/shared-data.ts';

const calendarPath = sharedData('public/nyse_calendar_2018_2030.csv');

function utc(text: string): EpochMicros {
  return epochMicrosFromMillis(Date.parse(text));
}

const newYorkFormat = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/New_York',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

function oracle(at: EpochMicros): { date: string; text: string } {
  const parts = new Map<string, string>();
  for (const { type, value } of newYorkFormat.formatToParts(Math.floor(at / 1_000))) {
    parts.set(type, value);
  }
  const part = (name: string) => parts.get(name) ?? '';
  return {
    date: `${part('year')}-${part('month')}-${part('day')}`,
    text: `${part('hour')}:${part('minute')}:${part('second')}`,
  };
}

describe.skipIf(calendarPath === undefined)(
  'the calendar against the published one (skipped where ../shared/data is absent)',
  () => {
    it('agrees on every day of 2018 to 2030', () => {
      const published = new Map<string, string>();
      for (const line of readFileSync(calendarPath!, 'utf8').trim().split('\n').slice(1)) {
        const [date = '', status = ''] = line.split(',');
        published.set(date, status === 'closed' ? 'closed' : 'half');
      }
      expect(published.size).toBe(155);
      const wrong: string[] = [];
      let days = 0;
      for (let day = dayNumberOf(2018, 1, 1); day < dayNumberOf(2031, 1, 1); day++, days++) {
        const date = dateOfDayNumber(day);
        const weekday = new Date(`${date}T12:00:00Z`).getUTCDay();
        const weekend = weekday === 0 || weekday === 6;
        const expected = weekend ? 'closed' : (published.get(date) ?? 'full');
        if (sessionKind(date) !== expected) wrong.push(`${date} ${expected}`);
      }
      expect(wrong).toEqual([]);
      expect(days).toBe(4_748);
    });
  },
);

describe('session kinds by rule', () => {
  it.each([
    ['2022-01-01', 'closed', 'a Saturday New Year'],
    ['2021-12-31', 'full', 'the Friday before a Saturday New Year'],
    ['2023-01-02', 'closed', 'the Monday after a Sunday New Year'],
    ['2021-06-18', 'full', 'before Juneteenth was a market holiday'],
    ['2022-06-20', 'closed', 'the Monday after the first Sunday Juneteenth'],
    ['2027-06-18', 'closed', 'the Friday before a Saturday Juneteenth'],
    ['2026-04-03', 'closed', 'Good Friday'],
    ['2026-04-06', 'full', 'Easter Monday'],
    ['2026-07-03', 'closed', 'the Friday before a Saturday Independence Day'],
    ['2026-07-02', 'full', 'the day before that'],
    ['2027-07-02', 'full', 'the Friday before a Sunday Independence Day'],
    ['2024-07-03', 'half', 'the eve of Independence Day'],
    ['2025-11-28', 'half', 'the day after Thanksgiving'],
    ['2026-12-24', 'half', 'a Thursday Christmas Eve'],
    ['2027-12-24', 'closed', 'a Friday Christmas Eve'],
    ['2018-12-05', 'closed', 'the day of mourning for Bush'],
    ['2025-01-09', 'closed', 'the day of mourning for Carter'],
    ['2026-02-30', 'closed', 'a date that does not exist'],
    ['2015-12-24', 'half', 'a Christmas Eve before the published table'],
  ])('%s is %s: %s', (date, kind) => {
    expect(sessionKind(sessionDate(date))).toBe(kind);
  });
});

describe('session times', () => {
  it('trades 09:30 to 16:15 with the exercise mark at 16:00 on a full day', () => {
    const times = sessionTimes(sessionDate('2026-08-04'));
    expect(times?.open).toBe(utc('2026-08-04T13:30:00Z'));
    expect(times?.exerciseMark).toBe(utc('2026-08-04T20:00:00Z'));
    expect(times?.lastTrade).toBe(utc('2026-08-04T20:15:00Z'));
    expect(times?.kind).toBe('full');
  });

  it('ends at 13:00 and 13:15 on a half day, in standard time', () => {
    const times = sessionTimes(sessionDate('2026-11-27'));
    expect(times?.open).toBe(utc('2026-11-27T14:30:00Z'));
    expect(times?.exerciseMark).toBe(utc('2026-11-27T18:00:00Z'));
    expect(times?.lastTrade).toBe(utc('2026-11-27T18:15:00Z'));
    expect(times?.kind).toBe('half');
  });

  it('has none on a closed day', () => {
    expect(sessionTimes(sessionDate('2026-08-01'))).toBeUndefined();
    expect(sessionTimes(sessionDate('2026-12-25'))).toBeUndefined();
  });
});

describe('the next session', () => {
  it('is strictly after a session, and the same day when asked for on or after', () => {
    const friday = sessionDate('2026-07-31');
    expect(nextSessionDate(friday)).toBe('2026-08-03');
    expect(sessionOnOrAfter(friday)).toBe('2026-07-31');
    expect(sessionOnOrAfter(sessionDate('2026-08-01'))).toBe('2026-08-03');
  });

  it('steps over a holiday weekend and over the year', () => {
    expect(nextSessionDate(sessionDate('2026-07-02'))).toBe('2026-07-06');
    expect(nextSessionDate(sessionDate('2026-12-31'))).toBe('2027-01-04');
  });

  it('is the first open day after any date', () => {
    fc.assert(
      fc.property(fc.integer({ min: 15_706, max: 30_000 }), (day) => {
        const date = dateOfDayNumber(day);
        const next = nextSessionDate(date);
        expect(next > date).toBe(true);
        expect(sessionKind(next)).not.toBe('closed');
        for (let between = day + 1; dateOfDayNumber(between) < next; between++) {
          expect(sessionKind(dateOfDayNumber(between))).toBe('closed');
        }
      }),
    );
  });

  it('has the session that it follows before it', () => {
    expect(previousSessionDate(sessionDate('2026-08-03'))).toBe('2026-07-31');
    expect(previousSessionDate(sessionDate('2026-08-02'))).toBe('2026-07-31');
    expect(previousSessionDate(sessionDate('2027-01-04'))).toBe('2026-12-31');
  });
});

describe('New York time', () => {
  it('changes clocks at 02:00 in March and November', () => {
    expect(newYorkText(utc('2026-03-08T06:59:59.999Z'))).toBe('01:59:59');
    expect(newYorkText(utc('2026-03-08T07:00:00Z'))).toBe('03:00:00');
    expect(newYorkText(utc('2026-11-01T05:59:59Z'))).toBe('01:59:59');
    expect(newYorkText(utc('2026-11-01T06:00:00Z'))).toBe('01:00:00');
  });

  it('takes the first of a repeated time and moves a skipped one forward', () => {
    const autumn = sessionDate('2026-11-01');
    expect(newYorkInstant(autumn, 90)).toBe(utc('2026-11-01T05:30:00Z'));
    expect(newYorkInstant(autumn, 120)).toBe(utc('2026-11-01T07:00:00Z'));
    const spring = sessionDate('2026-03-08');
    expect(newYorkText(newYorkInstant(spring, 150))).toBe('03:30:00');
    expect(newYorkText(newYorkInstant(spring, 180))).toBe('03:00:00');
  });

  it('keeps half minutes and whole microseconds', () => {
    const at = newYorkInstant(sessionDate('2026-08-04'), 570.5);
    expect(newYorkText(at)).toBe('09:30:30');
    expect(newYorkMinutes(at)).toBe(570.5);
    expect(newYorkMinutes(addMicros(at, 1))).toBeGreaterThan(570.5);
  });

  it('agrees with the time zone database at any second from 2007 to 2037', () => {
    const first = utc('2007-03-11T00:00:00Z') / MICROS_PER_SECOND;
    const last = utc('2037-12-31T00:00:00Z') / MICROS_PER_SECOND;
    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (seconds) => {
        const at = epochMicros(seconds * MICROS_PER_SECOND);
        const expected = oracle(at);
        expect(newYorkDate(at)).toBe(expected.date);
        expect(newYorkText(at)).toBe(expected.text);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with the time zone database in every hour of the months of a clock change', () => {
    for (let year = 2007; year <= 2037; year++) {
      for (const month of [3, 11]) {
        const start = dayNumberOf(year, month, 1) * 86_400;
        for (let hour = 0; hour < 15 * 24; hour += 1) {
          const at = epochMicros((start + hour * 3_600 + 1) * MICROS_PER_SECOND);
          if (newYorkText(at) !== oracle(at).text) expect.fail(`${year}-${month} hour ${hour}`);
        }
      }
    }
  });

  it('reads back what it was asked for, at any minute of a session', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 15_706, max: 30_000 }),
        fc.integer({ min: 4 * 60, max: 24 * 60 - 1 }),
        (day, minute) => {
          const at = newYorkInstant(dateOfDayNumber(day), minute);
          expect(newYorkMinutes(at)).toBe(minute);
          expect(newYorkDate(at)).toBe(dateOfDayNumber(day));
        },
      ),
    );
  });
});
