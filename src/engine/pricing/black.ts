/**
 * Black's formula on the forward, undiscounted (Black 1976 with a rate of zero: over the hours of a
 * session a discount at 5 % a year takes under half a basis point off a premium, and the parity
 * forward holds the carry). Plain numbers: dollars per share, years of 525,600 minutes, volatility
 * as a fraction per year. Delta and gamma are by the forward; for a same-day expiry the forward and
 * the spot move one for one.
 */
import type { Right } from '../domain/instrument.ts';
import { normalisedValue } from './normalised-black.ts';

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

/** What the option pays if the forward is where it is: never negative. */
export function intrinsicValue(right: Right, forward: number, strike: number): number {
  return Math.max(0, right === 'call' ? forward - strike : strike - forward);
}

/** |ln(forward/strike)|, exact to the last place near the money too. */
function absLogMoneyness(forward: number, strike: number): number {
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
