/** Reads the reference tables of option prices kept beside the project. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Right } from '../../src/engine/domain/instrument.ts';

/** The lines of a CSV file (gzipped or not) without its header, split at commas. */
export function csvRows(path: string): readonly (readonly string[])[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const lines = text.trim().split('\n').slice(1);
  return lines.map((line) => line.split(','));
}

/** One reference option brought to the forward: undiscounted value and forward greeks. */
export interface ReferenceOption {
  readonly line: string;
  readonly right: Right;
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  readonly vol: number;
  readonly value: number;
  readonly delta: number;
  readonly gamma: number;
  /** Per 1.0 of volatility. */
  readonly vega: number;
  /** True where rate and yield are zero, so that nothing was converted. */
  readonly pure: boolean;
}

export interface SpotOption {
  readonly line: string;
  readonly right: Right;
  readonly spot: number;
  readonly strike: number;
  readonly years: number;
  readonly rate: number;
  readonly dividendYield: number;
  readonly vol: number;
  readonly price: number;
  readonly delta: number;
  readonly gamma: number;
  readonly vega: number;
}

/** Takes a Black-Scholes-Merton option to Black's formula on the forward. */
export function onForward(row: SpotOption): ReferenceOption {
  const growth = Math.exp((row.rate - row.dividendYield) * row.years);
  const undiscount = Math.exp(row.rate * row.years);
  const { line, right, strike, years, vol } = row;
  return {
    line,
    right,
    forward: row.spot * growth,
    strike,
    years,
    vol,
    value: row.price * undiscount,
    delta: row.delta * Math.exp(row.dividendYield * row.years),
    gamma: (row.gamma * Math.exp(row.dividendYield * row.years)) / growth,
    vega: row.vega * undiscount,
    pure: row.rate === 0 && row.dividendYield === 0,
  };
}

/** The same-day table: cp,S,K,minutes,r,q,sigma,price,delta,gamma,vega,theta,rho. */
export function sameDayOptions(path: string): readonly ReferenceOption[] {
  return csvRows(path).map((cells) => {
    const [s, k, minutes, rate, dividendYield, vol, price, delta, gamma, vega] = cells
      .slice(1)
      .map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return onForward({
      line: cells.join(','),
      right: cells[0] === 'C' ? 'call' : 'put',
      spot: s,
      strike: k,
      years: minutes / 525_600,
      rate,
      dividendYield,
      vol,
      price,
      delta,
      gamma,
      vega,
    });
  });
}

/** Whether an option is out of the money or at it. */
export function isOutOfTheMoney(option: ReferenceOption): boolean {
  const { forward, strike } = option;
  return option.right === 'call' ? strike >= forward : strike <= forward;
}

/** |a - b| relative to b; 0 where they are equal. */
export function relativeError(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b) / Math.abs(b);
}
