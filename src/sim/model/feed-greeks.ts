/**
 * Greeks as a market data vendor sends them: Black and Scholes (1973) at zero rate, from the
 * volatility implied in the option's value, with time to expiry never below half an hour (dxFeed
 * holds it there). Not used by the simulator itself.
 */
import { normalDensity, normalDistribution } from './terminal-law.ts';

const MINUTES_PER_YEAR = 525_600;
const FLOOR_MINUTES = 30;
const LOWEST_DEVIATION = 1e-6;
const HIGHEST_DEVIATION = 4;
const HALVINGS = 48;
const DAYS_PER_YEAR = 365;

/** Per share of one option, dollars; theta per day, vega and rho per point. */
export interface FeedGreeks {
  readonly price: number;
  readonly volatility: number;
  readonly delta: number;
  readonly gamma: number;
  readonly theta: number;
  readonly rho: number;
  readonly vega: number;
}

/** An option as the vendor's formula sees it. `otmValue` is the value of whichever of the call and
 * the put of this strike is out of the money, dollars per share. */
export interface VendorInput {
  readonly isCall: boolean;
  readonly forward: number;
  readonly strike: number;
  readonly value: number;
  readonly otmValue: number;
  readonly minutesLeft: number;
}

/** What the vendor sends, or undefined when no volatility gives the value. */
export function feedGreeks(input: VendorInput): FeedGreeks | undefined {
  const deviation = impliedDeviation(input);
  if (deviation === undefined || input.minutesLeft <= 0) return undefined;
  const volatility = deviation / Math.sqrt(input.minutesLeft / MINUTES_PER_YEAR);
  const years = Math.max(input.minutesLeft, FLOOR_MINUTES) / MINUTES_PER_YEAR;
  const total = volatility * Math.sqrt(years);
  const d1 = Math.log(input.forward / input.strike) / total + total / 2;
  const density = normalDensity(d1);
  const delta = input.isCall ? normalDistribution(d1) : normalDistribution(d1) - 1;
  const d2 = d1 - total;
  const exercised = input.isCall ? normalDistribution(d2) : -normalDistribution(-d2);
  return {
    price: input.value,
    volatility,
    delta,
    gamma: density / (input.forward * total),
    theta: (-input.forward * density * volatility) / (2 * Math.sqrt(years)) / DAYS_PER_YEAR,
    rho: (input.strike * years * exercised) / 100,
    vega: (input.forward * density * Math.sqrt(years)) / 100,
  };
}

function impliedDeviation({ forward, strike, otmValue }: VendorInput): number | undefined {
  if (otmValue < 1e-7) return undefined;
  let low = LOWEST_DEVIATION;
  let high = HIGHEST_DEVIATION;
  if (otmLognormal(forward, strike, high) < otmValue) return undefined;
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (low + high) / 2;
    if (otmLognormal(forward, strike, middle) > otmValue) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

function otmLognormal(forward: number, strike: number, deviation: number): number {
  const d1 = Math.log(forward / strike) / deviation + deviation / 2;
  const d2 = d1 - deviation;
  return strike >= forward
    ? forward * normalDistribution(d1) - strike * normalDistribution(d2)
    : strike * normalDistribution(-d2) - forward * normalDistribution(-d1);
}
