/** Market time as ISO 8601 text with New York's offset. */
import { newYorkDate, newYorkInstant } from '../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import { MICROS_PER_HOUR, MICROS_PER_MILLI } from '../engine/domain/units.ts';

const MINUTES_PER_DAY = 24 * 60;

/** A day in New York and its offset at noon. */
interface Day {
  readonly from: EpochMicros;
  readonly until: EpochMicros;
  readonly offsetHours: number;
}

/** Most times that are told are of one day. */
let lastDay: Day | undefined;

function dayOf(at: EpochMicros): Day {
  if (lastDay !== undefined && at >= lastDay.from && at < lastDay.until) return lastDay;
  const date = newYorkDate(at);
  const utcNoon = Date.parse(`${date}T12:00:00Z`) * MICROS_PER_MILLI;
  const noon = newYorkInstant(date, MINUTES_PER_DAY / 2);
  lastDay = {
    from: newYorkInstant(date, 0),
    until: newYorkInstant(date, MINUTES_PER_DAY),
    offsetHours: Math.round((utcNoon - noon) / MICROS_PER_HOUR),
  };
  return lastDay;
}

/** `2026-11-20T10:30:00.123-05:00`. */
export function isoNewYork(at: EpochMicros): string {
  const { offsetHours } = dayOf(at);
  const shifted = new Date((at + offsetHours * MICROS_PER_HOUR) / MICROS_PER_MILLI);
  const hours = String(Math.abs(offsetHours)).padStart(2, '0');
  const sign = offsetHours < 0 ? '-' : '+';
  return `${shifted.toISOString().slice(0, 23)}${sign}${hours}:00`;
}
