/** The whole day of the underlying, decided before it begins. Immutable once built. */
import { MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import type { DayGrid } from './day-grid.ts';
import { STEPS_PER_MINUTE, stepStart } from './day-grid.ts';
import type { MarketShape } from './market-shape.ts';

/** A day of prints on a grid, one print a step at most. */
export interface SpotPath {
  readonly shape: MarketShape;
  readonly grid: DayGrid;
  /** Last price after each step, in 1/10,000 dollar. */
  readonly prices: Int32Array;
  /** Shares printed at that price in the step; 0 where nothing traded. */
  readonly volumes: Int32Array;
  /** Shares printed up to and including each step. */
  readonly volumeSoFar: Float64Array;
  /** How much more volatile than an average day options think the rest of the day is once a minute
   * of the grid has passed, but for what jumps add: 1 is average. */
  readonly volFactors: Float64Array;
  /** The steps at which the price jumped. */
  readonly jumpSteps: readonly number[];
}

/** One bar cut from a path. Prices in 1/10,000 dollar, time in epoch microseconds. */
export interface PathBar {
  readonly startsAt: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** Sum of price times shares. */
  readonly turnover: number;
  readonly count: number;
}

/** Completes a path: adds up the volumes. */
export function spotPath(parts: Omit<SpotPath, 'volumeSoFar'>): SpotPath {
  const volumeSoFar = new Float64Array(parts.volumes.length);
  let sum = 0;
  for (let step = 0; step < volumeSoFar.length; step += 1) {
    sum += parts.volumes[step] ?? 0;
    volumeSoFar[step] = sum;
  }
  return { ...parts, volumeSoFar };
}

/** The bar of the prints in steps `[from, to)`, or undefined where nothing traded in them. */
export function barOfSteps(path: SpotPath, from: number, to: number): PathBar | undefined {
  let bar: { -readonly [key in keyof PathBar]: PathBar[key] } | undefined;
  for (let step = Math.max(0, from); step < Math.min(to, path.prices.length); step += 1) {
    const volume = path.volumes[step] ?? 0;
    if (volume === 0) continue;
    const price = path.prices[step] ?? 0;
    bar ??= emptyBar(stepStart(path.grid, from), price);
    bar.high = Math.max(bar.high, price);
    bar.low = Math.min(bar.low, price);
    bar.close = price;
    bar.volume += volume;
    bar.turnover += volume * price;
    bar.count += 1;
  }
  return bar;
}

function emptyBar(startsAt: number, price: number) {
  const prices = { open: price, high: price, low: price, close: price };
  return { startsAt, ...prices, volume: 0, turnover: 0, count: 0 };
}

/** Joins bars in order of time into one that starts at `startsAt`; undefined when there is none. */
export function joinBars(bars: readonly PathBar[], startsAt: number): PathBar | undefined {
  const first = bars[0];
  if (first === undefined) return undefined;
  let joined: PathBar = { ...first, startsAt };
  for (const bar of bars.slice(1)) {
    joined = {
      startsAt,
      open: joined.open,
      high: Math.max(joined.high, bar.high),
      low: Math.min(joined.low, bar.low),
      close: bar.close,
      volume: joined.volume + bar.volume,
      turnover: joined.turnover + bar.turnover,
      count: joined.count + bar.count,
    };
  }
  return joined;
}

/** All one-minute bars of a path that start in steps `[from, to)`; the last may be unfinished. */
export function minuteBars(path: SpotPath, from: number, to: number): PathBar[] {
  const bars: PathBar[] = [];
  const first = Math.floor(from / STEPS_PER_MINUTE) * STEPS_PER_MINUTE;
  for (let step = first; step < to; step += STEPS_PER_MINUTE) {
    const bar = barOfSteps(path, step, Math.min(step + STEPS_PER_MINUTE, to));
    if (bar !== undefined) bars.push(bar);
  }
  return bars;
}

/** Length of a minute in the unit of `PathBar.startsAt`. */
export const BAR_MINUTE = MICROS_PER_MINUTE;
