/**
 * How often one account may ask its broker. Reads take their turn and leave room; what changes an
 * order never waits. Pure: time is an argument.
 */

import type { EpochMicros } from '../engine/domain/units.ts';
import { addMicros, MICROS_PER_SECOND } from '../engine/domain/units.ts';
import type { RateLimit } from '../ops/rate-limiter.ts';
import { RateLimiter } from '../ops/rate-limiter.ts';

/** The broker's ceilings as far as this engine uses them. */
export interface PaceLimits {
  /** All requests of the account. */
  readonly all: RateLimit;
  /** Of `all`, what reads leave for cancels and exits at any moment. */
  readonly keptForOrders: number;
  /** Of `all`, what openings leave for cancels and exits. */
  readonly keptForExits: number;
  /** Ceilings of single endpoints, by a name that the adapter gives them. */
  readonly endpoints: Readonly<Record<string, RateLimit>>;
}

const FIRST_REST_SECONDS = 2;
const MOST_REST_SECONDS = 60;

/** One account's; core thread only. */
export class RequestPacer {
  readonly #limits: PaceLimits;
  readonly #all: RateLimiter;
  readonly #endpoints = new Map<string, RateLimiter>();
  #refusedInARow = 0;
  #restsUntil = 0;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
    this.#all = new RateLimiter(limits.all);
    for (const [name, limit] of Object.entries(limits.endpoints)) {
      this.#endpoints.set(name, new RateLimiter(limit));
    }
  }

  /** Takes the turn of a read. False = not now; nothing is taken then. */
  takeRead(endpoint: string, wall: EpochMicros): boolean {
    if (wall < this.#restsUntil) return false;
    if (this.#all.room(wall) <= this.#limits.keptForOrders) return false;
    const own = this.#endpoints.get(endpoint);
    if (own !== undefined && !own.take(1, wall)) return false;
    return this.#all.take(1, wall);
  }

  /** Takes the turn of an opening, or of a change to one. False = the room left is for exits. */
  takeOpening(wall: EpochMicros): boolean {
    if (this.#all.room(wall) <= this.#limits.keptForExits) return false;
    return this.#all.take(1, wall);
  }

  /** Counts a cancel or an exit: it goes whatever the count says. */
  noteExit(wall: EpochMicros): void {
    this.#all.take(1, wall);
  }

  /** The broker said that it was asked too often: reads rest, longer each time. */
  onRefused(wall: EpochMicros): void {
    const seconds = Math.min(MOST_REST_SECONDS, FIRST_REST_SECONDS * 2 ** this.#refusedInARow);
    this.#refusedInARow += 1;
    this.#restsUntil = addMicros(wall, seconds * MICROS_PER_SECOND);
  }

  onAnswered(): void {
    this.#refusedInARow = 0;
  }
}
