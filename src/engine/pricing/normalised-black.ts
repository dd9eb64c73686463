/**
 * Black's formula without its units, after Jäckel ("Let's be rational", 2015). For an
 * out-of-the-money option with log-moneyness -|x| and total volatility s, let h = -|x|/s and
 * t = s/2. Its value divided by sqrt(forward × strike) is
 *
 *     b = φ(h, t) · D(h, t),   φ = exp(-(h² + t²)/2) / sqrt(2π),   D = Y(h + t) - Y(h - t)
 *
 * where Y is the normal cdf over its density. φ is b's derivative by s and carries the whole
 * underflow; D is a tame positive number, so the far wings keep their relative precision. The delta
 * by the forward is φ · sqrt(strike/forward) · Y(h + t) for a call, and with Y(h - t) for a put.
 */
import { millsRatio } from './normal.ts';

/** ln sqrt(2π) */
export const LN_SQRT_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Below this t the difference is taken by its Taylor series, whose remainder is then under 1e-17. */
const SERIES_LIMIT = 0.05;
/** Below this t, as in nearly every same-day option, three of the series' terms do. */
const SHORT_SERIES_LIMIT = 0.003;
const ONE_6TH = 1 / 6;
const ONE_24TH = 1 / 24;
const ONE_120TH = 1 / 120;

/**
 * D(h, t) for h ≤ 0 and t > 0. `y` is Y(h): who works on many options at once has it from a pass of
 * its own. For small t the difference of two nearly equal numbers is replaced by its odd Taylor
 * series; derivatives of Y follow Yₙ₊₁ = h Yₙ + n Yₙ₋₁ with Y₁ = 1 + h Y.
 */
export function millsDifference(h: number, t: number, y: number): number {
  if (t >= SERIES_LIMIT) return millsRatio(h + t) - millsRatio(h - t);
  const y1 = 1 + h * y;
  const y2 = h * y1 + y;
  const y3 = h * y2 + 2 * y1;
  const y4 = h * y3 + 3 * y2;
  const y5 = h * y4 + 4 * y3;
  const u = t * t;
  const tail = t < SHORT_SERIES_LIMIT ? y5 * ONE_120TH : oddTail(h, u, y4, y5);
  return 2 * t * (y1 + u * (y3 * ONE_6TH + u * tail));
}

/** The odd series from its third term on, divided by u². */
function oddTail(h: number, u: number, y4: number, y5: number): number {
  const y6 = h * y5 + 5 * y4;
  const y7 = h * y6 + 6 * y5;
  const y8 = h * y7 + 7 * y6;
  const y9 = h * y8 + 8 * y7;
  return y5 * ONE_120TH + u * (y7 / 5_040 + (u * y9) / 362_880);
}

/** Y(h + t), or Y(h - t) for t < 0, where h ≤ 0, `y` is Y(h) and `difference` is D(h, |t|): the even
 * part of the series, and half the difference. */
export function millsBeside(h: number, t: number, y: number, difference: number): number {
  const size = Math.abs(t);
  if (size >= SERIES_LIMIT) return millsRatio(h + t);
  const y1 = 1 + h * y;
  const y2 = h * y1 + y;
  const y3 = h * y2 + 2 * y1;
  const y4 = h * y3 + 3 * y2;
  const u = t * t;
  const tail = size < SHORT_SERIES_LIMIT ? y4 * ONE_24TH : evenTail(h, u, y3, y4);
  const half = t > 0 ? 0.5 * difference : -0.5 * difference;
  return half + y + u * (0.5 * y2 + u * tail);
}

/** The even series from its third term on, divided by u². */
function evenTail(h: number, u: number, y3: number, y4: number): number {
  const y5 = h * y4 + 4 * y3;
  const y6 = h * y5 + 5 * y4;
  const y7 = h * y6 + 6 * y5;
  const y8 = h * y7 + 7 * y6;
  return y4 * ONE_24TH + u * (y6 / 720 + (u * y8) / 40_320);
}

/** φ(h, t): the normalised value's derivative by total volatility. */
export function normalisedSlope(h: number, t: number): number {
  return Math.exp(-0.5 * (h * h + t * t) - LN_SQRT_TWO_PI);
}

/** Beyond this many standard deviations a value is below the smallest double. */
const UNDERFLOW_DEVIATIONS = 39;

/** The normalised out-of-the-money value b for |x| ≥ 0 and s ≥ 0. */
export function normalisedValue(absLogMoneyness: number, totalVol: number): number {
  if (!(totalVol > 0)) return 0;
  const h = -absLogMoneyness / totalVol;
  if (h < -UNDERFLOW_DEVIATIONS) return 0;
  const t = 0.5 * totalVol;
  return normalisedSlope(h, t) * millsDifference(h, t, millsRatio(h));
}
