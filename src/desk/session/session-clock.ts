/** Which session a market time belongs to. */
import { assert } from '../../engine/domain/assert.ts';
import {
  newYorkDate,
  newYorkInstant,
  nextSessionDate,
  type OptionHours,
  type SessionTimes,
  sessionOnOrAfter,
  sessionTimes,
} from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';

/** Shorts can be assigned until about 17:30 ET; after that the day is over for good. */
const DAY_OVER_MINUTES = 17 * 60 + 30;

const MIDNIGHT_MINUTES = 24 * 60;

/** Times of one day on one side of its end: all of them belong to one session. */
interface Stretch {
  readonly from: EpochMicros;
  readonly until: EpochMicros;
  readonly minutesAfterMark: number;
  readonly session: SessionTimes;
}

/** It is asked on every look at the clock, and the looks of hours are of one stretch. */
let lastStretch: Stretch | undefined;

/** The session that market time belongs to: today's until the assignment window is over. */
export function sessionFor(market: EpochMicros, hours: OptionHours): SessionTimes {
  const last = lastStretch;
  const isKnown =
    last !== undefined &&
    market >= last.from &&
    market < last.until &&
    hours.minutesAfterMark === last.minutesAfterMark;
  if (isKnown) return last.session;
  lastStretch = stretchAt(market, hours);
  return lastStretch.session;
}

function stretchAt(market: EpochMicros, hours: OptionHours): Stretch {
  const { minutesAfterMark } = hours;
  const today = newYorkDate(market);
  const times = sessionTimes(today, hours);
  const overAt = newYorkInstant(today, DAY_OVER_MINUTES);
  const over = market >= overAt;
  const date = times !== undefined && !over ? today : followingSession(today, times);
  const session = sessionTimes(date, hours);
  assert(session !== undefined, 'a session date has session times');
  const from = over ? overAt : newYorkInstant(today, 0);
  const until = over ? newYorkInstant(today, MIDNIGHT_MINUTES) : overAt;
  return { from, until, minutesAfterMark, session };
}

function followingSession(today: SessionDate, times: SessionTimes | undefined): SessionDate {
  return times === undefined ? sessionOnOrAfter(today) : nextSessionDate(today);
}
