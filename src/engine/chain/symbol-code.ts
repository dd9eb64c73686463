/** Tickers and dates as numbers, so that a row of float64 cells can carry its contract. */
import { DeltaringError } from '../domain/errors.ts';
import { type SessionDate, sessionDate } from '../domain/units.ts';

const LETTERS = ' ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.';
/** 38^10 is the last power below 2^53, which a float64 holds exactly. */
const MAX_TICKER_LENGTH = 10;

/** A ticker or OCC root as an exact integer. Throws `INPUT_INVALID` on a text that is neither. */
export function codeOfTicker(ticker: string): number {
  let code = 0;
  for (const letter of ticker) code = code * LETTERS.length + LETTERS.indexOf(letter);
  if (!/^[A-Z0-9.]+$/.test(ticker) || ticker.length > MAX_TICKER_LENGTH) {
    throw new DeltaringError(
      'INPUT_INVALID',
      `not a ticker: "${ticker}"; give 1 to ${MAX_TICKER_LENGTH} capital letters, digits or dots`,
    );
  }
  return code;
}

/** The ticker behind a code of `codeOfTicker`. */
export function tickerOfCode(code: number): string {
  let ticker = '';
  for (let left = code; left > 0; left = Math.floor(left / LETTERS.length)) {
    ticker = LETTERS.charAt(left % LETTERS.length) + ticker;
  }
  return ticker;
}

/** A date as the integer yyyymmdd. */
export function codeOfDate(date: SessionDate): number {
  return Number(date.replaceAll('-', ''));
}

/** The date behind a code of `codeOfDate`. */
export function dateOfCode(code: number): SessionDate {
  const digits = String(code).padStart(8, '0');
  return sessionDate(`${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6, 8)}`);
}
