/**
 * Recorded option markets as steps of one day: what stood quoted at a moment, contract by contract.
 * The files lie beside the project (../shared/data) and are read in place.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { OptionContract, Right } from '../../../src/engine/domain/instrument.ts';
import { streamerSymbol } from '../../../src/engine/domain/instrument.ts';
import type { OptionHours } from '../../../src/engine/domain/session-calendar.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../../src/engine/domain/units.ts';
import { priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';

const FOLDER = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const GOOG_QUOTES = 'public/lean_goog_0dte_1dte_minute_quotes_2015.csv.gz';
const SPXW_QUOTES = 'public/lean_spx_spxw_spy_minute_quotes.csv.gz';
const UNDERLYING_BARS = 'public/lean_underlying_minute.csv.gz';
const SPXW_MIDS = 'internal/spxw_0dte_mids_2023_2026.csv.gz';
const SPXW_REFERENCE = 'internal/spxw_0dte_iv_delta_reference.csv.gz';
/** Half the width that a set of mids is quoted with, dollars. */
const HALF_WIDTH = 0.025;
const GOOG_DATE = sessionDate('2015-12-24');

/** Two sides in dollars; 0 is no price. */
export interface RealQuote {
  readonly contract: OptionContract;
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
}

export interface RealStep {
  readonly at: EpochMicros;
  readonly spot: number;
  /** What is quoted from now on, by streamer symbol; what is not named stands as it stood. */
  readonly quotes: ReadonlyMap<string, RealQuote>;
}

/** One same-day market. */
export interface RealDay {
  readonly name: string;
  readonly underlying: string;
  readonly date: SessionDate;
  readonly hours: OptionHours;
  /** True where each quote was taken at its own moment within the minute. */
  readonly isAsynchronous: boolean;
  readonly contracts: readonly OptionContract[];
  readonly steps: readonly RealStep[];
}

/** The day with calls quoted as puts, and puts as calls. */
export function swappedRights(day: RealDay): RealDay {
  const swap = (quote: RealQuote): readonly [string, RealQuote] => {
    const right: Right = quote.contract.right === 'call' ? 'put' : 'call';
    const contract = { ...quote.contract, right };
    return [streamerSymbol(contract), { ...quote, contract }];
  };
  const steps = day.steps.map((step) => {
    return { ...step, quotes: new Map(Array.from(step.quotes.values(), swap)) };
  });
  return { ...day, steps };
}

/** True where the files are at hand. */
export function hasRealData(): boolean {
  const files = [GOOG_QUOTES, SPXW_QUOTES, UNDERLYING_BARS, SPXW_MIDS, SPXW_REFERENCE];
  return files.every((file) => existsSync(FOLDER + file));
}

function rowsOf(file: string): string[][] {
  const text = gunzipSync(readFileSync(FOLDER + file)).toString('utf8');
  const lines = text.trimEnd().split('\n').slice(1);
  return lines.map((line) => line.split(','));
}

function minuteOf(clock: string): number {
  const [hours = '', minutes = ''] = clock.split(':');
  return Number(hours) * 60 + Number(minutes);
}

interface Found {
  readonly root: string;
  readonly date: SessionDate;
  readonly right: Right;
  readonly strike: string;
}

function contractOf({ root, date, right, strike }: Found): OptionContract {
  const dollars = priceFromDollars(Number(strike));
  return { kind: 'option', root, expiry: date, right, strike: dollars };
}

/** Closing prices of a ticker's minute bars, by the minute at which they end. */
function spotsOf(ticker: string, date: SessionDate): ReadonlyMap<number, number> {
  const spots = new Map<number, number>();
  for (const [symbol, day, clock = '', , , , close] of rowsOf(UNDERLYING_BARS)) {
    if (symbol === ticker && day === date) spots.set(minuteOf(clock) + 1, Number(close));
  }
  return spots;
}

/** One day of a file of minute quotes: what a minute's last quote was, at the minute's end. */
function minuteQuotesOf(
  file: string,
  facts: Omit<RealDay, 'contracts' | 'steps' | 'isAsynchronous'> & { readonly root: string },
): RealDay {
  const { root, date, underlying } = facts;
  const spots = spotsOf(underlying, date);
  const minutes = new Map<number, Map<string, RealQuote>>();
  const contracts = new Map<string, OptionContract>();
  for (const row of rowsOf(file)) {
    const [name = '', day, expiry, clock = '', letter, strike = ''] = row;
    if (name !== root || day !== date || expiry !== date) continue;
    const contract = contractOf({ root, date, right: letter === 'C' ? 'call' : 'put', strike });
    const symbol = streamerSymbol(contract);
    contracts.set(symbol, contract);
    const [bid, bidSize, ask, askSize] = [row[9], row[10], row[14], row[15]].map(Number);
    const minute = minuteOf(clock) + 1;
    const quotes = minutes.get(minute) ?? new Map<string, RealQuote>();
    minutes.set(minute, quotes);
    quotes.set(symbol, {
      contract,
      bid: bid ?? 0,
      ask: ask ?? 0,
      bidSize: bidSize ?? 0,
      askSize: askSize ?? 0,
    });
  }
  const steps = [...minutes].toSorted(([a], [b]) => a - b);
  return {
    ...facts,
    isAsynchronous: false,
    contracts: [...contracts.values()],
    steps: steps.flatMap(([minute, quotes]) => {
      const spot = spots.get(minute);
      return spot === undefined ? [] : [{ at: newYorkInstant(date, minute), spot, quotes }];
    }),
  };
}

