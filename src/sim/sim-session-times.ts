/** How simulated sessions follow each other. */
import type { SimulatedTime } from '../engine/domain/clock.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import {
  newYorkInstant,
  nextSessionDate,
  sessionOnOrAfter,
  sessionTimes,
} from '../engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE } from '../engine/domain/units.ts';

/** Five years: an engine that runs on never comes to the end of its market. */
const SESSIONS = 1_300;
/** A session is entered five minutes before its open … */
const ENTRY_MINUTES = 9 * 60 + 25;
/** … and left a bit after shorts can no longer be assigned, an hour and a half after the mark. */
const AFTER_MARK_MINUTES = 95;
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;

/** When a simulation starts and how fast it runs. */
export interface SimulationStart {
  /** The first session; where the market is closed that day, the next one. */
  readonly firstSession: SessionDate;
  /** Market time at the start, ET, `HH:MM`. */
  readonly start: string;
  /** Virtual seconds per real second. */
  readonly speed: number;
  readonly wallStart: EpochMicros;
}

/**
 * Five years of sessions end to end: the first from `start`, the others from 09:25 ET, each until
 * 17:35 ET (14:35 on half days). Throws DeltaringError CONFIG_INVALID when the start is no time of day or
 * after the session's end, or the speed is not a positive number.
 */
export function simulatedTimeFor(simulation: SimulationStart): SimulatedTime {
  const { start, speed, wallStart } = simulation;
  if (!(speed > 0) || !Number.isFinite(speed)) {
    throw invalid(`SIM_SPEED must be a number above 0, not ${speed}`);
  }
  const segments: { from: EpochMicros; to: EpochMicros }[] = [];
  let date = sessionOnOrAfter(simulation.firstSession);
  for (let session = 0; session < SESSIONS; session += 1) {
    const from = newYorkInstant(date, session === 0 ? minutesOf(start) : ENTRY_MINUTES);
    const to = endOf(date);
    if (from >= to)
      throw invalid(`SIM_START ${start} lies after the end of the session of ${date}`);
    segments.push({ from, to });
    date = nextSessionDate(date);
  }
  return { wallStart, speed, segments };
}

function endOf(date: SessionDate): EpochMicros {
  const times = sessionTimes(date);
  if (times === undefined) throw new RangeError(`the market is closed on ${date}`);
  return addMicros(times.exerciseMark, AFTER_MARK_MINUTES * MICROS_PER_MINUTE);
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
