/** How busy a seeded day is: the path of its volatility, and its jumps. */
import type { SessionDate } from '../../engine/domain/units.ts';
import type { DayGrid } from './day-grid.ts';
import { STEPS_PER_MINUTE } from './day-grid.ts';
import { HOLD_END_MINUTES } from './morning-script.ts';
import { RandomStream } from './prng.ts';

/** The standard deviation, over days, of the log of the day's volatility level. */
const LEVEL_DEVIATION = 0.04;
const DRIFT_DEVIATION = 0.008;
const DRIFT_DECAY_MINUTES = 45;
const JUMPS_PER_DAY = 1.5;
const JUMP_MIN_BASIS_POINTS = 7;
const JUMP_MAX_BASIS_POINTS = 18;
const JUMP_SHOCK = 0.2;
const JUMP_DECAY_MINUTES = 12;
/** No jump in the last minutes: nobody would be quoted through it. */
const QUIET_END_MINUTES = 5;

/** The activity of one day. */
export interface SessionActivity {
  /** Volatility over an average day's, by minute of the grid, but for what its jumps add. */
  readonly volFactors: Float64Array;
  /** Jumps of the price in basis points, by step. */
  readonly jumps: ReadonlyMap<number, number>;
}

/** The volatility level of a date over an average day's, as its activity begins with it. */
export function volatilityLevel(seed: number, date: SessionDate): number {
  return Math.exp(drawLevel(new RandomStream(seed, date, 'activity')));
}

function drawLevel(random: RandomStream): number {
  return LEVEL_DEVIATION * random.normal();
}

/** Draws the day's activity. */
export function drawActivity(seed: number, grid: DayGrid): SessionActivity {
  const random = new RandomStream(seed, grid.times.date, 'activity');
  const level = drawLevel(random);
  const jumps = drawJumps(random, grid);
  const volFactors = new Float64Array(Math.ceil(grid.steps / STEPS_PER_MINUTE));
  let drift = 0;
  for (let minute = 0; minute < volFactors.length; minute += 1) {
    drift += -drift / DRIFT_DECAY_MINUTES + DRIFT_DEVIATION * random.normal();
    volFactors[minute] = Math.exp(level + drift);
  }
  return { volFactors, jumps };
}

/** What jumps add to the log of the volatility at a step: nothing before they come. */
export function shockAt(jumpSteps: Iterable<number>, step: number): number {
  let shock = 0;
  for (const jump of jumpSteps) {
    const minutes = (step - jump) / STEPS_PER_MINUTE;
    if (minutes >= 0) shock += JUMP_SHOCK * Math.exp(-minutes / JUMP_DECAY_MINUTES);
  }
  return shock;
}

function drawJumps(random: RandomStream, grid: DayGrid): Map<number, number> {
  const jumps = new Map<number, number>();
  const from = grid.openStep + HOLD_END_MINUTES * STEPS_PER_MINUTE;
  const to = grid.closeStep - QUIET_END_MINUTES * STEPS_PER_MINUTE;
  let count = 0;
  for (let left = Math.exp(-JUMPS_PER_DAY), draw = random.uniform(); draw > left; count += 1) {
    draw *= random.uniform();
  }
  for (let i = 0; i < count; i += 1) {
    const size = random.between(JUMP_MIN_BASIS_POINTS, JUMP_MAX_BASIS_POINTS);
    jumps.set(random.wholeBetween(from, to), random.uniform() < 0.5 ? size : -size);
  }
  return jumps;
}
