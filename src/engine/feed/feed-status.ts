import type { EpochMicros } from '../domain/units.ts';
import type { FeedErrorClass } from './error-classes.ts';

/** `down` no connection and none under way · `connecting` token, socket and greeting ·
 * `authorizing` token shown, channels being opened · `open` data can flow. */
export type FeedState = 'down' | 'connecting' | 'authorizing' | 'open';

/** How the feed stands. Times are wall time. */
export interface FeedStatus {
  readonly state: FeedState;
  /** When this state began. */
  readonly since: EpochMicros;
  /** When the last frame of any kind came; undefined before the first. */
  readonly lastFrameAt: EpochMicros | undefined;
  /** Connections opened after the first one. */
  readonly reconnects: number;
  /** What went wrong so far, counted by class; a class that never occurred is absent. */
  readonly errors: Readonly<Partial<Record<FeedErrorClass, number>>>;
  /** Wanted subscriptions of which nothing has come although they were sent long enough ago, and
   * those that exceed a limit of the protocol and are not sent. */
  readonly missing: number;
  /** One sentence for a human; never holds the token. */
  readonly detail: string;
}
