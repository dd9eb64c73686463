/**
 * Where the underlying goes on a seeded day, decided at every quarter of a minute: an intraday
 * volatility profile, slow changes of volatility, jumps, and a morning held to `morning-script.ts`.
 * What lies between is filled in by `seeded-path.ts`. The levels of later dates hang on it, so it is
 * drawn for many days at once.
 */
import type { UnderlyingSpec } from '../../engine/domain/underlying.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import type { DayGrid } from './day-grid.ts';
import { dayGrid, minutesSinceOpen, STEPS_PER_MINUTE } from './day-grid.ts';
import { volatilityOf } from './market-shape.ts';
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
import { RandomStream } from './prng.ts';
import type { SessionActivity } from './session-activity.ts';
import { drawActivity, shockAt } from './session-activity.ts';
import { varianceRate } from './variance-profile.ts';

const POINTS_PER_MINUTE = 4;
/** Steps from one point of the walk to the next. */
export const STEPS_PER_POINT = STEPS_PER_MINUTE / POINTS_PER_MINUTE;
/** Diffusion's share of the day's variance; jumps and the premium for risk are the rest. */
const DIFFUSION_SHARE = 0.85;
/** Before the open and after the close the price barely moves. */
const QUIET_RATE = 0.5;
/** Noise of a thrust in units of the usual noise: a thrust has one will. */
const THRUST_NOISE = 0.5;

/** A band that the walk keeps to between two points. */
interface Hold {
  readonly from: number;
  readonly to: number;
  readonly band: Band;
}

/** One day's walk. */
export interface DayWalk {
  readonly grid: DayGrid;
  readonly activity: SessionActivity;
  /** The log of the price over the opening price without the jumps, in basis points, at every
   * `STEPS_PER_POINT`-th step; the last is where the grid ends. */
  readonly points: Float64Array;
  readonly holds: readonly Hold[];
}

/** Draws the walk of a date. */
export function dayWalk(seed: number, date: SessionDate, spec: UnderlyingSpec): DayWalk {
  const grid = dayGrid(date, spec);
  const drawn = drawActivity(seed, grid);
  const volFactors = drawn.volFactors.map((factor) => factor * volatilityOf(spec));
  const activity = { ...drawn, volFactors };
  const noise = drawNoise(seed, grid, activity);
  const points = new Float64Array(noise.length);
  const openPoint = grid.openStep / STEPS_PER_POINT;
  for (let point = openPoint - 1; point >= 0; point -= 1) {
    points[point] = (points[point + 1] ?? 0) + (noise[point + 1] ?? 0);
  }
  const morning = new RandomStream(seed, date, 'morning');
  const holds = walkMorning(points, noise, { openPoint, random: morning });
  const freeFrom = openPoint + HOLD_END_MINUTES * POINTS_PER_MINUTE + 1;
  for (let point = freeFrom; point < points.length; point += 1) {
    points[point] = (points[point - 1] ?? 0) + (noise[point] ?? 0);
  }
  return { grid, activity, points, holds };
}

/** How far a day moved in all, basis points. */
export function dayMove({ points, activity }: DayWalk): number {
  let move = (points.at(-1) ?? 0) - (points[0] ?? 0);
  for (const size of activity.jumps.values()) move += size;
  return move;
}

/** Standard deviation of one step that begins at `step`, basis points. */
export function stepDeviation(grid: DayGrid, step: number, activity: SessionActivity): number {
  const sinceOpen = minutesSinceOpen(grid, step);
  const toClose = (grid.closeStep - step) / STEPS_PER_MINUTE;
  const rate = sinceOpen < 0 ? QUIET_RATE : varianceRate(sinceOpen, toClose);
  const calm = activity.volFactors[Math.floor(step / STEPS_PER_MINUTE)] ?? 1;
  const factor = calm * Math.exp(shockAt(activity.jumps.keys(), step));
  return factor * Math.sqrt((DIFFUSION_SHARE * rate) / STEPS_PER_MINUTE);
}

/** What the price diffuses from the point before to each. */
function drawNoise(seed: number, grid: DayGrid, activity: SessionActivity): Float64Array {
  const random = new RandomStream(seed, grid.times.date, 'walk');
  const noise = new Float64Array(grid.steps / STEPS_PER_POINT + 1);
  for (let point = 1; point < noise.length; point += 1) {
    const deviation = stepDeviation(grid, (point - 1) * STEPS_PER_POINT, activity);
    noise[point] = deviation * Math.sqrt(STEPS_PER_POINT) * random.normal();
  }
  return noise;
}

function walkMorning(
  points: Float64Array,
  noise: Float64Array,
  { openPoint, random }: { openPoint: number; random: RandomStream },
): Hold[] {
  const pointOf = (minutes: number): number => openPoint + minutes * POINTS_PER_MINUTE;
  const script = drawMorning(random);
  const [rangeEnd, thrustStart] = [pointOf(RANGE_MINUTES), pointOf(script.thrustStart)];
  const [thrustEnd, holdEnd] = [pointOf(script.thrustEnd), pointOf(HOLD_END_MINUTES)];
  const hold = (from: number, to: number, band: Band): void => {
    for (let point = from; point <= to; point += 1) {
      points[point] = foldInto(band, (points[point - 1] ?? 0) + (noise[point] ?? 0));
    }
  };
  const range = walkRange(points, noise, { from: openPoint, to: rangeEnd });
  const calm = calmBand(range);
  hold(rangeEnd, thrustStart, calm);
  const target = thrustTarget(range, script);
  bridge(points, noise, { from: thrustStart, to: thrustEnd, target });
  const beyond = holdBand(range, script.direction);
  hold(thrustEnd + 1, holdEnd, beyond);
  return [
    { from: openPoint, to: rangeEnd, band: range },
    { from: rangeEnd, to: thrustStart, band: calm },
    { from: thrustEnd, to: holdEnd, band: beyond },
  ];
}

/** A free walk to the point before `to`, its width then scaled. */
function walkRange(
  points: Float64Array,
  noise: Float64Array,
  { from, to }: { from: number; to: number },
): Band {
  points[from] = 0;
  for (let point = from + 1; point < to; point += 1) {
    points[point] = (points[point - 1] ?? 0) + (noise[point] ?? 0);
  }
  return scaleRange(points.subarray(from, to));
}

/** A Brownian bridge from one point to `target` at another. */
function bridge(
  points: Float64Array,
  noise: Float64Array,
  { from, to, target }: { from: number; to: number; target: number },
): void {
  for (let point = from + 1; point <= to; point += 1) {
    const left = to - point + 1;
    const here = points[point - 1] ?? 0;
    const wander = THRUST_NOISE * (noise[point] ?? 0) * Math.sqrt((left - 1) / left);
    points[point] = here + (target - here) / left + wander;
  }
}
