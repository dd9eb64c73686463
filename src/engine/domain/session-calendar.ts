/**
 * The NYSE calendar by rule, and New York time. Pure: every answer is a function of its arguments.
 * True from 2013 on; clock changes follow the US rule of 2007 (Energy Policy Act of 2005).
 */
import { assert } from './assert.ts';
import {
  civilDateOf,
  dateOfDayNumber,
  dayNumberOfDate,
  nthWeekdayOf,
  SATURDAY,
  SUNDAY,
  twoDigits,
  weekdayOf,
} from './civil-date.ts';
import { isEarlyClose, isMarketHoliday } from './market-holidays.ts';
import type { EpochMicros, SessionDate } from './units.ts';
import {
  addMicros,
  epochMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
} from './units.ts';

export type SessionKind = 'full' | 'half' | 'closed';

/** Every instant of one session of an option class, in epoch microseconds. */
export interface SessionTimes {
  readonly date: SessionDate;
  readonly kind: 'full' | 'half';
  /** 09:30 ET. */
  readonly open: EpochMicros;
  /** Exercise is judged by the price at this instant: 16:00 ET, 13:00 on half days. */
  readonly exerciseMark: EpochMicros;
  /** Options stop trading: 16:15 ET for broad ETFs, at the mark for index options; three hours
   * earlier on half days. */
  readonly lastTrade: EpochMicros;
}

/** Options open series by series once their underlying has printed; until all have, their quotes are
 * not firm and a price seen is nobody's. */
const AUCTION_MINUTES = 1;

/** When the opening auction of a session is over, on full and half days alike. */
export function auctionEnd({ open }: Pick<SessionTimes, 'open'>): EpochMicros {
  return addMicros(open, AUCTION_MINUTES * MICROS_PER_MINUTE);
}

/** When a class of options trades, as far as classes differ. */
export interface OptionHours {
  /** Minutes from the exercise mark to the last trade. */
  readonly minutesAfterMark: number;
}

const STANDARD_OFFSET_HOURS = 5;
const DAYLIGHT_OFFSET_HOURS = 4;

const OPEN_MINUTES = 9 * 60 + 30;
const FULL_MARK_MINUTES = 16 * 60;
const HALF_MARK_MINUTES = 13 * 60;
/** ETF options trade on for a quarter of an hour after the shares' close. */
const ETF_HOURS: OptionHours = { minutesAfterMark: 15 };
/** The longest closure since 1933 took six days (September 2001). */
const LONGEST_CLOSURE_DAYS = 14;

/** What kind of session a date has. A date that no calendar has (February 30) is closed. */
export function sessionKind(date: SessionDate): SessionKind {
  const dayNumber = dayNumberOfDate(date);
  return dateOfDayNumber(dayNumber) === date ? kindOfDay(dayNumber) : 'closed';
}

function kindOfDay(dayNumber: number): SessionKind {
  const weekday = weekdayOf(dayNumber);
  if (weekday === SATURDAY || weekday === SUNDAY) return 'closed';
  const { year } = civilDateOf(dayNumber);
  if (isMarketHoliday(year, dayNumber)) return 'closed';
  return isEarlyClose(year, dayNumber) ? 'half' : 'full';
}

/** The instants of a date's session of an option class, a broad ETF's where none is named; undefined
 * when the market is closed that day. */
export function sessionTimes(
  date: SessionDate,
  { minutesAfterMark }: OptionHours = ETF_HOURS,
): SessionTimes | undefined {
  const kind = sessionKind(date);
  if (kind === 'closed') return undefined;
  const markMinutes = kind === 'half' ? HALF_MARK_MINUTES : FULL_MARK_MINUTES;
  return {
    date,
    kind,
    open: newYorkInstant(date, OPEN_MINUTES),
    exerciseMark: newYorkInstant(date, markMinutes),
    lastTrade: newYorkInstant(date, markMinutes + minutesAfterMark),
  };
}

