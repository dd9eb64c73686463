/**
 * The law of the spot at expiry, and option values under it: a mixture of three normal laws around
 * the forward (Bachelier 1900, mixed). Any such mixture prices without arbitrage: values fall and
 * are convex in the strike, calls and puts keep parity, and both end at intrinsic value.
 */

interface Component {
  readonly weight: number;
  /** Mean, in units of the standard deviation of the at-the-money straddle. */
  readonly shift: number;
  /** Standard deviation in the same unit. */
  readonly scale: number;
}

/** Fitted to median implied volatilities of SPXW options on their last day, by distance from the
 * forward in standard deviations; that shape hardly changes from 09:35 to 15:30. The weighted
 * shifts sum to zero. Worst misfit 0.013 of at-the-money volatility within four deviations. */
const MEAN_SHIFTS: readonly Component[] = [
  { weight: 0.699, shift: 0.22606, scale: 0.7961 },
  { weight: 0.29793, shift: -0.50689, scale: 1.20722 },
  { weight: 0.00307, shift: (0.29793 * 0.50689 - 0.699 * 0.22606) / 0.00307, scale: 9.61125 },
];

/** Below this many dollars nothing moves any more. */
const LEAST_DEVIATION = 1e-9;
const INVERSE_SQRT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);

/** The standard normal density. */
export function normalDensity(x: number): number {
  return INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * x * x);
}

/** The standard normal distribution (W. J. Cody's bounds by G. West 2005, Hart's algorithm):
 * absolute error below 1e-14, and correct relative size in the far tail. */
export function normalDistribution(x: number): number {
  const size = Math.abs(x);
  if (size > 37) return x > 0 ? 1 : 0;
  const upper = Math.exp(-0.5 * size * size) * (size < 7.07106781186547 ? hart(size) : tail(size));
  return x > 0 ? 1 - upper : upper;
}

function hart(x: number): number {
  let above = 3.52624965998911e-2 * x + 0.700383064443688;
  above = above * x + 6.37396220353165;
  above = above * x + 33.912866078383;
  above = above * x + 112.079291497871;
  above = above * x + 221.213596169931;
  above = above * x + 220.206867912376;
  let below = 8.83883476483184e-2 * x + 1.75566716318264;
  below = below * x + 16.064177579207;
  below = below * x + 86.7807322029461;
  below = below * x + 296.564248779674;
  below = below * x + 637.333633378831;
  below = below * x + 793.826512519948;
  below = below * x + 440.413735824752;
  return above / below;
}

function tail(x: number): number {
  return INVERSE_SQRT_TWO_PI / (x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65)))));
}

/** What a call is worth, dollars per share. `deviation` is the standard deviation of the spot at
 * expiry in dollars; at zero the answer is intrinsic value. */
export function callValue(forward: number, strike: number, deviation: number): number {
  if (deviation < LEAST_DEVIATION) return Math.max(0, forward - strike);
  let value = 0;
  for (const { weight, shift, scale } of MEAN_SHIFTS) {
    const spread = scale * deviation;
    const distance = (forward + shift * deviation - strike) / spread;
    value += weight * spread * (normalDensity(distance) + distance * normalDistribution(distance));
  }
  return value;
}

/** What a put is worth, dollars per share, by the same law. */
export function putValue(forward: number, strike: number, deviation: number): number {
  if (deviation < LEAST_DEVIATION) return Math.max(0, strike - forward);
  let value = 0;
  for (const { weight, shift, scale } of MEAN_SHIFTS) {
    const spread = scale * deviation;
    const distance = (strike - forward - shift * deviation) / spread;
    value += weight * spread * (normalDensity(distance) + distance * normalDistribution(distance));
  }
  return value;
}
