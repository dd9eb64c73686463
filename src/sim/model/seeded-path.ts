/**
 * A day of the underlying made from a seed and a date alone: an intraday volatility profile, slow
 * changes of volatility, jumps with bursts of volume, and a morning held to `morning-script.ts`.
 */
import type { UnderlyingSpec } from '../../engine/domain/underlying.ts';
import { underlyingOf } from '../../engine/domain/underlying.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import type { DayGrid } from './day-grid.ts';
import { dayGrid, minutesSinceOpen, STEPS_PER_MINUTE } from './day-grid.ts';
import { baseDollars, shapeAt, volatilityOf } from './market-shape.ts';
import type { Band } from './morning-script.ts';
import {
  calmBand,
  drawMorning,
  foldInto,
  HOLD_END_MINUTES,
  holdBand,
  RANGE_MINUTES,
  scaleRange,
  thrustTarget,
} from './morning-script.ts';
import { openingLevel } from './opening-level.ts';
import { RandomStream } from './prng.ts';
import type { SessionActivity } from './session-activity.ts';
import { drawActivity } from './session-activity.ts';
import type { SpotPath } from './spot-path.ts';
import { spotPath } from './spot-path.ts';
import { varianceRate } from './variance-profile.ts';
import { seededMinuteVolumes, spreadVolumes } from './volume-profile.ts';

const SPY = underlyingOf('SPY');
const PRICE_PER_CENT = PRICE_PER_DOLLAR / 100;
const BASIS_POINT = 1e-4;
/** Diffusion's share of the day's variance; jumps and the premium for risk are the rest. */
const DIFFUSION_SHARE = 0.85;
/** Before the open and after the close the price barely moves. */
const QUIET_RATE = 0.5;
/** Noise of a thrust in units of the usual noise: a thrust has one will. */
const THRUST_NOISE = 0.5;

/** Builds the day. The same seed and date give the same path, whenever it is asked for; another
 * underlying makes the like moves from a level of its own, in proportion to its volatility. */
export function seededPath(seed: number, date: SessionDate, spec: UnderlyingSpec = SPY): SpotPath {
  const grid = dayGrid(date, spec);
  const drawn = drawActivity(seed, grid);
  const volFactors = drawn.volFactors.map((factor) => factor * volatilityOf(spec));
  const activity = { ...drawn, volFactors };
  const walk = drawWalk(seed, grid, activity);
  const level = openingLevel(seed, date, baseDollars(spec)) * PRICE_PER_DOLLAR;
  const prices = new Int32Array(grid.steps);
  for (let step = 0; step < grid.steps; step += 1) {
    const exact = level * Math.exp(BASIS_POINT * (walk[step] ?? 0));
    prices[step] = Math.round(exact / PRICE_PER_CENT) * PRICE_PER_CENT;
  }
  const minuteVolumes = seededMinuteVolumes(seed, grid, activity);
  const volumes = spreadVolumes(new RandomStream(seed, date, 'prints'), grid, minuteVolumes);
  const shape = shapeAt(spec, baseDollars(spec));
  return spotPath({ shape, grid, prices, volumes, volFactors: activity.volFactors });
}

/** The log of the price over the opening price, in basis points, by step. */
function drawWalk(seed: number, grid: DayGrid, activity: SessionActivity): Float64Array {
  const random = new RandomStream(seed, grid.times.date, 'walk');
  const noise = new Float64Array(grid.steps);
  for (let step = 0; step < grid.steps; step += 1) {
    noise[step] = stepDeviation(grid, step, activity) * random.normal();
  }
  const walk = new Float64Array(grid.steps);
  walkBackFromOpen(walk, noise, grid);
  walkMorning(walk, noise, { grid, random: new RandomStream(seed, grid.times.date, 'morning') });
  const freeFrom = grid.openStep + HOLD_END_MINUTES * STEPS_PER_MINUTE;
  for (let step = freeFrom; step < grid.steps; step += 1) {
    walk[step] = (walk[step - 1] ?? 0) + (noise[step] ?? 0) + (activity.jumps.get(step) ?? 0);
  }
  return walk;
}

function stepDeviation(grid: DayGrid, step: number, activity: SessionActivity): number {
  const sinceOpen = minutesSinceOpen(grid, step);
  const toClose = (grid.closeStep - step) / STEPS_PER_MINUTE;
  const rate = sinceOpen < 0 ? QUIET_RATE : varianceRate(sinceOpen, toClose);
  const factor = activity.volFactors[Math.floor(step / STEPS_PER_MINUTE)] ?? 1;
  return factor * Math.sqrt((DIFFUSION_SHARE * rate) / STEPS_PER_MINUTE);
}

function walkBackFromOpen(walk: Float64Array, noise: Float64Array, grid: DayGrid): void {
  for (let step = grid.openStep - 1; step >= 0; step -= 1) {
    walk[step] = (walk[step + 1] ?? 0) + (noise[step] ?? 0);
  }
}

function walkMorning(
  walk: Float64Array,
  noise: Float64Array,
  { grid, random }: { grid: DayGrid; random: RandomStream },
): void {
  const stepOf = (minutes: number): number => grid.openStep + minutes * STEPS_PER_MINUTE;
  const script = drawMorning(random);
  const range = walkRange(walk, noise, grid.openStep);
  const hold = (from: number, to: number, band: Band): void => {
    for (let step = from; step < to; step += 1) {
      walk[step] = foldInto(band, (walk[step - 1] ?? 0) + (noise[step] ?? 0));
    }
  };
  hold(stepOf(RANGE_MINUTES), stepOf(script.thrustStart), calmBand(range));
  const target = thrustTarget(range, script);
  bridge(walk, noise, { from: stepOf(script.thrustStart), to: stepOf(script.thrustEnd), target });
  hold(stepOf(script.thrustEnd), stepOf(HOLD_END_MINUTES), holdBand(range, script.direction));
}

function walkRange(walk: Float64Array, noise: Float64Array, openStep: number): Band {
  const end = openStep + RANGE_MINUTES * STEPS_PER_MINUTE;
  walk[openStep] = 0;
  for (let step = openStep + 1; step < end; step += 1) {
    walk[step] = (walk[step - 1] ?? 0) + (noise[step] ?? 0);
  }
  return scaleRange(walk.subarray(openStep, end));
}

/** A Brownian bridge from the step before `from` to `target` at the last step before `to`. */
function bridge(
  walk: Float64Array,
  noise: Float64Array,
  { from, to, target }: { from: number; to: number; target: number },
): void {
  for (let step = from; step < to; step += 1) {
    const left = to - step;
    const here = walk[step - 1] ?? 0;
    const wander = THRUST_NOISE * (noise[step] ?? 0) * Math.sqrt((left - 1) / left);
    walk[step] = here + (target - here) / left + wander;
  }
}
