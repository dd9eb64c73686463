/** A day of the underlying made from a seed and a date alone, with bursts of volume at its jumps. */
import type { UnderlyingSpec } from '../../engine/domain/underlying.ts';
import { underlyingOf } from '../../engine/domain/underlying.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import type { DayWalk } from './day-walk.ts';
import { dayWalk, STEPS_PER_POINT, stepDeviation } from './day-walk.ts';
import { baseDollars, shapeAt } from './market-shape.ts';
import { foldInto } from './morning-script.ts';
import { RandomStream } from './prng.ts';
import type { SpotPath } from './spot-path.ts';
import { spotPath } from './spot-path.ts';
import { startingLevel } from './starting-level.ts';
import { seededMinuteVolumes, spreadVolumes } from './volume-profile.ts';

const SPY = underlyingOf('SPY');
const PRICE_PER_CENT = PRICE_PER_DOLLAR / 100;
const BASIS_POINT = 1e-4;

/** Builds the day. The same seed and date give the same path, whenever it is asked for; another
 * underlying makes the like moves from a level of its own, in proportion to its volatility. */
export function seededPath(seed: number, date: SessionDate, spec: UnderlyingSpec = SPY): SpotPath {
  const walk = dayWalk(seed, date, spec);
  const { grid, activity } = walk;
  const jumpSteps = [...activity.jumps.keys()];
  const minuteVolumes = seededMinuteVolumes(seed, grid, activity);
  const prints = new RandomStream(seed, date, 'prints');
  return spotPath({
    shape: shapeAt(spec, baseDollars(spec)),
    grid,
    prices: pricesOf(walk, seed, startingLevel(seed, date, spec)),
    volumes: spreadVolumes(prints, grid, minuteVolumes, jumpSteps),
    volFactors: activity.volFactors,
    jumpSteps,
  });
}

/** The walk from a level in dollars on, step by step, each jump at its own, on whole cents. */
function pricesOf(walk: DayWalk, seed: number, level: number): Int32Array {
  const { grid, activity } = walk;
  const moves = fillIn(walk, new RandomStream(seed, grid.times.date, 'steps'));
  const prices = new Int32Array(grid.steps);
  let start = -(walk.points[0] ?? 0);
  for (let step = 0; step < grid.steps; step += 1) {
    start += activity.jumps.get(step) ?? 0;
    const exact = level * PRICE_PER_DOLLAR * Math.exp(BASIS_POINT * (start + (moves[step] ?? 0)));
    prices[step] = Math.round(exact / PRICE_PER_CENT) * PRICE_PER_CENT;
  }
  return prices;
}

/** The walk at every step: a Brownian bridge from each point to the next, in the band held there. */
function fillIn(walk: DayWalk, random: RandomStream): Float64Array {
  const moves = new Float64Array(walk.grid.steps);
  for (let from = 0; from < moves.length; from += STEPS_PER_POINT) {
    const point = from / STEPS_PER_POINT;
    const here = walk.points[point] ?? 0;
    const deviation = stepDeviation(walk.grid, from, walk.activity);
    let free = here;
    for (let step = 0; step < STEPS_PER_POINT; step += 1) {
      moves[from + step] = free;
      free += deviation * random.normal();
    }
    const miss = (walk.points[point + 1] ?? 0) - free;
    const band = walk.holds.find((hold) => hold.from <= point && point < hold.to)?.band;
    for (let step = 0; step < STEPS_PER_POINT; step += 1) {
      const exact = (moves[from + step] ?? 0) + (miss * step) / STEPS_PER_POINT;
      moves[from + step] = band === undefined ? exact : foldInto(band, exact);
    }
  }
  return moves;
}
