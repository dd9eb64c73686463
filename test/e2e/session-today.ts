import { wallMicros } from '../../src/engine/domain/clock.ts';
import {
  newYorkDate,
  sessionKind,
  sessionOnOrAfter,
} from '../../src/engine/domain/session-calendar.ts';

const EARLIER_HOURS = 3;

/** The session that a simulated engine of a new home starts in. */
export const sessionToday = sessionOnOrAfter(newYorkDate(wallMicros()));

/** A time of a full day as `HH:MM`, three hours earlier where today's session is a half day. */
export function clockToday(fullDay: string): string {
  if (sessionKind(sessionToday) !== 'half') return fullDay;
  const [hours = '', minutes = ''] = fullDay.split(':');
  return `${String(Number(hours) - EARLIER_HOURS).padStart(2, '0')}:${minutes}`;
}
