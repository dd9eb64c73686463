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
 * only after both the session and the connection have been open for as long as the stream may be
 * silent. Times are wall microseconds.
 */
export class FeedWatchdog {
  /** By index into FEED_TYPES; NaN where nothing came. */
  private readonly heardAt = new Float64Array(FEED_TYPES.length).fill(NaN);
  private readonly liveAt = new Float64Array(FEED_TYPES.length).fill(NaN);
  private openedAt = 0;

  /** A new connection is open: its streams get their time to speak. */
  connectionOpened(wallMicros: number): void {
    this.openedAt = wallMicros;
  }

  /** What was live is to be proven anew. */
  connectionLost(): void {
    this.liveAt.fill(NaN);
  }

  /** Notes an event of a stream: the first of its subscription, which may be old. */
  heard(stream: FeedType, wallMicros: number): void {
    this.heardAt[FEED_TYPES.indexOf(stream)] = wallMicros;
  }

  /** Notes an event of a stream that is news. */
  live(stream: FeedType, wallMicros: number): void {
    const index = FEED_TYPES.indexOf(stream);
    this.heardAt[index] = wallMicros;
    this.liveAt[index] = wallMicros;
  }

  /** True once a stream has told news on this connection. */
  isLive(stream: FeedType): boolean {
    return !Number.isNaN(this.liveAt[FEED_TYPES.indexOf(stream)] ?? NaN);
  }

  /** The age of each wanted stream. `session` is undefined where no session is today. */
  ages(
    wanted: ReadonlySet<FeedType>,
    at: At,
    session: SessionTimes | undefined,
  ): readonly StreamAge[] {
    return FEED_TYPES.filter((stream) => wanted.has(stream)).map((stream) => {
      const heardAt = this.heardAt[FEED_TYPES.indexOf(stream)] ?? NaN;
      const isHeard = !Number.isNaN(heardAt);
      const ageMillis = isHeard ? (at.wall - heardAt) / MICROS_PER_MILLI : undefined;
      const limitMillis = STREAM_LIMIT_MILLIS[stream];
      const openMillis = (at.wall - this.openedAt) / MICROS_PER_MILLI;
      const isSilent =
        limitMillis !== undefined &&
        openMillis >= limitMillis &&
        (ageMillis === undefined || ageMillis > limitMillis);
      const isStale = isSilent && isJudged(stream, limitMillis, at, session);
      return { stream, ageMillis, limitMillis, isStale };
    });
  }
}

/** True while a stream has to speak: once the session has been open for as long as it may be silent.
 * Trades and bars are those of regular hours, quotes go on until the last trade of the options. */
function isJudged(
  stream: FeedType,
  limitMillis: number,
  at: At,
  session: SessionTimes | undefined,
): boolean {
  if (session === undefined) return false;
  const judgedFrom = session.open + limitMillis * MICROS_PER_MILLI;
  const judgedUntil = stream === 'Quote' ? session.lastTrade : session.exerciseMark;
  return at.market >= judgedFrom && at.market < judgedUntil;
}
