import type { At } from '../domain/clock.ts';
import type { SessionTimes } from '../domain/session-calendar.ts';
import { MICROS_PER_MILLI } from '../domain/units.ts';
import type { FeedType } from './feed-subscription.ts';
import { FEED_TYPES } from './feed-subscription.ts';

/**
 * Longest silence of a whole stream, over all its symbols, that is ordinary while the market is
 * open. Greeks come in slow batches and a summary may stay the same all day: those are not judged.
 */
export const STREAM_LIMIT_MILLIS: Readonly<Record<FeedType, number | undefined>> = {
  Quote: 10_000,
  Trade: 60_000,
  Greeks: undefined,
  Summary: undefined,
  TimeAndSale: 60_000,
  Candle: 130_000,
};

/** How old the newest event of a stream is. */
export interface StreamAge {
  readonly stream: FeedType;
  /** Wall time since its newest event; undefined where none came yet. */
  readonly ageMillis: number | undefined;
  readonly limitMillis: number | undefined;
  /** True where the stream is silent beyond its limit although the market is open. */
  readonly isStale: boolean;
}

/**
 * Data age of each stream. A socket can stay alive, keepalives included, while its data has
 * stopped; and outside the session silence is no fault. So each stream is judged by itself, and
 * only after the session has been open for as long as the stream may be silent.
 */
export class FeedWatchdog {
  private readonly heardAt = new Map<FeedType, number>();

  /** Notes an event of a stream at wall time. */
  heard(stream: FeedType, wallMicros: number): void {
    this.heardAt.set(stream, wallMicros);
  }

  /** The age of each wanted stream. `session` is undefined where no session is today. */
  ages(
    wanted: ReadonlySet<FeedType>,
    at: At,
    session: SessionTimes | undefined,
  ): readonly StreamAge[] {
    return FEED_TYPES.filter((stream) => wanted.has(stream)).map((stream) => {
      const heardAt = this.heardAt.get(stream);
      const ageMillis = heardAt === undefined ? undefined : (at.wall - heardAt) / MICROS_PER_MILLI;
      const limitMillis = STREAM_LIMIT_MILLIS[stream];
      const isSilent =
        limitMillis !== undefined && (ageMillis === undefined || ageMillis > limitMillis);
      const isStale = isSilent && hasBeenOpenFor(limitMillis, at, session);
      return { stream, ageMillis, limitMillis, isStale };
    });
  }
}

function hasBeenOpenFor(millis: number, at: At, session: SessionTimes | undefined): boolean {
  if (session === undefined) return false;
  const judgedFrom = session.open + millis * MICROS_PER_MILLI;
  return at.market >= judgedFrom && at.market < session.exerciseMark;
}
