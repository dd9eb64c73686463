/**
 * The options of one expiry, valued together: a column of numbers for each quantity and one pass
 * over the columns for each step of the formula. A pass is small enough for the compiler to keep in
 * registers whole, and the passes of neighbouring options overlap in the processor; so a strip costs
 * a third of what option by option would. Everything is on the out-of-the-money side of its strike
 * (call at or above the forward, put below), where a small number keeps all its digits.
 *
 * Black's undiscounted formula (see black.ts for its conventions). Implied volatility to the
 * precision that the price itself carries: solved on the logarithm of the time value, where wings
 * and the money look alike, by Householder's fourth-order step from a tabulated guess; a bracket
 * guards every step. One step suffices for nearly every same-day option.
 */
import { seedTotalVol } from './implied-vol-seed.ts';
import { leftMillsRatio } from './normal.ts';
import {
  LN_SQRT_TWO_PI,
  millsBeside,
  millsDifference,
  normalisedSlope,
} from './normalised-black.ts';
import { MINUTES_PER_YEAR } from './time-to-expiry.ts';

const DAYS_PER_YEAR = 365;
const YEARS_PER_HOUR = 60 / MINUTES_PER_YEAR;
const VOL_POINT = 0.01;

/** The smallest double with all its digits: what is less carries no information. */
const LEAST_VALUE = 2.3e-308;
/** Steps before the bracket's middle is taken as the answer. */
const STEP_LIMIT = 100;
/** A fourth-order step this small (relative, weighed by curvature) leaves an error under 1e-16. */
const LAST_STEP = 1e-4;
const ONE_6TH = 1 / 6;

/**
 * Belongs to one thread; allocates nothing after construction. Fill `strike` from 0 on and `setMarket`,
 * then either `timeValue` and `solve` (which fills `vol`), or `vol`; then `value` fills the rest.
 * Options with NaN for a volatility get NaN throughout.
 */
export class OptionStrip {
  /** Dollars per share, above 0. */
  readonly strike: Float64Array;
  /** Dollars per share: the out-of-the-money price. `solve` reads it, `value` writes it. */
  readonly timeValue: Float64Array;
  /** Fraction per year; NaN where there is none. `solve` writes it, `value` reads it. */
  readonly vol: Float64Array;
  /** By the forward, signed: of the call at or above it, of the put below. */
  readonly delta: Float64Array;
  readonly gamma: Float64Array;
  /** Dollars per calendar day. */
  readonly theta: Float64Array;
  /** Dollars over the next hour, or what is left of it. */
  readonly thetaNextHour: Float64Array;
  /** Dollars per volatility point. */
  readonly vega: Float64Array;

  readonly #capacity: number;
  /** |ln(forward/strike)| */
  readonly #distance: Float64Array;
  /** sqrt(forward × strike) */
  readonly #scale: Float64Array;
  /** Total volatility s, and while it is sought its bracket. */
  readonly #total: Float64Array;
  /** Time value over scale. */
  readonly #value: Float64Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #isFound: Uint8Array;
  /** h = -distance/s, and Y(h). */
  readonly #h: Float64Array;
  readonly #mills: Float64Array;
  /** D(h, s/2), and the value's slope by total volatility in dollars. */
  readonly #difference: Float64Array;
  readonly #density: Float64Array;
  #forward = Number.NaN;
  #rootYears = Number.NaN;
  #laterRootYears = Number.NaN;

  constructor(capacity: number) {
    const column = (): Float64Array => new Float64Array(capacity).fill(Number.NaN);
    this.#capacity = capacity;
    this.strike = column();
    this.timeValue = column();
    this.vol = column();
    this.delta = column();
    this.gamma = column();
    this.theta = column();
    this.thetaNextHour = column();
    this.vega = column();
    this.#distance = column();
    this.#scale = column();
    this.#total = column();
    this.#value = column();
    this.#low = column();
    this.#high = column();
    this.#isFound = new Uint8Array(capacity);
    this.#h = column();
    this.#mills = column();
    this.#difference = column();
    this.#density = column();
  }

  /** Sets what all options share, for the first `count` of them: the forward in dollars and the years
   * to expiry, both above 0. */
  setMarket(forward: number, years: number, count = this.#capacity): void {
    this.#forward = forward;
    this.#rootYears = Math.sqrt(years);
    this.#laterRootYears = Math.sqrt(Math.max(0, years - YEARS_PER_HOUR));
    const { strike } = this;
    for (let i = 0; i < count; i += 1) {
      const dollars = strike[i] ?? Number.NaN;
      this.#distance[i] = Math.abs(Math.log1p((forward - dollars) / dollars));
      this.#scale[i] = Math.sqrt(forward * dollars);
    }
  }

