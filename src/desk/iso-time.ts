/** Market time as ISO 8601 text with New York's offset. */
import { newYorkDate, newYorkInstant } from '../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../engine/domain/units.ts';

const MICROS_PER_HOUR = 3_600_000_000;
const MICROS_PER_MILLI = 1_000;

/** `2026-11-20T10:30:00.123-05:00`. */
export function isoNewYork(at: EpochMicros): string {
  const date = newYorkDate(at);
  const utcMidnight = Date.parse(`${date}T00:00:00Z`) * MICROS_PER_MILLI;
  const noon = newYorkInstant(date, 12 * 60);
  const noonOffsetHours = Math.round((utcMidnight + 12 * MICROS_PER_HOUR - noon) / MICROS_PER_HOUR);
  const shifted = new Date((at + noonOffsetHours * MICROS_PER_HOUR) / MICROS_PER_MILLI);
  const hours = String(Math.abs(noonOffsetHours)).padStart(2, '0');
  const sign = noonOffsetHours < 0 ? '-' : '+';
  return `${shifted.toISOString().slice(0, 23)}${sign}${hours}:00`;
}
