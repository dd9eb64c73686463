/**
 * Black's formula on the forward, undiscounted (Black 1976 with a rate of zero: over the hours of a
 * session a discount at 5 % a year takes under half a basis point off a premium, and the parity
 * forward holds the carry). Plain numbers: dollars per share, years of 525,600 minutes, volatility
 * as a fraction per year. Delta and gamma are by the forward; for a same-day expiry the forward and
 * the spot move one for one.
 */
import type { Greeks } from '../domain/greeks.ts';
import type { Right } from '../domain/instrument.ts';
import { normalisedValue } from './normalised-black.ts';
import { OptionStrip } from './option-strip.ts';

/** One European option to value. Callers on a hot path keep one such object and write into it. */
export interface BlackInputs {
  readonly right: Right;
  /** Above 0. */
  readonly forward: number;
  /** Above 0. */
  readonly strike: number;
  /** 0 or less means expired: the value is intrinsic. */
  readonly years: number;
  /** 0 or less means certain: the value is intrinsic. */
  readonly vol: number;
}

/** Where `blackInto` writes each number. */
export const BLACK_VALUE = 0;
export const BLACK_DELTA = 1;
export const BLACK_GAMMA = 2;
export const BLACK_THETA = 3;
export const BLACK_THETA_NEXT_HOUR = 4;
export const BLACK_VEGA = 5;
/** Numbers that `blackInto` writes. */
export const BLACK_LENGTH = 6;

/** What the option pays if the forward is where it is: never negative. */
export function intrinsicValue(right: Right, forward: number, strike: number): number {
  return Math.max(0, right === 'call' ? forward - strike : strike - forward);
}

/** |ln(forward/strike)|, exact to the last place near the money too. */
export function absLogMoneyness(forward: number, strike: number): number {
  return Math.abs(Math.log1p((forward - strike) / strike));
}

/** The option's value in dollars per share. */
export function blackValue(inputs: BlackInputs): number {
  const { right, forward, strike, years, vol } = inputs;
  const intrinsic = intrinsicValue(right, forward, strike);
  if (!(years > 0) || !(vol > 0)) return intrinsic;
  const normalised = normalisedValue(absLogMoneyness(forward, strike), vol * Math.sqrt(years));
  return intrinsic + Math.sqrt(forward * strike) * normalised;
}

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
