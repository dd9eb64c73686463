/** How simulated sessions follow each other. */

import { assert } from '../engine/domain/assert.ts';
import type { SimulatedTime } from '../engine/domain/clock.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import {
  newYorkInstant,
  nextSessionDate,
  type SessionTimes,
  sessionOnOrAfter,
  sessionTimes,
} from '../engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE } from '../engine/domain/units.ts';

/** Five years: an engine that runs on never comes to the end of its market. Of half days alone there are
 * three a year at most. */
const SESSIONS = { full: 1_300, half: 130 };
/** A session is entered five minutes before its open … */
const ENTRY_MINUTES = 9 * 60 + 25;
/** … and left a bit after shorts can no longer be assigned, an hour and a half after the mark. */
const AFTER_MARK_MINUTES = 95;
/** By how much the second half of a full day comes earlier on a half day. */
const HALF_DAY_SHIFT_MINUTES = 180;
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;

/** When a simulation starts and how fast it runs. */
export interface SimulationStart {
  /** The first session; where the market is closed that day, the next one. */
  readonly firstSession: SessionDate;
  /** Market time at the start, ET, `HH:MM`, of a full day: a time that lies behind the shares' close of a
   * half day is three hours earlier there. */
  readonly start: string;
  /** The first session is not entered before this minute of the day. */
  readonly notBefore?: number | undefined;
  /** Sessions of this kind alone; of both where none is named. */
  readonly kind?: SessionTimes['kind'] | undefined;
  /** Virtual seconds per real second. */
  readonly speed: number;
  readonly wallStart: EpochMicros;
}

/**
 * Years of sessions end to end: the first from `start`, the others from 09:25 ET, each until 17:35 ET
 * (14:35 on half days). Throws DeltaringError CONFIG_INVALID when the start is no time of day or
 * after the session's end, or the speed is not a positive number.
 */
export function simulatedTimeFor(simulation: SimulationStart): SimulatedTime {
  const { start, speed, wallStart, kind, notBefore = 0 } = simulation;
  if (!(speed > 0) || !Number.isFinite(speed)) {
    throw invalid(`SIM_SPEED must be a number above 0, not ${speed}`);
  }
  const segments: { from: EpochMicros; to: EpochMicros }[] = [];
  const sessions = SESSIONS[kind ?? 'full'];
  let date = sessionOnOrAfter(simulation.firstSession);
  for (; segments.length < sessions; date = nextSessionDate(date)) {
    const times = sessionTimes(date);
    assert(times !== undefined, 'a session date has session times');
    if (kind !== undefined && times.kind !== kind) continue;
    const isFirst = segments.length === 0;
    const entry = isFirst ? Math.max(startIn(times, start), notBefore) : ENTRY_MINUTES;
    const from = newYorkInstant(date, entry);
    const to = addMicros(times.exerciseMark, AFTER_MARK_MINUTES * MICROS_PER_MINUTE);
    if (from >= to)
      throw invalid(`SIM_START ${start} lies after the end of the session of ${date}`);
    segments.push({ from, to });
  }
  return { wallStart, speed, segments };
}

function startIn({ date, kind, exerciseMark }: SessionTimes, start: string): number {
  const minutes = minutesOf(start);
  const isGone = kind === 'half' && newYorkInstant(date, minutes) >= exerciseMark;
  return isGone ? minutes - HALF_DAY_SHIFT_MINUTES : minutes;
}

function minutesOf(clock: string): number {
  const [, hours, minutes] = CLOCK.exec(clock) ?? [];
  if (hours === undefined || minutes === undefined) {
    throw invalid(`SIM_START must be a time of the day as HH:MM in New York, not "${clock}"`);
  }
  return Number(hours) * 60 + Number(minutes);
}

function invalid(message: string): DeltaringError {
  return new DeltaringError('CONFIG_INVALID', `${message}.`);
}
