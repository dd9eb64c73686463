/**
 * The shape that every seeded morning is held to, so that a trader who arrives at 10:30 finds one
 * closed breakout of the 15-minute opening range that is still valid, whatever the seed:
 *
 *     09:30 range   free walk, its width scaled into [18, 45] bp of spot
 *     09:45 calm    walk held inside the range (no minute closes outside)
 *     09:52-10:10   thrust: three minutes of a bridge to a point beyond the range's edge
 *     then hold     until 11:00 the walk stays beyond the edge, at most 0.9 range widths past it
 *     11:00         free
 *
 * Positions are in basis points of the opening price. "Held" means folded back at the bound, as a
 * ray at a mirror, so the steps inside keep their size.
 */
import type { RandomStream } from './prng.ts';

/** Length of the opening range. */
export const RANGE_MINUTES = 15;
/** Minutes after the open until which the breakout is kept valid. */
export const HOLD_END_MINUTES = 90;
const THRUST_MINUTES = 3;
const MIN_WIDTH = 18;
const MAX_WIDTH = 45;
const CALM_MARGIN = 0.03;
const HOLD_NEAR = 0.06;
const HOLD_FAR = 0.9;

/** A band in basis points, `low` below `high`. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

/** The decisions of one morning. */
export interface MorningScript {
  readonly direction: 1 | -1;
  /** Minutes after the open at which the thrust begins and ends. */
  readonly thrustStart: number;
  readonly thrustEnd: number;
  /** How far past the edge the thrust ends, in range widths. */
  readonly reach: number;
}

/** Draws a morning. */
export function drawMorning(random: RandomStream): MorningScript {
  const direction = random.uniform() < 0.5 ? 1 : -1;
  const thrustStart = random.wholeBetween(22, 37);
  const thrustEnd = thrustStart + THRUST_MINUTES;
  return { direction, thrustStart, thrustEnd, reach: random.between(0.25, 0.5) };
}

/** Scales the walk of the opening range about its start until its width is allowed. */
export function scaleRange(walk: Float64Array): Band {
  let low = 0;
  let high = 0;
  for (const position of walk) {
    low = Math.min(low, position);
    high = Math.max(high, position);
  }
  const width = Math.max(high - low, 1e-6);
  const factor = Math.min(Math.max(width, MIN_WIDTH), MAX_WIDTH) / width;
  for (let step = 0; step < walk.length; step += 1) walk[step] = (walk[step] ?? 0) * factor;
  return { low: low * factor, high: high * factor };
}

/** The band in which the walk is calm after the opening range. */
export function calmBand(range: Band): Band {
  const margin = CALM_MARGIN * (range.high - range.low);
  return { low: range.low + margin, high: range.high - margin };
}

/** The band beyond the broken edge in which the breakout stays valid. */
export function holdBand(range: Band, direction: 1 | -1): Band {
  const width = range.high - range.low;
  if (direction === 1) {
    return { low: range.high + HOLD_NEAR * width, high: range.high + HOLD_FAR * width };
  }
  return { low: range.low - HOLD_FAR * width, high: range.low - HOLD_NEAR * width };
}

/** Where the thrust ends. */
export function thrustTarget(range: Band, script: MorningScript): number {
  const past = script.reach * (range.high - range.low);
  return script.direction === 1 ? range.high + past : range.low - past;
}

/** Folds a position back into a band at its edges. */
export function foldInto(band: Band, position: number): number {
  const width = band.high - band.low;
  const turns = (position - band.low) / width;
  const phase = turns - 2 * Math.floor(turns / 2);
  return band.low + width * (phase <= 1 ? phase : 2 - phase);
}
