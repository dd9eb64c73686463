/**
 * Implied volatility of Black's undiscounted formula, to the precision that the price itself
 * carries. The out-of-the-money time value is solved on its logarithm, where wings and the money
 * look alike, by Householder's fourth-order step from a tabulated guess; a bracket guards every
 * step. One step suffices for nearly every same-day option.
 */
import type { Right } from '../domain/instrument.ts';
import { absLogMoneyness, intrinsicValue } from './black.ts';
import { seedTotalVol } from './implied-vol-seed.ts';
import { LN_SQRT_TWO_PI, millsDifference } from './normalised-black.ts';

/** What an option costs. Callers on a hot path keep one such object and write into it. */
export interface ImpliedVolInputs {
  readonly right: Right;
  /** Dollars per share, above 0. */
  readonly forward: number;
  /** Dollars per share, above 0. */
  readonly strike: number;
  /** Years of 525,600 minutes. */
  readonly years: number;
  /** Dollars per share. */
  readonly price: number;
}

/** Steps before the bracket's middle is taken as the answer. */
const STEP_LIMIT = 100;
/** A fourth-order step this small (relative, weighed by curvature) leaves an error under 1e-16. */
const LAST_STEP = 1e-4;

/** In the money, time value is what is left of a subtraction: so much of it is rounding. */
const ROUNDING_UNITS = 4;

/**
 * The volatility, a fraction per year, at which Black's formula gives `price`. Undefined where no
 * volatility does: at or below intrinsic value (within rounding), at or above the bound (the
 * forward for a call, the strike for a put), at or after expiry, or for inputs that are not
 * positive numbers.
 */
export function impliedVol(inputs: ImpliedVolInputs): number | undefined {
  const { right, forward, strike, years, price } = inputs;
  if (!(forward > 0) || !(strike > 0) || !(years > 0)) return undefined;
  const intrinsic = intrinsicValue(right, forward, strike);
  const timeValue = price - intrinsic;
  const noise = intrinsic > 0 ? ROUNDING_UNITS * Number.EPSILON * Math.max(forward, strike) : 0;
  if (!(timeValue > noise) || !(timeValue < Math.min(forward, strike))) return undefined;
  const value = timeValue / Math.sqrt(forward * strike);
  const totalVol = solveTotalVol(absLogMoneyness(forward, strike), value);
  return Number.isFinite(totalVol) ? totalVol / Math.sqrt(years) : undefined;
}

/** Total volatility s at which the normalised value is `value`. */
function solveTotalVol(moneyness: number, value: number): number {
  const target = Math.log(value);
  let guess = seedTotalVol(moneyness, value);
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  for (let step = 0; step < STEP_LIMIT; step++) {
    const h = -moneyness / guess;
    const t = 0.5 * guess;
    const difference = millsDifference(h, t);
    const excess = Math.log(difference) - 0.5 * (h * h + t * t) - LN_SQRT_TWO_PI - target;
    if (excess > 0) high = guess;
    else low = guess;
    const next = guess + householderStep({ h, guess, difference, excess });
    if (Math.abs(next - guess) * (1 + h * h) <= LAST_STEP * guess) return next;
    const middle = high === Number.POSITIVE_INFINITY ? 2 * low : 0.5 * (low + high);
    guess = next > low && next < high ? next : middle;
  }
  return guess;
}

interface Iterate {
  readonly h: number;
  readonly guess: number;
  /** b over b' there. */
  readonly difference: number;
  /** ln b less its target. */
  readonly excess: number;
}

/** Householder's third-order method on f(s) = ln b(s) - target, with f' = 1/D, b''/b' = c, and
 * b'''/b' = c² + c'. */
function householderStep(at: Iterate): number {
  const squaredRatio = (at.h * at.h) / at.guess;
  const inverse = 1 / at.difference;
  const c = squaredRatio - 0.25 * at.guess;
  const cSlope = (-3 * squaredRatio) / at.guess - 0.25;
  const newton = -at.excess * at.difference;
  const second = c - inverse;
  const third = c * c + cSlope - 3 * c * inverse + 2 * inverse * inverse;
  const bottom = 1 + newton * (second + (newton * third) / 6);
  return (newton * (1 + 0.5 * newton * second)) / bottom;
}
