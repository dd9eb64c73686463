/** The days before the underlying trades without its dividend. */
import { nextSessionDate } from '../../engine/domain/session-calendar.ts';
import type { SessionDate } from '../../engine/domain/units.ts';

/** The session after the date that was asked about last: it is asked on every look at the clock. */
let lastAsked: { readonly date: SessionDate; readonly next: SessionDate } | undefined;

/** True when the session after this one is an ex-dividend day. */
export function isExDividendEve(date: SessionDate, exDividendDates: readonly string[]): boolean {
  if (lastAsked?.date !== date) lastAsked = { date, next: nextSessionDate(date) };
  return exDividendDates.includes(lastAsked.next);
}

/** True when the list says nothing about any day from this one on: it has run out. */
export function hasRunOut(date: SessionDate, exDividendDates: readonly string[]): boolean {
  return exDividendDates.every((known) => known < date);
}
