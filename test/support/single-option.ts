/** One option priced, or its volatility found, by a strip of one: for tests that compare with
 * references option by option. */
import type { Greeks } from '../../src/engine/domain/greeks.ts';
import type { Right } from '../../src/engine/domain/instrument.ts';
import { type BlackInputs, intrinsicValue } from '../../src/engine/pricing/black.ts';
import { OptionStrip } from '../../src/engine/pricing/option-strip.ts';

/** Where `blackInto` writes each number. */
export const BLACK_VALUE = 0;
export const BLACK_DELTA = 1;
export const BLACK_GAMMA = 2;
export const BLACK_THETA = 3;
export const BLACK_THETA_NEXT_HOUR = 4;
export const BLACK_VEGA = 5;
/** Numbers that `blackInto` writes. */
export const BLACK_LENGTH = 6;

const single = new OptionStrip(1);

/** Writes value, delta, gamma, theta, thetaNextHour and vega of one long option to `out`, at the
 * BLACK_ indices, in the units of `Greeks`. Allocates nothing. */
export function blackInto(out: Float64Array, inputs: BlackInputs): void {
  const { right, forward, strike, years, vol } = inputs;
  const intrinsic = intrinsicValue(right, forward, strike);
  if (!(years > 0) || !(vol > 0)) {
    out.fill(0, 0, BLACK_LENGTH);
    out[BLACK_VALUE] = intrinsic;
    out[BLACK_DELTA] = certainDelta(right, forward, strike);
    return;
  }
  single.strike[0] = strike;
  single.vol[0] = vol;
  single.setMarket(forward, years);
  single.value();
  const delta = single.delta[0] ?? 0;
  const isOutOfTheMoney = strike >= forward === (right === 'call');
  out[BLACK_VALUE] = intrinsic + (single.timeValue[0] ?? 0);
  out[BLACK_DELTA] = isOutOfTheMoney ? delta : right === 'call' ? delta + 1 : delta - 1;
  out[BLACK_GAMMA] = single.gamma[0] ?? 0;
  out[BLACK_THETA] = single.theta[0] ?? 0;
  out[BLACK_THETA_NEXT_HOUR] = single.thetaNextHour[0] ?? 0;
  out[BLACK_VEGA] = single.vega[0] ?? 0;
}

/** Delta where nothing is left to chance; half a share exactly at the strike. */
function certainDelta(right: Right, forward: number, strike: number): number {
  const callDelta = forward > strike ? 1 : forward < strike ? 0 : 0.5;
  return right === 'call' ? callDelta : callDelta - 1;
}

/** The greeks of one long option, as a fresh object. */
export function blackGreeks(inputs: BlackInputs): Greeks {
  const out = new Float64Array(BLACK_LENGTH);
  blackInto(out, inputs);
  const [, delta = 0, gamma = 0, theta = 0, thetaNextHour = 0, vega = 0] = out;
  return { delta, gamma, theta, thetaNextHour, vega };
}

/** What an option costs: dollars per share, years of 525,600 minutes. */
export interface ImpliedVolInputs {
  readonly right: Right;
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  readonly price: number;
}

/** In the money, time value is what is left of a subtraction: so much of it is rounding. */
const ROUNDING_UNITS = 4;

/** The volatility at which Black's formula gives `price`; undefined where none does, within what
 * rounding leaves of an in-the-money price. */
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
