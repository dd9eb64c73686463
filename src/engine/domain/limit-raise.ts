/**
 * A raise of a hard limit: written into the configuration by a person, for a time, never by a tool.
 * As text: `MAX_TRADE_LOSS=1500 until 2026-11-27T16:00`, several separated by semicolons; New York
 * time.
 */
import { civilDateOf, dayNumberOf } from './civil-date.ts';
import { newYorkInstant } from './session-calendar.ts';
import { type EpochMicros, sessionDate } from './units.ts';

export interface LimitRaise {
  /** The setting that it raises. */
  readonly setting: string;
  /** In the unit of the setting. */
  readonly value: number;
  /** By the wall clock: from then on the limit is what it was. */
  readonly untilWall: EpochMicros;
  /** As it was written. */
  readonly text: string;
}

const RAISE =
  /^([A-Z][A-Z_]*)\s*=\s*(\d+(?:\.\d+)?)\s+until\s+(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):([0-5]\d)$/;

/** True for a day that the calendar has: 2026-02-30 is none. */
function isDay(date: string): boolean {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const back = civilDateOf(dayNumberOf(year, month, day));
  return back.year === year && back.month === month && back.day === day;
}

function parseRaise(text: string): LimitRaise | string {
  const [, setting = '', value, date = '', hours, minutes] = RAISE.exec(text) ?? [];
  if (setting === '' || !isDay(date)) {
    return `"${text}" must read as MAX_TRADE_LOSS=1500 until 2026-11-27T16:00, New York time`;
  }
  const ofDay = Number(hours) * 60 + Number(minutes);
  const untilWall = newYorkInstant(sessionDate(date), ofDay);
  return { setting, value: Number(value), untilWall, text };
}

/** The raises that a setting holds, and a sentence for each that cannot be read. */
export function parseLimitRaises(setting: string): {
  readonly raises: readonly LimitRaise[];
  readonly faults: readonly string[];
} {
  const parts = setting.split(';').map((part) => part.trim());
  const read = parts.filter((part) => part !== '').map(parseRaise);
  return {
    raises: read.filter((raise) => typeof raise !== 'string'),
    faults: read.filter((fault) => typeof fault === 'string'),
  };
}
