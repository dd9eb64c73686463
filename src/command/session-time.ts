/** Which simulated session to run, and from when: it always follows the last one in the journal. */
import type { Config } from '../config.ts';
import type { LastRun } from '../desk/journal-summary.ts';
import { type SimulatedTime, wallMicros } from '../engine/domain/clock.ts';
import {
  newYorkDate,
  nextSessionDate,
  type SessionTimes,
  sessionOnOrAfter,
} from '../engine/domain/session-calendar.ts';
import { epochMicros, sessionDate } from '../engine/domain/units.ts';
import { simulatedTimeFor } from '../sim/sim-session-times.ts';

/** The next session begins this long after what the last run saw, when it continues a session. */
const RESUME_AFTER_MICROS = 1_000;

/** In which sessions a recorded market can be played. */
export interface PlayedSessions {
  readonly kind: SessionTimes['kind'];
  /** The first minute of the day in which there is something to play. */
  readonly firstMinute: number;
}

/** Minutes of the day as HH:MM. */
export function clockText(minutes: number): string {
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0');
  return `${hours}:${String(Math.floor(minutes % 60)).padStart(2, '0')}`;
}

/**
 * A run that ended in order and flat is followed by the next session, from SIM_START. Any other run
 * left something behind: its session goes on at the very time it stopped, unless what is played cannot
 * be played in it.
 */
export function simulatedTimeOf(
  config: Pick<Config, 'SIM_START' | 'SIM_SPEED'>,
  last: LastRun,
  played?: PlayedSessions,
): SimulatedTime {
  const wallStart = wallMicros();
  const common = { speed: config.SIM_SPEED, wallStart, kind: played?.kind };
  const entry = { start: clockText(config.SIM_START), notBefore: played?.firstMinute };
  if (last.lastSession === undefined || last.lastMarket === undefined) {
    const firstSession = sessionOnOrAfter(newYorkDate(wallStart));
    return simulatedTimeFor({ ...common, ...entry, firstSession });
  }
  const lastDate = sessionDate(last.lastSession);
  if (last.endedFlat) {
    return simulatedTimeFor({ ...common, ...entry, firstSession: nextSessionDate(lastDate) });
  }
  const time = simulatedTimeFor({ ...common, start: '09:25', firstSession: lastDate });
  const after = epochMicros(last.lastMarket + RESUME_AFTER_MICROS);
  const [first, ...rest] = time.segments;
  // A session begins on the evening before its date, which no simulation runs through.
  const isEvening = first !== undefined && newYorkDate(after) < newYorkDate(first.from);
  const from = isEvening ? first.from : after;
  if (first === undefined || from >= first.to) return { ...time, segments: rest };
  return { ...time, segments: [{ from, to: first.to }, ...rest] };
}