/** The first session strictly after a date. */
export function nextSessionDate(date: SessionDate): SessionDate {
  return sessionFrom(dayNumberOfDate(date) + 1);
}

/** The last session strictly before a date. */
export function previousSessionDate(date: SessionDate): SessionDate {
  return sessionFrom(dayNumberOfDate(date) - 1, -1);
}

/** The date itself where it has a session, or else the first session after it. */
export function sessionOnOrAfter(date: SessionDate): SessionDate {
  return sessionFrom(dayNumberOfDate(date));
}

/** The first session from a day on, or back. */
function sessionFrom(firstDay: number, step: 1 | -1 = 1): SessionDate {
  let day = firstDay;
  while (kindOfDay(day) === 'closed') {
    day += step;
    assert(
      Math.abs(day - firstDay) < LONGEST_CLOSURE_DAYS,
      'the market opens at least once a fortnight',
    );
  }
  return dateOfDayNumber(day);
}

/** The date in New York at a moment. */
export function newYorkDate(at: EpochMicros): SessionDate {
  return dateOfDayNumber(Math.floor(newYorkLocal(at) / MICROS_PER_DAY));
}

/** What New York's clocks show at a moment, in minutes after midnight (fractions kept): 570 is
 * 09:30, on the days of a clock change too. */
export function newYorkMinutes(at: EpochMicros): number {
  return microsOfDay(at) / MICROS_PER_MINUTE;
}

/**
 * The moment at which New York's clocks show `minutesAfterMidnight` on a date. Where they show it
 * twice (the night they are put back) it is the first; where they skip it, the moment as many
 * minutes after the skip began. Minutes past 1,440 run on into the next day.
 */
export function newYorkInstant(date: SessionDate, minutesAfterMidnight: number): EpochMicros {
  const midnight = dayNumberOfDate(date) * MICROS_PER_DAY;
  const local = midnight + Math.round(minutesAfterMidnight * MICROS_PER_MINUTE);
  const daylight = local + DAYLIGHT_OFFSET_HOURS * MICROS_PER_HOUR;
  const standard = local + STANDARD_OFFSET_HOURS * MICROS_PER_HOUR;
  return epochMicros(isDaylightTime(daylight) ? daylight : standard);
}

/** New York's clock at a moment as `HH:MM:SS`, seconds cut, not rounded. */
export function newYorkText(at: EpochMicros): string {
  const seconds = Math.floor(microsOfDay(at) / MICROS_PER_SECOND);
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}`;
}

/** Microseconds that New York's clocks show, counted as if they stood on Greenwich. */
function newYorkLocal(at: number): number {
  const offsetHours = isDaylightTime(at) ? DAYLIGHT_OFFSET_HOURS : STANDARD_OFFSET_HOURS;
  return at - offsetHours * MICROS_PER_HOUR;
}

function microsOfDay(at: EpochMicros): number {
  const local = newYorkLocal(at);
  return local - Math.floor(local / MICROS_PER_DAY) * MICROS_PER_DAY;
}

/** Daylight time runs from the second Sunday of March, 02:00 standard time, to the first Sunday of
 * November, 02:00 daylight time. */
function isDaylightTime(at: number): boolean {
  const { year, month } = civilDateOf(Math.floor(at / MICROS_PER_DAY));
  if (month < 3 || month > 11) return false;
  if (month > 3 && month < 11) return true;
  if (month === 3) {
    const start = nthWeekdayOf({ year, month }, SUNDAY, 2) * MICROS_PER_DAY;
    return at >= start + (2 + STANDARD_OFFSET_HOURS) * MICROS_PER_HOUR;
  }
  const end = nthWeekdayOf({ year, month }, SUNDAY, 1) * MICROS_PER_DAY;
  return at < end + (2 + DAYLIGHT_OFFSET_HOURS) * MICROS_PER_HOUR;
}
