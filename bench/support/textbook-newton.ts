/** Implied volatility as the textbooks solve it: Newton on the price, from Manaster and Koehler's
 * seed (1982), with the normal distribution of Abramowitz and Stegun 26.2.17. */
import type { ImpliedVolInputs } from '../../src/engine/pricing/implied-vol.ts';
import { normalCdf } from '../../test/support/chain-builder.ts';

const STEPS = 50;
const TOLERANCE = 1e-10;
const LEAST_VOL = 1e-4;
const DAYS_PER_YEAR = 365;

export interface TextbookGreeks {
  readonly vol: number;
  readonly delta: number;
  readonly gamma: number;
  readonly theta: number;
  readonly vega: number;
}

function density(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/** Solves for the volatility, then values the option once more for its greeks. */
export function newtonSolve(inputs: ImpliedVolInputs): TextbookGreeks {
  const { right, forward, strike, years, price } = inputs;
  const sign = right === 'call' ? 1 : -1;
  const root = Math.sqrt(years);
  let vol = Math.sqrt((2 * Math.abs(Math.log(forward / strike))) / years) || 0.2;
  for (let step = 0; step < STEPS; step += 1) {
    const d1 = Math.log(forward / strike) / (vol * root) + 0.5 * vol * root;
    const d2 = d1 - vol * root;
    const value = sign * (forward * normalCdf(sign * d1) - strike * normalCdf(sign * d2));
    const vega = forward * root * density(d1);
    const change = (value - price) / vega;
    if (!Number.isFinite(change)) break;
    vol = Math.max(LEAST_VOL, vol - change);
    if (Math.abs(change) < TOLERANCE) break;
  }
  const d1 = Math.log(forward / strike) / (vol * root) + 0.5 * vol * root;
  return {
    vol,
    delta: sign * normalCdf(sign * d1),
    gamma: density(d1) / (forward * vol * root),
    theta: (-forward * density(d1) * vol) / (2 * root * DAYS_PER_YEAR),
    vega: (forward * root * density(d1)) / 100,
  };
}
