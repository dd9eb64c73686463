/** Shares traded: how a day's volume falls on its minutes, and a minute's on its steps. */
import type { DayGrid } from './day-grid.ts';
import { minutesSinceOpen, STEPS_PER_MINUTE } from './day-grid.ts';
import { RandomStream } from './prng.ts';
import type { SessionActivity } from './session-activity.ts';
import { shockAt } from './session-activity.ts';

const BASE_PER_MINUTE = 90_000;
const OPENING_BOOST = 4;
const OPENING_DECAY_MINUTES = 20;
const CLOSING_BOOST = 6;
const CLOSING_DECAY_MINUTES = 8;
const MINUTE_DEVIATION = 0.35;
const JUMP_BOOST = 4;
/** Outside regular hours one step in eight trades, in small sizes. */
const EXTENDED_PER_MINUTE = 2_400;
const EXTENDED_TRADE_CHANCE = 1 / 8;

/** How busy a moment of the session is: 1 at midday, more at both ends. */
export function busyness(sinceOpen: number, toClose: number): number {
  const opening = OPENING_BOOST * Math.exp(-sinceOpen / OPENING_DECAY_MINUTES);
  return 1 + opening + CLOSING_BOOST * Math.exp(-toClose / CLOSING_DECAY_MINUTES);
}

/** Volume of each minute of the grid on a seeded day. */
export function seededMinuteVolumes(
  seed: number,
  grid: DayGrid,
  activity: SessionActivity,
): Float64Array {
  const random = new RandomStream(seed, grid.times.date, 'volume');
  const minutes = new Float64Array(activity.volFactors.length);
  for (let minute = 0; minute < minutes.length; minute += 1) {
    const step = minute * STEPS_PER_MINUTE;
    const noise = Math.exp(MINUTE_DEVIATION * random.normal());
    const shock = shockAt(activity.jumps.keys(), step);
    const factor = (activity.volFactors[minute] ?? 1) * Math.exp(shock);
    const bursts = burstsOf(minute, activity.jumps.keys());
    const burst = bursts.reduce((sum, each) => sum + each, 0) / STEPS_PER_MINUTE;
    minutes[minute] = Math.round(noise * factor * factor * burst * usualVolume(grid, step));
  }
  return minutes;
}

/** How much more is traded at each step of a minute because of a jump in the minute before it. */
function burstsOf(minute: number, jumpSteps: Iterable<number>): Float64Array {
  const bursts = new Float64Array(STEPS_PER_MINUTE).fill(1);
  for (const jump of jumpSteps) {
    const from = jump - minute * STEPS_PER_MINUTE;
    bursts.fill(JUMP_BOOST, Math.max(0, from), Math.max(0, from + STEPS_PER_MINUTE));
  }
  return bursts;
}

function usualVolume(grid: DayGrid, step: number): number {
  if (step < grid.openStep || step >= grid.closeStep) return EXTENDED_PER_MINUTE;
  const toClose = (grid.closeStep - step) / STEPS_PER_MINUTE;
  return BASE_PER_MINUTE * busyness(minutesSinceOpen(grid, step), toClose);
}

/** Spreads each minute's volume over its steps, more of it on those after a jump; the steps of a
 * minute add up to it exactly. In regular hours every step of a minute that traded prints at least
 * one share. */
export function spreadVolumes(
  random: RandomStream,
  grid: DayGrid,
  minuteVolumes: Float64Array,
  jumpSteps: readonly number[] = [],
): Int32Array {
  const volumes = new Int32Array(grid.steps);
  for (let minute = 0; minute < minuteVolumes.length; minute += 1) {
    const from = minute * STEPS_PER_MINUTE;
    const isRegular = from >= grid.openStep && from < grid.closeStep;
    const chance = isRegular ? 1 : EXTENDED_TRADE_CHANCE;
    const weights = stepWeights(random, chance, burstsOf(minute, jumpSteps));
    fillMinute(volumes.subarray(from, from + STEPS_PER_MINUTE), weights, {
      total: minuteVolumes[minute] ?? 0,
      atLeast: isRegular ? 1 : 0,
    });
  }
  return volumes;
}

function stepWeights(random: RandomStream, chance: number, bursts: Float64Array): Float64Array {
  const weights = new Float64Array(STEPS_PER_MINUTE);
  for (let step = 0; step < weights.length; step += 1) {
    const share = random.uniform() < chance ? -Math.log(1 - random.uniform()) : 0;
    weights[step] = share * (bursts[step] ?? 1);
  }
  return weights;
}

function fillMinute(
  volumes: Int32Array,
  weights: Float64Array,
  { total, atLeast }: { total: number; atLeast: number },
): void {
  const floor = total >= atLeast * volumes.length ? atLeast : 0;
  const sumOfWeights = weights.reduce((sum, weight) => sum + weight, 0);
  const shared = total - floor * volumes.length;
  let used = 0;
  for (let step = 0; step < volumes.length; step += 1) {
    const share = sumOfWeights > 0 ? (weights[step] ?? 0) / sumOfWeights : 0;
    volumes[step] = floor + Math.floor(shared * share);
    used += volumes[step] ?? 0;
  }
  const last = volumes.length - 1;
  volumes[last] = (volumes[last] ?? 0) + (total - used);
}
