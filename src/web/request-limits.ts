/** How many requests an address and a principal may make, and how many urgent ones beyond. */

import { wallMicros } from '../engine/domain/clock.ts';
import { LRUMap } from '../engine/domain/lru-map.ts';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../engine/domain/units.ts';
import type { RateLimit } from '../ops/rate-limiter.ts';
import { RateLimiter } from '../ops/rate-limiter.ts';
import type { HttpFault } from './http-reply.ts';

/** Addresses and principals remembered at a time; the longest silent one is forgotten. */
const MOST_KEYS = 4_096;
export const PRINCIPAL_REQUESTS_PER_HOUR = 1_000;
export const URGENT_CALLS_PER_MINUTE = 60;

/** One rolling window a key. Main thread only. */
export class RequestLimits {
  readonly #limit: RateLimit;
  readonly #whose: string;
  readonly #limiters = new LRUMap<string, RateLimiter>(MOST_KEYS);

  private constructor(limit: RateLimit, whose: string) {
    this.#limit = limit;
    this.#whose = whose;
  }

  /** So many requests a minute for each address. */
  static perAddress(requestsPerMinute: number): RequestLimits {
    const limit = { limit: requestsPerMinute, windowMicros: MICROS_PER_MINUTE };
    return new RequestLimits(limit, `${requestsPerMinute} requests a minute from one address`);
  }

  /** `PRINCIPAL_REQUESTS_PER_HOUR` for each principal. */
  static perPrincipal(): RequestLimits {
    const limit = { limit: PRINCIPAL_REQUESTS_PER_HOUR, windowMicros: 60 * MICROS_PER_MINUTE };
    return new RequestLimits(
      limit,
      `${PRINCIPAL_REQUESTS_PER_HOUR} requests an hour of one caller`,
    );
  }

  /** `URGENT_CALLS_PER_MINUTE` of each kind for each principal; to ask what a token stands for is one. */
  static perUrgentKind(): RequestLimits {
    const limit = { limit: URGENT_CALLS_PER_MINUTE, windowMicros: MICROS_PER_MINUTE };
    return new RequestLimits(limit, `${URGENT_CALLS_PER_MINUTE} calls of this kind a minute`);
  }

  /** Counts a request; the fault tells when to come back. */
  take(key: string): HttpFault | undefined {
    const at = wallMicros();
    const limiter = this.#limiters.get(key) ?? new RateLimiter(this.#limit);
    this.#limiters.set(key, limiter);
    if (limiter.take(1, at)) return undefined;
    const waitMicros = (limiter.roomAt(1, at) ?? at) - at;
    const seconds = Math.max(1, Math.ceil(waitMicros / MICROS_PER_SECOND));
    return {
      status: 429,
      code: 'RATE_LIMITED',
      message: `more than ${this.#whose}: try again in ${seconds} s`,
      headers: { 'Retry-After': String(seconds) },
    };
  }
}