/** GOOG's options on their last day, a half day: 176 contracts. */
export function googHalfDay(): RealDay {
  return minuteQuotesOf(GOOG_QUOTES, {
    name: 'GOOG 2015-12-24',
    underlying: 'GOOG',
    root: 'GOOG',
    date: GOOG_DATE,
    hours: { minutesAfterMark: 0 },
  });
}

/** SPXW at two strikes on the days of January 2021 on which they expired. */
export function spxwMinuteDays(): readonly RealDay[] {
  return ['2021-01-04', '2021-01-06', '2021-01-08'].map((date) =>
    minuteQuotesOf(SPXW_QUOTES, {
      name: `SPXW ${date}`,
      underlying: 'SPX',
      root: 'SPXW',
      date: sessionDate(date),
      hours: { minutesAfterMark: 0 },
    }),
  );
}

/** SPXW same-day mids at nine clock times a session, each quoted a nickel wide. */
export function spxwMidDays(): readonly RealDay[] {
  const days = new Map<string, Map<string, string[][]>>();
  for (const row of rowsOf(SPXW_MIDS)) {
    const [date = '', clock = ''] = row;
    const day = days.get(date) ?? new Map<string, string[][]>();
    days.set(date, day);
    const rows = day.get(clock) ?? [];
    day.set(clock, rows);
    rows.push(row);
  }
  return [...days].map(([date, clocks]) => midDay(sessionDate(date), clocks));
}

/** The mids are those of a minute's trades: its middle is their time. */
function midMinute(date: SessionDate, clock: string): EpochMicros {
  return newYorkInstant(date, minuteOf(clock) + 0.5);
}

function midDay(date: SessionDate, clocks: ReadonlyMap<string, string[][]>): RealDay {
  const contracts = new Map<string, OptionContract>();
  const steps = [...clocks].map(([clock, rows]): RealStep => {
    const quotes = new Map<string, RealQuote>();
    for (const symbol of contracts.keys()) quotes.set(symbol, gone(contracts.get(symbol)));
    for (const [, , , , strike = '', call = '', put = ''] of rows) {
      for (const [right, text] of [
        ['call', call],
        ['put', put],
      ] as const) {
        const contract = contractOf({ root: 'SPXW', date, right, strike });
        const symbol = streamerSymbol(contract);
        contracts.set(symbol, contract);
        const mid = Number(text);
        const isQuoted = text !== '' && mid > HALF_WIDTH;
        const sides = isQuoted
          ? { bid: mid - HALF_WIDTH, ask: mid + HALF_WIDTH }
          : { bid: 0, ask: 0 };
        quotes.set(symbol, { contract, ...sides, bidSize: 1, askSize: 1 });
      }
    }
    return { at: midMinute(date, clock), spot: Number(rows[0]?.[2]), quotes };
  });
  return {
    name: `SPXW ${date}`,
    underlying: 'SPX',
    date,
    hours: { minutesAfterMark: 0 },
    isAsynchronous: true,
    contracts: [...contracts.values()],
    steps,
  };
}

function gone(contract: OptionContract | undefined): RealQuote {
  if (contract === undefined) throw new Error('a quote has a contract');
  return { contract, bid: 0, ask: 0, bidSize: 0, askSize: 0 };
}

/** Volatility and delta of a point of the mids, worked out elsewhere, by `date time streamer`. */
export interface ReferencePoint {
  readonly forward: number;
  readonly vol: number;
  readonly delta: number;
}

export function spxwReference(): ReadonlyMap<string, ReferencePoint> {
  const points = new Map<string, ReferencePoint>();
  for (const row of rowsOf(SPXW_REFERENCE)) {
    const [date = '', clock = '', , forward, letter, strike = '', , vol = '', delta] = row;
    if (vol === '' || vol === 'nan') continue;
    const right = letter === 'C' ? 'call' : 'put';
    const contract = contractOf({ root: 'SPXW', date: sessionDate(date), right, strike });
    const at = midMinute(sessionDate(date), clock);
    points.set(`${at} ${streamerSymbol(contract)}`, {
      forward: Number(forward),
      vol: Number(vol),
      delta: Number(delta),
    });
  }
  return points;
}
