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

/** The session that market time belongs to: today's until the assignment window is over. */
export function sessionFor(market: EpochMicros, hours: OptionHours): SessionTimes {
  const today = newYorkDate(market);
  const times = sessionTimes(today, hours);
  const over = market >= newYorkInstant(today, DAY_OVER_MINUTES);
  const date = times !== undefined && !over ? today : followingSession(today, times);
  const session = sessionTimes(date, hours);
  assert(session !== undefined, 'a session date has session times');
  return session;
}

function followingSession(today: SessionDate, times: SessionTimes | undefined): SessionDate {
  return times === undefined ? sessionOnOrAfter(today) : nextSessionDate(today);
}
