/** Implied volatility as the textbooks solve it: Newton on the price, from Manaster and Koehler's
 * seed (1982), with Cody's normal distribution. */
import { normalCdf } from '../../src/engine/pricing/normal.ts';

const STEPS = 50;
const TOLERANCE = 1e-10;
const LEAST_VOL = 1e-4;
const DAYS_PER_YEAR = 365;
const YEARS_PER_HOUR = 60 / 525_600;

/** An out-of-the-money option: dollars per share, years of 525,600 minutes. */
export interface TextbookOption {
  /** 1 for a call, -1 for a put. */
  readonly sign: number;
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  readonly price: number;
}

/** Where `newtonInto` writes each number. */
export const VOL = 0;
export const DELTA = 1;
const GAMMA = 2;
const THETA = 3;
const THETA_NEXT_HOUR = 4;
const VEGA = 5;
export const NEWTON_LENGTH = 6;

function density(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

function priceOf({ sign, forward, strike }: TextbookOption, d1: number, total: number): number {
  return sign * (forward * normalCdf(sign * d1) - strike * normalCdf(sign * (d1 - total)));
}

/** Solves for the volatility, then values the option once more for its five greeks. */
export function newtonInto(out: Float64Array, option: TextbookOption): void {
  const { sign, forward, strike, years, price } = option;
  const root = Math.sqrt(years);
  const moneyness = Math.log(forward / strike);
  let vol = Math.sqrt((2 * Math.abs(moneyness)) / years) || 0.2;
  for (let step = 0; step < STEPS; step += 1) {
    const d1 = moneyness / (vol * root) + 0.5 * vol * root;
    const change = (priceOf(option, d1, vol * root) - price) / (forward * root * density(d1));
    if (!Number.isFinite(change)) break;
    vol = Math.max(LEAST_VOL, vol - change);
    if (Math.abs(change) < TOLERANCE) break;
  }
  const d1 = moneyness / (vol * root) + 0.5 * vol * root;
  const laterTotal = vol * Math.sqrt(Math.max(0, years - YEARS_PER_HOUR));
  out[VOL] = vol;
  out[DELTA] = sign * normalCdf(sign * d1);
  out[GAMMA] = density(d1) / (forward * vol * root);
  out[THETA] = (-forward * density(d1) * vol) / (2 * root * DAYS_PER_YEAR);
  out[THETA_NEXT_HOUR] =
    priceOf(option, moneyness / laterTotal + 0.5 * laterTotal, laterTotal) - price;
  out[VEGA] = (forward * root * density(d1)) / 100;
}
