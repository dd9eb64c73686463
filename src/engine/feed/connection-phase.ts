import { MICROS_PER_SECOND } from '../domain/units.ts';
import type { FeedState } from './feed-status.ts';

/** Longest wait for a quote token. */
export const TOKEN_TIMEOUT_MICROS = 30 * MICROS_PER_SECOND;
/** Longest wait for the answer to one step of the handshake. */
export const STEP_TIMEOUT_MICROS = 10 * MICROS_PER_SECOND;
/** Longest handshake as a whole. */
export const HANDSHAKE_TIMEOUT_MICROS = 30 * MICROS_PER_SECOND;
/** A refused token is followed by a text that may give another reason: it is waited for. */
export const REASON_GRACE_MICROS = MICROS_PER_SECOND;

/**
 * Where a connection stands. `idle` not started · `backoff` waiting for the next attempt · `token`
 * asked for · `socket` being opened · `greeting` SETUP sent · `authorize` AUTH sent · `channels`
 * asked for · `open` quotes can come.
 */
export type ConnectionPhase =
  | 'idle'
  | 'backoff'
  | 'token'
  | 'socket'
  | 'greeting'
  | 'authorize'
  | 'channels'
  | 'open';

/** What the outside sees of each phase. */
export const STATE_OF: Readonly<Record<ConnectionPhase, FeedState>> = {
  idle: 'down',
  backoff: 'down',
  token: 'connecting',
  socket: 'connecting',
  greeting: 'connecting',
  authorize: 'authorizing',
  channels: 'authorizing',
  open: 'open',
};

/** True for the phases that wait for an answer, and are given up when none comes. */
export function isAnswerAwaited(phase: ConnectionPhase): boolean {
  return phase !== 'idle' && phase !== 'backoff' && phase !== 'open';
}

/** When the phase at hand ends by itself, in wall microseconds. */
export class PhaseTimer {
  private phaseEndsAt = 0;
  private handshakeEndsAt = 0;

  get endsAt(): number {
    return this.phaseEndsAt;
  }

  /** The phase is over at this time, whatever was begun before. */
  endAt(wallMicros: number): void {
    this.phaseEndsAt = wallMicros;
  }

  /** A handshake, or the reopening of a channel, begins with its first step. */
  handshakeBegins(wallMicros: number): void {
    this.handshakeEndsAt = wallMicros + HANDSHAKE_TIMEOUT_MICROS;
    this.stepBegins(wallMicros);
  }

  /** The next step of the handshake begins. */
  stepBegins(wallMicros: number): void {
    this.phaseEndsAt = Math.min(wallMicros + STEP_TIMEOUT_MICROS, this.handshakeEndsAt);
  }
}
