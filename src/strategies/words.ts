/** How strategies write numbers in sentences and figures. */
import type { OptionContract } from '../engine/domain/instrument.ts';
import { newYorkText } from '../engine/domain/session-calendar.ts';
import type { EpochMicros, Price } from '../engine/domain/units.ts';
import { dollarsFromPrice, PRICE_PER_DOLLAR, price } from '../engine/domain/units.ts';

const CENTS_DIGITS = 2;

/** A price per share as text, `$1.23`; a sub-penny price keeps its digits. */
export function dollarsText(value: Price): string {
  const dollars = Math.abs(dollarsFromPrice(value));
  const whole = value % (PRICE_PER_DOLLAR / 100) === 0;
  const text = whole ? dollars.toFixed(CENTS_DIGITS) : String(dollars);
  return value < 0 ? `-$${text}` : `$${text}`;
}

/** A strike as traders write it: `602` or `602.5`. */
export function strikeText(strike: Price): string {
  return String(dollarsFromPrice(strike));
}

/** A contract in a few words: `602 call`. */
export function contractText(contract: OptionContract): string {
  return `${strikeText(contract.strike)} ${contract.right}`;
}

/** New York's clock as `HH:MM`. */
export function clockText(at: EpochMicros): string {
  return newYorkText(at).slice(0, 'HH:MM'.length);
}

/** A signed delta as a trader says it, in points: 0.304 is 30.4, -0.3 is 30. */
export function deltaPoints(delta: number): number {
  return rounded(Math.abs(delta) * 100, 1);
}

/** A number for people: rounded to so many decimals. */
export function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  const scaled = Math.round(value * scale) / scale;
  return scaled === 0 ? 0 : scaled;
}

/** The nearest Price to a fractional number of 1/10,000 dollars. */
export function nearestPrice(tenThousandths: number): Price {
  return price(Math.round(tenThousandths));
}
