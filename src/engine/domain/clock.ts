/**
 * Time. Two clocks stand on every input: `market` is the session's time (the exchange's clock, or
 * the simulator's), `wall` is this machine's. They are equal unless a simulator drives the market.
 * Sessions, expiry and stop windows go by `market`; data age, token life and rate limits by `wall`.
 */

import type { EpochMicros } from './units.ts';
import { addMicros, epochMicrosFromMillis, MICROS_PER_MILLI } from './units.ts';

export interface At {
  readonly market: EpochMicros;
  readonly wall: EpochMicros;
}

/** Both times in an object that is written again and again. Whoever is lent one reads it during the
 * call, and copies what is to be kept. */
export interface LentAt {
  market: EpochMicros;
  wall: EpochMicros;
}

/** Tells both times. The only thing in the engine that asks the machine what time it is. */
export interface Clock {
  now(): At;
  /** The same into an object at hand: reading the time allocates nothing. */
  readInto?(at: LentAt): void;
}

/** The time of day is this far ahead only where the machine slept, which stops the steady clock of
 * Linux (clock_gettime, CLOCK_MONOTONIC), or was set right. */
const SLEPT_MILLIS = 500;
/** What the steady clock has missed since the process began. Each thread finds it by itself. */
let missedMillis = 0;

/** This machine's clock: it never steps back, and follows the time of day where that steps ahead. */
export function wallMicros(): EpochMicros {
  const steady = performance.timeOrigin + performance.now() + missedMillis;
  const behind = Date.now() - steady;
  if (behind < SLEPT_MILLIS) return epochMicrosFromMillis(steady);
  missedMillis += behind;
  return epochMicrosFromMillis(steady + behind);
}

/** The same in milliseconds, for the lives and waits of a login. */
export function wallMillis(): number {
  return wallMicros() / MICROS_PER_MILLI;
}

/** The clock of a live market: both times are this machine's. */
export const systemClock: Clock = {
  now(): At {
    const wall = wallMicros();
    return { market: wall, wall };
  },
  readInto(at: LentAt): void {
    at.wall = wallMicros();
    at.market = at.wall;
  },
};

/**
 * How simulated market time runs: segments of virtual time, one a session, laid end to end in real
 * time. Plain data, so that every thread given the same value computes the same market time.
 */
export interface SimulatedTime {
  /** Wall time at which the first segment starts. */
  readonly wallStart: EpochMicros;
  /** Virtual seconds per real second, above 0. */
  readonly speed: number;
  /** Sessions in order: market time runs from `from` to `to`, then jumps to the next one's `from`. */
  readonly segments: readonly { readonly from: EpochMicros; readonly to: EpochMicros }[];
}

/** Market time at a wall time. Stands still at the end of the last segment. */
export function simulatedMarketTime(time: SimulatedTime, wall: EpochMicros): EpochMicros {
  let leftMicros = Math.max(0, (wall - time.wallStart) * time.speed);
  let last: EpochMicros | undefined;
  for (const segment of time.segments) {
    const length = segment.to - segment.from;
    if (leftMicros < length) return addMicros(segment.from, leftMicros);
    leftMicros -= length;
    last = segment.to;
  }
  return last ?? wall;
}

/** A clock whose market side runs by `time`. */
export function simulatedClock(time: SimulatedTime): Clock {
  return {
    now(): At {
      const wall = wallMicros();
      return { market: simulatedMarketTime(time, wall), wall };
    },
    readInto(at: LentAt): void {
      at.wall = wallMicros();
      at.market = simulatedMarketTime(time, at.wall);
    },
  };
}
