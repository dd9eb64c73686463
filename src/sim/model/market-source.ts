/** Where a session's path comes from: the seed, or a file of real bars. */
import {
  newYorkDate,
  newYorkInstant,
  nextSessionDate,
  sessionKind,
} from '../../engine/domain/session-calendar.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { addMicros } from '../../engine/domain/units.ts';
import type { FileSession } from './bars-file.ts';
import { readBarsFile } from './bars-file.ts';
import { barsPath } from './bars-path.ts';
import { seededPath } from './seeded-path.ts';
import type { SpotPath } from './spot-path.ts';

/** Gives the path of any trading date, the same one each time it is asked. */
export interface MarketSource {
  pathOf(date: SessionDate): SpotPath;
}

const MICROS_PER_DAY = 86_400_000_000;
const NOON_MINUTES = 720;
/** A stored session that ends before this minute of the day was a half day. */
const HALF_DAY_END_MINUTES = 785;
const FURTHEST_SESSIONS = 2_000;

/** The trading date before another. */
export function previousSessionDate(date: SessionDate): SessionDate {
  let day = date;
  do {
    day = newYorkDate(addMicros(newYorkInstant(day, NOON_MINUTES), -MICROS_PER_DAY));
  } while (sessionKind(day) === 'closed');
  return day;
}

/** Paths from a seed. */
export function seededSource(seed: number): MarketSource {
  return { pathOf: (date) => seededPath(seed, date) };
}

/**
 * Paths from a file of bars. The first simulated session takes the stored session of its own date,
 * or else the first stored after it, or else the first of the file; each session after it takes the
 * next stored one, and after the last the first again. Half days take half days where there are
 * any, full days full ones. Throws DeltaringError CONFIG_INVALID when the file cannot be used.
 */
export function barsSource(seed: number, path: string, firstSession: SessionDate): MarketSource {
  const stored = readBarsFile(path);
  const halves = stored.filter(isHalfDay);
  const fulls = stored.filter((session) => !isHalfDay(session));
  const pick = (date: SessionDate): FileSession => {
    const sameKind = sessionKind(date) === 'half' ? halves : fulls;
    const candidates = sameKind.length > 0 ? sameKind : stored;
    const count = candidates.length;
    const index = startIndex(candidates, firstSession) + sessionsBetween(firstSession, date);
    const session = candidates[((index % count) + count) % count];
    if (session === undefined) throw new RangeError(`no stored session for ${date}`);
    return session;
  };
  return { pathOf: (date) => barsPath(seed, date, pick(date)) };
}

function isHalfDay(session: FileSession): boolean {
  return (session.bars.at(-1)?.minute ?? 0) < HALF_DAY_END_MINUTES;
}

function startIndex(stored: readonly FileSession[], date: SessionDate): number {
  const index = stored.findIndex((session) => session.date !== undefined && session.date >= date);
  return Math.max(0, index);
}

/** Trading sessions from one date to another; -1 for the session just before. */
function sessionsBetween(from: SessionDate, to: SessionDate): number {
  if (to < from) return -1;
  let count = 0;
  for (let date = from; date < to && count < FURTHEST_SESSIONS; count += 1) {
    date = nextSessionDate(date);
  }
  return count;
}
