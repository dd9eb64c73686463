import type { EpochMicros } from '../engine/domain/units.ts';
import { addMicros } from '../engine/domain/units.ts';

/** What a limiter allows: `limit` units in any stretch of `windowMicros`. */
export interface RateLimit {
  readonly limit: number;
  readonly windowMicros: number;
}

interface Spent {
  readonly at: EpochMicros;
  units: number;
}

/**
 * An exact rolling window: never more than `limit` units in any stretch of `windowMicros`, wherever
 * the stretch begins. One thread's own. Time is an argument; a time before the last one seen counts
 * as the last one. Remembers at most `limit` moments.
 */
export class RateLimiter {
  private readonly limit: number;
  private readonly windowMicros: number;
  private spent: Spent[] = [];
  private first = 0;
  private used = 0;

  constructor(rate: RateLimit) {
    this.limit = rate.limit;
    this.windowMicros = rate.windowMicros;
  }

  /** Units that may be taken at once at `at`. */
  room(at: EpochMicros): number {
    this.forget(at);
    return this.limit - this.used;
  }

  /** Takes `units`, all or none. False where they do not fit; nothing is taken then. */
  take(units: number, at: EpochMicros): boolean {
    if (units > this.room(at)) return false;
    if (units <= 0) return true;
    const last = this.last();
    if (last !== undefined && last.at >= at) last.units += units;
    else this.spent.push({ at, units });
    this.used += units;
    return true;
  }

  /** The earliest moment from `at` on when `units` fit; undefined where they exceed the limit. */
  roomAt(units: number, at: EpochMicros): EpochMicros | undefined {
    if (units > this.limit) return undefined;
    let missing = units - this.room(at);
    if (missing <= 0) return at;
    for (let i = this.first; i < this.spent.length; i += 1) {
      const spent = this.spent[i];
      if (spent === undefined) break;
      missing -= spent.units;
      if (missing <= 0) return addMicros(spent.at, this.windowMicros);
    }
    return undefined;
  }

  private last(): Spent | undefined {
    return this.spent.length > this.first ? this.spent.at(-1) : undefined;
  }

  private forget(at: EpochMicros): void {
    let oldest = this.spent[this.first];
    while (oldest !== undefined && oldest.at + this.windowMicros <= at) {
      this.used -= oldest.units;
      this.first += 1;
      oldest = this.spent[this.first];
    }
    if (this.first * 2 > this.spent.length) {
      this.spent = this.spent.slice(this.first);
      this.first = 0;
    }
  }
}
