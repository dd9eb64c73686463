import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  LISTING_RETRY_MILLIS,
  ListingRetry,
  MOST_IN_SESSION_MILLIS,
} from '../../../src/desk/threads/listing-retry-shell.ts';
import { addMicros, type SessionDate, sessionDate } from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';

const FRIDAY = sessionDate('2026-11-20');
const MONDAY = sessionDate('2026-11-23');
const MINUTE = 60_000;

/** So many milliseconds behind the open of a Friday. */
function stage(sinceOpenMillis = 0) {
  vi.useFakeTimers({ now: 0 });
  onTestFinished(() => void vi.useRealTimers());
  const asked: string[] = [];
  const day: { date: SessionDate; isAway: boolean } = { date: FRIDAY, isAway: false };
  const now = () => addMicros(buildSession(FRIDAY).open, (sinceOpenMillis + Date.now()) * 1_000);
  const retry = new ListingRetry({
    clock: { now: () => ({ market: now(), wall: now() }) },
    speed: 1,
    session: () => buildSession(day.date),
    ask: (date) => {
      asked.push(date);
      if (day.isAway) retry.onFailure();
    },
  });
  /** How often it is asked for in so long, each time in vain. */
  const askedIn = (millis: number) => {
    const before = asked.length;
    vi.advanceTimersByTime(millis);
    return asked.length - before;
  };
  return { asked, askedIn, day, retry };
}

describe('a listing that failed', () => {
  it('is asked for again by one clock, however often it failed', () => {
    const { asked, retry } = stage();
    retry.onFailure();
    retry.onFailure();
    vi.advanceTimersByTime(LISTING_RETRY_MILLIS - 1);
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(LISTING_RETRY_MILLIS);
    expect(asked).toEqual(['2026-11-20']);
    retry.onListing();
    retry.onFailure();
    vi.advanceTimersByTime(LISTING_RETRY_MILLIS);
    expect(asked).toHaveLength(2);
  });

  it('is asked for as the new day’s, where that failed too while the clock of yesterday’s ran', () => {
    const { asked, day, retry } = stage();
    retry.onFailure();
    day.date = MONDAY;
    retry.onFailure();
    vi.advanceTimersByTime(LISTING_RETRY_MILLIS);
    expect(asked).toEqual(['2026-11-23']);
  });

  it('is asked for less and less often outside the session, and at the open', () => {
    const { askedIn, day, retry } = stage(-10 * MINUTE);
    day.isAway = true;
    retry.onFailure();
    expect(askedIn(MINUTE)).toBe(4);
    expect(askedIn(9 * MINUTE - 1)).toBe(9);
    expect(askedIn(1)).toBe(1);
  });

  it('is asked for every ten seconds at the least while the session is open', () => {
    const { askedIn, day, retry } = stage();
    day.isAway = true;
    retry.onFailure();
    expect(askedIn(14_000)).toBe(3);
    expect(askedIn(MINUTE)).toBe(MINUTE / MOST_IN_SESSION_MILLIS);
  });

  it('is asked for at once again on a new day, whatever failed before', () => {
    const { askedIn, day, retry } = stage(-600 * MINUTE);
    day.isAway = true;
    retry.onFailure();
    askedIn(60 * MINUTE);
    day.date = MONDAY;
    expect(askedIn(MINUTE)).toBe(5);
  });
});
