/**
 * Time. Two clocks stand on every input: `market` is the session's time (the exchange's clock, or
 * the simulator's), `wall` is this machine's. They are equal unless a simulator drives the market.
 * Sessions, expiry and stop windows go by `market`; data age, token life and rate limits by `wall`.
 */

import { uptime } from 'node:os';
import type { EpochMicros } from './units.ts';
import { addMicros, epochMicrosFromMillis, MICROS_PER_MILLI, MILLIS_PER_SECOND } from './units.ts';

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
  /** How far the market's time is known to be ahead of what it should be, milliseconds; left out where it
   * cannot be. */
  aheadMillis?(): number;
}

/** Further apart the time of day and the engine's clock are only where the machine slept, which stops the
 * steady clock of Linux (clock_gettime, CLOCK_MONOTONIC), or where somebody set the time of day. */
const STEP_MILLIS = 500;
/** A step ahead that no sleep explains is taken once it has stood for so long: one that is taken back at once
 * must not leave the engine ahead of the market. */
const STANDS_MILLIS = 5_000;
/** Where the time of day was set back the clock runs slower by one part of so many, until they meet. */
const SLOWER_PARTS = 10;

/** What a machine tells of time, in milliseconds. */
export interface MachineTime {
  /** Nobody sets it, and it may stand still while the machine sleeps. Began as the time of day. */
  steady(): number;
  /** Since the epoch, as it is set. */
  timeOfDay(): number;
  /** Since the machine was started, sleep included. Asked only where the time of day steps. */
  uptime(): number;
}

/**
 * A clock that never steps back. After a sleep it is at the time of day at once, any other step ahead it takes
 * once that has stood for seconds, and where the time of day is behind it runs slower until they meet: a time
 * of day that was wrong for a while, at the start too, is not kept for the whole run. Each thread has its own.
 */
export class MachineClock {
  readonly #machine: MachineTime;
  /** From the steady clock to this one. */
  #offset = 0;
  /** By how much the uptime was ahead of the steady clock when it was asked last. */
  #uptimeAhead: number;
  /** Steady time since which the time of day has been ahead by a step; the step of the last look, and the
   * least of those since. */
  #aheadSince: number | undefined;
  #lastStep = 0;
  #leastStep = 0;
  /** Steady time of the last look, where the time of day was behind. */
  #slowerAt: number | undefined;

  constructor(machine: MachineTime) {
    this.#machine = machine;
    this.#uptimeAhead = machine.uptime() - machine.steady();
  }

  /** The time, milliseconds since the epoch. */
  millis(): number {
    const steady = this.#machine.steady();
    const step = this.#machine.timeOfDay() - steady - this.#offset;
    if (step >= STEP_MILLIS) this.#follow(step, steady);
    else if (this.#aheadSince !== undefined) this.#forgetStep();
    if (step <= -STEP_MILLIS) this.#runSlower(-step, steady);
    else this.#slowerAt = undefined;
    return steady + this.#offset;
  }

  /** How far this clock is ahead of the time of day; below 0 where it is behind. */
  aheadMillis(): number {
    return this.millis() - this.#machine.timeOfDay();
  }

  #follow(wholeStep: number, steady: number): void {
    const isNew = wholeStep - this.#lastStep >= STEP_MILLIS;
    const slept = isNew ? Math.min(wholeStep, this.#sleptMillis(steady)) : 0;
    const step = wholeStep - slept;
    this.#offset += slept;
    if (step < STEP_MILLIS) {
      this.#forgetStep();
      return;
    }
    this.#leastStep = this.#aheadSince === undefined ? step : Math.min(step, this.#leastStep);
    this.#aheadSince ??= steady;
    this.#lastStep = step;
    if (steady - this.#aheadSince < STANDS_MILLIS) return;
    this.#offset += this.#leastStep;
    this.#forgetStep();
  }

  #forgetStep(): void {
    this.#aheadSince = undefined;
    this.#lastStep = 0;
  }

  /** How long the machine slept since this was asked last. */
  #sleptMillis(steady: number): number {
    const before = this.#uptimeAhead;
    this.#uptimeAhead = this.#machine.uptime() - steady;
    return Math.max(0, this.#uptimeAhead - before);
  }

  #runSlower(aheadMillis: number, steady: number): void {
    const passed = Math.max(0, steady - (this.#slowerAt ?? steady));
    this.#slowerAt = steady;
    this.#offset -= Math.min(aheadMillis, passed / SLOWER_PARTS);
  }
}

/** A machine that does not tell it has not slept: its steps have to stand. */
function uptimeMillis(): number {
  try {
    return uptime() * MILLIS_PER_SECOND;
  } catch {
    return 0;
  }
}

const thisMachine = new MachineClock({
  steady: () => performance.timeOrigin + performance.now(),
  timeOfDay: () => Date.now(),
  uptime: uptimeMillis,
});

/** This machine's clock: it never steps back, and comes to the time of day where that was set. */
export function wallMicros(): EpochMicros {
  return epochMicrosFromMillis(thisMachine.millis());
}

/** How far that is ahead of the time of day, milliseconds. */
export function clockAheadMillis(): number {
  return thisMachine.aheadMillis();
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
  aheadMillis: clockAheadMillis,
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
