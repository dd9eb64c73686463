import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  LISTING_RETRY_MILLIS,
  ListingRetry,
} from '../../../src/desk/threads/listing-retry-shell.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';

function stage() {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const asked: string[] = [];
  const day = { date: sessionDate('2026-11-20') };
  const retry = new ListingRetry(
    (date) => asked.push(date),
    () => day.date,
  );
  return { asked, day, retry };
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
    retry.onFailure();
    vi.advanceTimersByTime(LISTING_RETRY_MILLIS);
    expect(asked).toHaveLength(2);
  });

  it('is asked for as the new day’s, where that failed too while the clock of yesterday’s ran', () => {
    const { asked, day, retry } = stage();
    retry.onFailure();
    day.date = sessionDate('2026-11-23');
    retry.onFailure();
    vi.advanceTimersByTime(LISTING_RETRY_MILLIS);
    expect(asked).toEqual(['2026-11-23']);
  });
});
