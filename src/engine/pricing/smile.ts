/**
 * The volatility smile between and beyond the strikes that have two-sided markets. Beyond its edge
 * a volatility is a model's: it goes on with the edge's slope, capped, and never so far that the
 * option's model price leaves its own bid or ask.
 */

import type { Right } from '../domain/instrument.ts';
import { blackValue } from './black.ts';
import { impliedVol } from './implied-vol.ts';

/** One strike, in dollars, and its implied volatility. */
export interface SmilePoint {
  readonly strike: number;
  readonly vol: number;
}

/** A wing option without a two-sided market. */
export interface WingInputs {
  readonly right: Right;
  readonly strike: number;
  readonly forward: number;
  readonly years: number;
  /** The outermost strike of this wing with a two-sided market. */
  readonly edge: SmilePoint;
  /** A strike further inside, for the slope; without it the wing is flat. */
  readonly inner?: SmilePoint | undefined;
  /** Dollars per share; undefined where there is none. */
  readonly bid: number | undefined;
  readonly ask: number | undefined;
}

/** A wing's volatility never exceeds this multiple of its edge's, however far out. */
const HIGHEST_WING_RATIO = 2;

/**
 * The volatility of a wing option from its smile's edge: linear in log-strike with the slope of the
 * edge where that rises outward (flat where it falls), at most twice the edge's, and moved to where
 * the model price meets the bid or the ask if it is outside. Undefined where no volatility satisfies
 * the side that binds, or the inputs are not positive numbers.
 */
export function wingVol(inputs: WingInputs): number | undefined {
  if (!(inputs.years > 0) || !(inputs.forward > 0) || !(inputs.edge.vol > 0)) return undefined;
  const vol = extrapolatedVol(inputs);
  const { right, strike, forward, years, bid, ask } = inputs;
  const value = blackValue({ right, forward, strike, years, vol });
  if (ask !== undefined && value > ask) {
    return impliedVol({ right, forward, strike, years, price: ask });
  }
  if (bid !== undefined && value < bid) {
    return impliedVol({ right, forward, strike, years, price: bid });
  }
  return vol;
}

function extrapolatedVol({ strike, edge, inner }: WingInputs): number {
  if (inner === undefined || inner.strike === edge.strike) return edge.vol;
  const slope = (edge.vol - inner.vol) / Math.log(edge.strike / inner.strike);
  const rise = slope * Math.log(strike / edge.strike);
  return Math.min(edge.vol + Math.max(0, rise), HIGHEST_WING_RATIO * edge.vol);
}

/** The smile's volatility at a strike: linear between points, flat beyond the outermost. `points`
 * in ascending strike order; undefined where there are none. */
export function interpolateVol(
  points: readonly SmilePoint[],
  strikeDollars: number,
): number | undefined {
  const above = firstAtOrAbove(points, strikeDollars);
  const upper = points[above];
  const lower = points[above - 1];
  if (upper === undefined || lower === undefined) return (upper ?? lower)?.vol;
  const share = (strikeDollars - lower.strike) / (upper.strike - lower.strike);
  return lower.vol + (upper.vol - lower.vol) * share;
}

function firstAtOrAbove(points: readonly SmilePoint[], strikeDollars: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle]?.strike ?? strikeDollars) < strikeDollars) low = middle + 1;
    else high = middle;
  }
  return low;
}