  /** Fills `vol` from `timeValue`, for the options from `from` up to `to`. NaN where no volatility
   * gives it: not above 0, or not below the bound (the lesser of forward and strike). */
  solve(from = 0, to = this.#capacity): void {
    this.#guess(from, to);
    this.#takeMills(from, to);
    this.#step(from, to);
    const root = this.#rootYears;
    for (let i = from; i < to; i += 1) {
      if (this.#isFound[i] === 0) this.#goOn(i);
      const vol = (this.#total[i] ?? Number.NaN) / root;
      this.vol[i] = vol > 0 && vol < Number.POSITIVE_INFINITY ? vol : Number.NaN;
    }
  }

  #goOn(i: number): void {
    for (let step = 1; step < STEP_LIMIT && this.#isFound[i] === 0; step += 1) {
      this.#takeMills(i, i + 1);
      this.#step(i, i + 1);
    }
  }

  #guess(from: number, to: number): void {
    for (let i = from; i < to; i += 1) {
      const time = this.timeValue[i] ?? Number.NaN;
      const bound = Math.min(this.#forward, this.strike[i] ?? Number.NaN);
      const distance = this.#distance[i] ?? Number.NaN;
      const value = time / (this.#scale[i] ?? Number.NaN);
      const isPossible = value > LEAST_VALUE && time < bound;
      const total = isPossible ? seedTotalVol(distance, value) : Number.NaN;
      this.#value[i] = value;
      this.#isFound[i] = isPossible ? 0 : 1;
      this.#low[i] = 0;
      this.#high[i] = Number.POSITIVE_INFINITY;
      this.#total[i] = total;
      this.#h[i] = -distance / total;
    }
  }

  #takeMills(from: number, to: number): void {
    for (let i = from; i < to; i += 1) this.#mills[i] = leftMillsRatio(this.#h[i] ?? Number.NaN);
  }

  /** One step of each on f(s) = ln b(s) - ln(value), with f' = 1/D, b''/b' = c, b'''/b' = c² + c'. */
  #step(from: number, to: number): void {
    for (let i = from; i < to; i += 1) {
      const guess = this.#total[i] ?? Number.NaN;
      const h = this.#h[i] ?? Number.NaN;
      const t = 0.5 * guess;
      const difference = millsDifference(h, t, this.#mills[i] ?? Number.NaN);
      const value = this.#value[i] ?? Number.NaN;
      const excess = Math.log(difference / value) - 0.5 * (h * h + t * t) - LN_SQRT_TWO_PI;
      const next = guess + householderStep(h, guess, difference, excess);
      const isLast = Math.abs(next - guess) * (1 + h * h) <= LAST_STEP * guess;
      const isFound = isLast || Number.isNaN(guess);
      const total = isFound ? next : this.#guarded(i, next, excess);
      this.#isFound[i] = isFound ? 1 : 0;
      this.#total[i] = total;
      this.#h[i] = -(this.#distance[i] ?? Number.NaN) / total;
    }
  }

  /** The next guess, or the bracket's middle where the step leaves the bracket. */
  #guarded(i: number, next: number, excess: number): number {
    const guess = this.#total[i] ?? Number.NaN;
    if (excess > 0) this.#high[i] = guess;
    else this.#low[i] = guess;
    const low = this.#low[i] ?? 0;
    const high = this.#high[i] ?? 0;
    if (next > low && next < high) return next;
    return high === Number.POSITIVE_INFINITY ? 2 * low : 0.5 * (low + high);
  }

  /** Fills `timeValue` and the greeks from `vol`, for the options from `from` up to `to`. */
  value(from = 0, to = this.#capacity): void {
    this.#scaleVol(this.#rootYears, from, to);
    this.#takeMills(from, to);
    this.#takeDensities(from, to);
    this.#takeGreeks(from, to);
    this.#scaleVol(this.#laterRootYears, from, to);
    this.#takeMills(from, to);
    this.#takeDensities(from, to);
    this.#takeNextHour(from, to);
  }

  #scaleVol(rootYears: number, from: number, to: number): void {
    for (let i = from; i < to; i += 1) {
      const total = (this.vol[i] ?? Number.NaN) * rootYears;
      this.#total[i] = total;
      this.#h[i] = -(this.#distance[i] ?? Number.NaN) / total;
    }
  }

  #takeDensities(from: number, to: number): void {
    for (let i = from; i < to; i += 1) {
      const h = this.#h[i] ?? Number.NaN;
      const t = 0.5 * (this.#total[i] ?? Number.NaN);
      this.#difference[i] = millsDifference(h, t, this.#mills[i] ?? Number.NaN);
      this.#density[i] = (this.#scale[i] ?? Number.NaN) * normalisedSlope(h, t);
    }
  }

  #takeGreeks(from: number, to: number): void {
    const forward = this.#forward;
    const rootYears = this.#rootYears;
    for (let i = from; i < to; i += 1) {
      const h = this.#h[i] ?? Number.NaN;
      const total = this.#total[i] ?? Number.NaN;
      const difference = this.#difference[i] ?? Number.NaN;
      const density = this.#density[i] ?? Number.NaN;
      const side = (this.strike[i] ?? Number.NaN) >= forward ? 1 : -1;
      const beside = millsBeside(h, side * 0.5 * total, this.#mills[i] ?? Number.NaN, difference);
      this.timeValue[i] = density * difference;
      this.delta[i] = (side * density * beside) / forward;
      this.gamma[i] = density / (forward * forward * total);
      this.theta[i] = (-0.5 * density * (this.vol[i] ?? Number.NaN)) / (rootYears * DAYS_PER_YEAR);
      this.vega[i] = density * rootYears * VOL_POINT;
    }
  }

  /** Beside `timeValue`, which is worth nothing more once its time is over. */
  #takeNextHour(from: number, to: number): void {
    for (let i = from; i < to; i += 1) {
      const total = this.#total[i] ?? Number.NaN;
      const later =
        total > 0 ? (this.#density[i] ?? Number.NaN) * (this.#difference[i] ?? Number.NaN) : total;
      this.thetaNextHour[i] = later - (this.timeValue[i] ?? Number.NaN);
    }
  }
}

/** Householder's third-order method. */
function householderStep(h: number, guess: number, difference: number, excess: number): number {
  const squaredRatio = (h * h) / guess;
  const inverse = 1 / difference;
  const c = squaredRatio - 0.25 * guess;
  const cSlope = (-3 * squaredRatio) / guess - 0.25;
  const newton = -excess * difference;
  const second = c - inverse;
  const third = c * c + cSlope - 3 * c * inverse + 2 * inverse * inverse;
  const bottom = 1 + newton * (second + newton * third * ONE_6TH);
  return (newton * (1 + 0.5 * newton * second)) / bottom;
}
