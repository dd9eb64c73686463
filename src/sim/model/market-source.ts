/** Where a session's path comes from: the seed, or a file of real bars. */
import { LRUMap } from '../../engine/domain/lru-map.ts';
import { nextSessionDate, sessionKind } from '../../engine/domain/session-calendar.ts';
import type { UnderlyingSpec } from '../../engine/domain/underlying.ts';
import { underlyingOf } from '../../engine/domain/underlying.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import type { FileSession } from './bars-file.ts';
import { readBarsFile } from './bars-file.ts';
import { barsPath } from './bars-path.ts';
import { seededPath } from './seeded-path.ts';
import { volatilityLevel } from './session-activity.ts';
import type { SpotPath } from './spot-path.ts';

/** Gives the path of any trading date, the same one each time it is asked. */
export interface MarketSource {
  /** The underlying that the paths are of. */
  readonly spec: UnderlyingSpec;
  pathOf(date: SessionDate): SpotPath;
  /** The volatility of a date over an average day's, without drawing its path; undefined where the
   * source does not know it. */
  volatilityLevel(date: SessionDate): number | undefined;
}

const SPY = underlyingOf('SPY');
/** A stored session that ends before this minute of the day was a half day. */
const HALF_DAY_END_MINUTES = 785;
/** Dates further than this after a file all take the same of its sessions. */
const FURTHEST_SESSIONS = 20_000;
/** The newest paths from seeds: a session's day before is the session that was, and simulators of one
 * process often show the same day. Nobody changes a path. */
const MOST_PATHS = 4;
const seededPaths = new LRUMap<string, SpotPath>(MOST_PATHS);

/** Paths from a seed. */
export function seededSource(seed: number, spec: UnderlyingSpec = SPY): MarketSource {
  return {
    spec,
    pathOf: (date) => knownPath(seed, date, spec),
    volatilityLevel: (date) => volatilityLevel(seed, date),
  };
}

function knownPath(seed: number, date: SessionDate, spec: UnderlyingSpec): SpotPath {
  const name = `${seed} ${date} ${spec.symbol}`;
  const known = seededPaths.get(name);
  if (known !== undefined) return known;
  const path = seededPath(seed, date, spec);
  seededPaths.set(name, path);
  return path;
}

/**
 * Paths from a file of bars. A simulated session takes the stored session of its own date, or else
 * the next one stored after it; dates after the whole file go through it in order, again and again,
 * one stored session each. Which one that is depends on the date alone, so that a restart finds the
 * market it left. Half days take half days where there are any, full days full ones. Throws
 * DeltaringError CONFIG_INVALID when the file cannot be used.
 */
export function barsSource(seed: number, path: string, spec: UnderlyingSpec = SPY): MarketSource {
  const stored = readBarsFile(path);
  const halves = stored.filter(isHalfDay);
  const fulls = stored.filter((session) => !isHalfDay(session));
  const pick = (date: SessionDate): FileSession => {
    const sameKind = sessionKind(date) === 'half' ? halves : fulls;
    const candidates = sameKind.length > 0 ? sameKind : stored;
    const next = candidates.find((each) => each.date !== undefined && each.date >= date);
    const session =
      next ?? candidates[sessionsAfter(stored.at(-1)?.date, date) % candidates.length];
    if (session === undefined) throw new RangeError(`no stored session for ${date}`);
    return session;
  };
  return {
    spec,
    pathOf: (date) => barsPath(seed, date, pick(date), spec),
    volatilityLevel: () => undefined,
  };
}

function isHalfDay(session: FileSession): boolean {
  return (session.bars.at(-1)?.minute ?? 0) < HALF_DAY_END_MINUTES;
}

/** Trading sessions after one date and before another. */
function sessionsAfter(last: SessionDate | undefined, date: SessionDate): number {
  if (last === undefined) return 0;
  let count = 0;
  for (let day = nextSessionDate(last); day < date && count < FURTHEST_SESSIONS; count += 1) {
    day = nextSessionDate(day);
  }
  return count;
}
