/** The days before the underlying trades without its dividend. */
import { nextSessionDate } from '../../engine/domain/session-calendar.ts';
import type { SessionDate } from '../../engine/domain/units.ts';

/** True when the session after this one is an ex-dividend day. */
export function isExDividendEve(date: SessionDate, exDividendDates: readonly string[]): boolean {
  return exDividendDates.includes(nextSessionDate(date));
}

/** True when the list says nothing about any day from this one on: it has run out. */
export function hasRunOut(date: SessionDate, exDividendDates: readonly string[]): boolean {
  return exDividendDates.every((known) => known < date);
}
