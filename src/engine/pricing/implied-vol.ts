/** Implied volatility of one option; option-strip.ts tells how it is solved. */
import type { Right } from '../domain/instrument.ts';
import { intrinsicValue } from './black.ts';
import { OptionStrip } from './option-strip.ts';

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

/** In the money, time value is what is left of a subtraction: so much of it is rounding. */
const ROUNDING_UNITS = 4;

const single = new OptionStrip(1);

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
  if (!(timeValue > noise)) return undefined;
  single.strike[0] = strike;
  single.timeValue[0] = timeValue;
  single.setMarket(forward, years);
  single.solve();
  const vol = single.vol[0] ?? Number.NaN;
  return Number.isFinite(vol) ? vol : undefined;
}
