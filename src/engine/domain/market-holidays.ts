/**
 * The days on which the NYSE is shut or shuts early, by rule (NYSE Rule 7.2 and its practice).
 * True from 2013 on; days of mourning and the like are known only once they are proclaimed.
 */
import {
  dayNumberOf,
  FRIDAY,
  MONDAY,
  nthWeekdayOf,
  SATURDAY,
  SUNDAY,
  THURSDAY,
  weekdayOf,
} from './civil-date.ts';

const FIRST_JUNETEENTH = 2022;

/** National days of mourning: George H. W. Bush, Jimmy Carter. */
const PROCLAIMED_CLOSURES: ReadonlySet<number> = new Set([
  dayNumberOf(2018, 12, 5),
  dayNumberOf(2025, 1, 9),
]);

/** Easter Sunday (the anonymous Gregorian computus, Meeus/Jones/Butcher). */
function easterSunday(year: number): number {
  const lunar = year % 19;
  const century = Math.floor(year / 100);
  const yearOfCentury = year % 100;
  const correction = Math.floor((8 * century + 13) / 25);
  const leapCenturies = Math.floor(century / 4);
  const epact = (19 * lunar + century - leapCenturies - correction + 15) % 30;
  const leapYears = Math.floor(yearOfCentury / 4);
  const toSunday = (32 + 2 * (century % 4) + 2 * leapYears - epact - (yearOfCentury % 4)) % 7;
  const late = Math.floor((lunar + 11 * epact + 22 * toSunday) / 451);
  const march = epact + toSunday - 7 * late + 114;
  return dayNumberOf(year, Math.floor(march / 31), (march % 31) + 1);
}

/** A fixed holiday on a Sunday is kept on Monday, on a Saturday on Friday. */
function observed(dayNumber: number): number {
  const weekday = weekdayOf(dayNumber);
  if (weekday === SUNDAY) return dayNumber + 1;
  return weekday === SATURDAY ? dayNumber - 1 : dayNumber;
}

/** A Saturday New Year is not kept at all: the Friday before it ends the year's books. */
function isNewYearClosure(year: number, dayNumber: number): boolean {
  const newYear = dayNumberOf(year, 1, 1);
  return weekdayOf(newYear) === SUNDAY ? dayNumber === newYear + 1 : dayNumber === newYear;
}

function isFloatingHoliday(year: number, dayNumber: number): boolean {
  return (
    dayNumber === nthWeekdayOf({ year, month: 1 }, MONDAY, 3) ||
    dayNumber === nthWeekdayOf({ year, month: 2 }, MONDAY, 3) ||
    dayNumber === easterSunday(year) - 2 ||
    dayNumber === nthWeekdayOf({ year, month: 6 }, MONDAY, 1) - 7 ||
    dayNumber === nthWeekdayOf({ year, month: 9 }, MONDAY, 1) ||
    dayNumber === nthWeekdayOf({ year, month: 11 }, THURSDAY, 4)
  );
}

function isFixedHoliday(year: number, dayNumber: number): boolean {
  return (
    isNewYearClosure(year, dayNumber) ||
    (year >= FIRST_JUNETEENTH && dayNumber === observed(dayNumberOf(year, 6, 19))) ||
    dayNumber === observed(dayNumberOf(year, 7, 4)) ||
    dayNumber === observed(dayNumberOf(year, 12, 25))
  );
}

/** True on a holiday or a proclaimed closure; weekends are the caller's. */
export function isMarketHoliday(year: number, dayNumber: number): boolean {
  return (
    isFixedHoliday(year, dayNumber) ||
    isFloatingHoliday(year, dayNumber) ||
    PROCLAIMED_CLOSURES.has(dayNumber)
  );
}

/** True where trading ends at 13:00: the day after Thanksgiving, and the eves of Independence Day
 * and Christmas that are trading days (a Friday eve is the holiday itself, kept early). */
export function isEarlyClose(year: number, dayNumber: number): boolean {
  if (dayNumber === nthWeekdayOf({ year, month: 11 }, THURSDAY, 4) + 1) return true;
  const isEve = dayNumber === dayNumberOf(year, 7, 3) || dayNumber === dayNumberOf(year, 12, 24);
  return isEve && weekdayOf(dayNumber) < FRIDAY;
}
