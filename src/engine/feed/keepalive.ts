import { MICROS_PER_SECOND } from '../domain/units.ts';
import { KEEPALIVE_TIMEOUT_SECONDS } from './client-messages.ts';

/** Longest silence of this client. */
export const KEEPALIVE_EVERY_MICROS = 25 * MICROS_PER_SECOND;
/** Bounds of the silence of a server that is borne, whatever it announces. */
const MIN_SILENCE_SECONDS = 10;
const MAX_SILENCE_SECONDS = 120;

/** What the server says about silence in its SETUP, in seconds. */
export interface KeepaliveTerms {
  readonly keepaliveSeconds: number | undefined;
  readonly acceptKeepaliveSeconds: number | undefined;
}

/**
 * Both directions of liveness on one socket, in wall microseconds: when this client has to send
 * something, and when a server from which no frame of any kind came has to be taken for dead.
 */
export class Keepalive {
  private lastSent = 0;
  private lastReceived = 0;
  private everyMicros = KEEPALIVE_EVERY_MICROS;
  private silenceMicros = KEEPALIVE_TIMEOUT_SECONDS * MICROS_PER_SECOND;

  /** A new socket is open: nothing is agreed yet. */
  connected(wallMicros: number): void {
    this.lastSent = wallMicros;
    this.lastReceived = wallMicros;
    this.everyMicros = KEEPALIVE_EVERY_MICROS;
    this.silenceMicros = KEEPALIVE_TIMEOUT_SECONDS * MICROS_PER_SECOND;
  }

  /** Takes the server's terms: its own longest silence, and half of what it asks of this client. */
  agree({ keepaliveSeconds, acceptKeepaliveSeconds }: KeepaliveTerms): void {
    const silence = keepaliveSeconds ?? KEEPALIVE_TIMEOUT_SECONDS;
    const bounded = Math.min(MAX_SILENCE_SECONDS, Math.max(MIN_SILENCE_SECONDS, silence));
    this.silenceMicros = bounded * MICROS_PER_SECOND;
    const asked = Math.max(2, acceptKeepaliveSeconds ?? KEEPALIVE_TIMEOUT_SECONDS);
    this.everyMicros = Math.min(KEEPALIVE_EVERY_MICROS, (asked / 2) * MICROS_PER_SECOND);
  }

  sent(wallMicros: number): void {
    this.lastSent = wallMicros;
  }

  received(wallMicros: number): void {
    this.lastReceived = wallMicros;
  }

  /** When the next frame has to go out. */
  get sendBy(): number {
    return this.lastSent + this.everyMicros;
  }

  /** When the server counts as dead. */
  get deadAt(): number {
    return this.lastReceived + this.silenceMicros;
  }
}
