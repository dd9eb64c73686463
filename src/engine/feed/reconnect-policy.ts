import { type BackoffBounds, backoffMillis } from '../../ops/backoff.ts';
import { MICROS_PER_SECOND } from '../domain/units.ts';
import { type LocalErrorClass, REMEDIES, type ServerErrorClass } from './error-classes.ts';

/** Waits between attempts to connect. */
export const RECONNECT_BOUNDS: BackoffBounds = { firstMillis: 1_000, mostMillis: 60_000 };
/** Waits while other sessions of the account hold the feed. */
export const SESSION_LIMIT_BOUNDS: BackoffBounds = { firstMillis: 60_000, mostMillis: 300_000 };
/** A connection that was open this long starts the waits anew when it breaks. */
export const STABLE_AFTER_MICROS = 60 * MICROS_PER_SECOND;

/** The waits behind an error of this class. */
export function boundsOf(errorClass: ServerErrorClass | LocalErrorClass): BackoffBounds {
  return REMEDIES[errorClass] === 'slowReconnect' ? SESSION_LIMIT_BOUNDS : RECONNECT_BOUNDS;
}

/** How long to wait before the next attempt to connect. Times are wall microseconds. */
export class ReconnectPolicy {
  private readonly jitter: () => number;
  private attempts = 0;
  private openSince: number | undefined;

  constructor(jitter: () => number) {
    this.jitter = jitter;
  }

  /** The connection is open; said again while it stays so, the first time counts. */
  opened(wallMicros: number): void {
    this.openSince ??= wallMicros;
  }

  /** The attempt or the connection failed: milliseconds to wait before the next one. */
  failed(bounds: BackoffBounds, wallMicros: number): number {
    const { openSince } = this;
    const wasStable = openSince !== undefined && wallMicros - openSince >= STABLE_AFTER_MICROS;
    if (wasStable) this.attempts = 0;
    this.openSince = undefined;
    const waitMillis = backoffMillis(this.attempts, bounds, this.jitter());
    this.attempts += 1;
    return waitMillis;
  }

  /** This side gives the connection up: the wait before the next one. The server refused nothing, so
   * that no attempt has failed, and one that was open has ended those before it. */
  givenUp(): number {
    if (this.openSince !== undefined) this.attempts = 0;
    this.openSince = undefined;
    return backoffMillis(0, RECONNECT_BOUNDS, this.jitter());
  }
}
