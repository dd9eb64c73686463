/**
 * Builds chain slices, bars and market views by hand for tests: a Black model on a strike grid with
 * a linear skew, quotes on the penny grid around the model's mid. Everything is in the units a test
 * is written in (dollars, minutes of the New York day); the answers are in the engine's own.
 */
import type { At } from '../../src/engine/domain/clock.ts';
import type { Greeks } from '../../src/engine/domain/greeks.ts';
import type { OptionContract, Right } from '../../src/engine/domain/instrument.ts';
import type {
  Bar,
  ChainSlice,
  ContractView,
  MarketView,
  Quote,
} from '../../src/engine/domain/market.ts';
import type { SessionTimes } from '../../src/engine/domain/session-calendar.ts';
import { newYorkInstant, sessionTimes } from '../../src/engine/domain/session-calendar.ts';
import type { EpochMicros, Price } from '../../src/engine/domain/units.ts';
import {
  addMicros,
  MICROS_PER_MILLI,
  MICROS_PER_MINUTE,
  priceFromDollars,
  sessionDate,
} from '../../src/engine/domain/units.ts';

export interface SliceOptions {
  /** `YYYY-MM-DD`, a trading day; default 2026-11-20, a full session. */
  readonly date?: string;
  /** Market time as minutes of the New York day; default 630 (10:30). */
  readonly minutes?: number;
  /** Both clocks at once; overrides `minutes`. */
  readonly at?: At;
  /** Dollars; default 600. */
  readonly spot?: number;
  /** At-the-money volatility as a fraction per year; default 0.18 (a 0DTE straddle of about 0.4 % at 10:00). */
  readonly atmVol?: number;
  /** Volatility added per dollar below the spot; default 0.002 (puts dearer than calls). */
  readonly skewPerDollar?: number;
  /** Minutes priced into the options; default from `at` to the session's last trade. */
  readonly minutesToExpiry?: number;
  /** Dollars; default every whole dollar within 75 of the spot. */
  readonly strikes?: readonly number[];
  /** Quoted width in dollars for a mid in dollars; default a penny, or 3 % of the mid if more. */
  readonly quoteWidth?: (mid: number) => number;
  /** Contracts traded and shown, on every row; default 1,000 and 50. */
  readonly volume?: number;
  readonly size?: number;
  /** How long ago the quotes arrived; default 100. */
  readonly quoteAgeMillis?: number;
  readonly epoch?: number;
  /** Changes a finished row, e.g. with `withQuote`; the last thing done. */
  readonly edit?: (row: ContractView) => ContractView;
}

export interface ViewOptions extends SliceOptions {
  readonly bars?: readonly Bar[];
}

/** The session of a date that has one. */
export function buildSession(date = '2026-11-20'): SessionTimes {
  const session = sessionTimes(sessionDate(date));
  if (session === undefined) throw new RangeError(`no session on ${date}`);
  return session;
}

/** A moment of a date in New York on both clocks, e.g. minutes 630.5 for 10:30:30. */
export function buildAt(date: string, minutes: number): At {
  const whole = Math.floor(minutes);
  const micros = Math.round((minutes - whole) * MICROS_PER_MINUTE);
  const market = addMicros(newYorkInstant(sessionDate(date), whole), micros);
  return { market, wall: market };
}

interface Model {
  readonly forward: number;
  readonly volAt: (strike: number) => number;
  readonly years: number;
}

interface Fill {
  readonly options: SliceOptions;
  readonly session: SessionTimes;
  readonly quotedAt: At;
  readonly model: Model;
}

/** Standard normal distribution (Abramowitz and Stegun 26.2.17, error below 7.5e-8). */
export function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly =
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const upper = normalPdf(x) * poly;
  return x >= 0 ? 1 - upper : upper;
}

function normalPdf(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** Black 1976 without discounting, dollars. */
function blackPrice(model: Model, right: Right, strike: number): number {
  const sd = model.volAt(strike) * Math.sqrt(model.years);
  const d1 = Math.log(model.forward / strike) / sd + sd / 2;
  const call = model.forward * normalCdf(d1) - strike * normalCdf(d1 - sd);
  return Math.max(0, right === 'call' ? call : call - model.forward + strike);
}

function blackGreeks(model: Model, right: Right, strike: number): Greeks {
  const vol = model.volAt(strike);
  const sd = vol * Math.sqrt(model.years);
  const d1 = Math.log(model.forward / strike) / sd + sd / 2;
  const delta = right === 'call' ? normalCdf(d1) : normalCdf(d1) - 1;
  const gamma = normalPdf(d1) / (model.forward * sd);
  const thetaPerYear = (-model.forward * normalPdf(d1) * vol) / (2 * Math.sqrt(model.years));
  const theta = thetaPerYear / 365;
  const vega = (model.forward * normalPdf(d1) * Math.sqrt(model.years)) / 100;
  return { delta, gamma, theta, thetaNextHour: theta / 24, vega };
}

function pennies(dollars: number): number {
  return Math.round(dollars * 100) / 100;
}

function defaultQuoteWidth(mid: number): number {
  return Math.max(0.01, pennies(mid * 0.03));
}

/** A quote in dollars; an undefined side has no price. */
export function buildQuote(
  bid: number | undefined,
  ask: number | undefined,
  at: At,
  size = 50,
): Quote {
  return {
    bid: bid === undefined ? undefined : priceFromDollars(bid),
    ask: ask === undefined ? undefined : priceFromDollars(ask),
    bidSize: bid === undefined ? 0 : size,
    askSize: ask === undefined ? 0 : size,
    at,
  };
}

/** The row with another quote, in dollars. */
export function withQuote(
  row: ContractView,
  bid: number | undefined,
  ask: number | undefined,
): ContractView {
  const at = row.quote?.at;
  if (at === undefined) throw new RangeError('the row has no quote to replace');
  return { ...row, quote: buildQuote(bid, ask, at) };
}

/** True for the row of a strike in dollars and a right. */
export function isRow(row: ContractView, right: Right, strike: number): boolean {
  return row.contract.right === right && row.contract.strike === priceFromDollars(strike);
}

function modelQuote(fill: Fill, mid: number): Quote {
  const width = (fill.options.quoteWidth ?? defaultQuoteWidth)(mid);
  const bid = pennies(Math.max(0, Math.floor((mid - width / 2) * 100) / 100));
  const ask = pennies(Math.max(bid + 0.01, bid + width));
  return buildQuote(bid > 0 ? bid : undefined, ask, fill.quotedAt, fill.options.size);
}

function buildRow(fill: Fill, right: Right, strike: number): Omit<ContractView, 'index'> {
  const { model, options, session } = fill;
  const contract: OptionContract = {
    kind: 'option',
    root: 'SPY',
    expiry: session.date,
    right,
    strike: priceFromDollars(strike),
  };
  const mid = blackPrice(model, right, strike);
  const greeks = blackGreeks(model, right, strike);
  return {
    contract,
    quote: modelQuote(fill, mid),
    impliedVol: model.volAt(strike),
    greeks,
    modelled: mid < 0.01,
    last: mid >= 0.005 ? priceFromDollars(pennies(mid)) : undefined,
    volume: options.volume ?? 1_000,
    openInterest: 500,
    feedDelta: greeks.delta,
  };
}

function defaultStrikes(spot: number): number[] {
  const middle = Math.round(spot);
  return Array.from({ length: 151 }, (_, i) => middle - 75 + i);
}

function skewedModel(options: SliceOptions, spot: number, years: number): Model {
  const atmVol = options.atmVol ?? 0.18;
  const skew = options.skewPerDollar ?? 0.002;
  const volAt = (strike: number): number => Math.max(0.05, atmVol + skew * (spot - strike));
  return { forward: spot, volAt, years };
}

/** One consistent slice of a modelled 0DTE chain. Row numbers: all calls, then all puts. */
export function buildSlice(options: SliceOptions = {}): ChainSlice {
  const session = buildSession(options.date);
  const at = options.at ?? buildAt(session.date, options.minutes ?? 630);
  const spot = options.spot ?? 600;
  const left = (session.lastTrade - at.market) / MICROS_PER_MINUTE;
  const years = Math.max(0.25, options.minutesToExpiry ?? left) / 525_600;
  const model = skewedModel(options, spot, years);
  const ageMicros = (options.quoteAgeMillis ?? 100) * MICROS_PER_MILLI;
  const quotedAt = {
    market: addMicros(at.market, -ageMicros),
    wall: addMicros(at.wall, -ageMicros),
  };
  const fill: Fill = { options, session, quotedAt, model };
  const strikes = [...(options.strikes ?? defaultStrikes(spot))].sort((a, b) => a - b);
  const edit = options.edit ?? ((row: ContractView): ContractView => row);
  const rowsOf = (right: Right, base: number): ContractView[] =>
    strikes.map((strike, i) => edit({ index: base + i, ...buildRow(fill, right, strike) }));
  return {
    underlying: 'SPY',
    session,
    epoch: options.epoch ?? 1,
    asOf: quotedAt,
    calls: rowsOf('call', 0),
    puts: rowsOf('put', strikes.length),
    spot: priceFromDollars(spot),
    spotQuote: buildQuote(pennies(spot - 0.01), pennies(spot + 0.01), quotedAt),
    forward: model.forward,
    atmVol: model.volAt(spot),
    expectedMove: blackPrice(model, 'call', spot) + blackPrice(model, 'put', spot),
    yearsToExpiry: years,
  };
}

/** What a strategy sees: a slice and the bars of the day (none by default). */
export function buildView(options: ViewOptions = {}): MarketView {
  const slice = buildSlice(options);
  const at = options.at ?? buildAt(slice.session.date, options.minutes ?? 630);
  return { at, slice, bars: options.bars ?? [] };
}

export interface BarDollars {
  readonly open?: number;
  readonly high?: number;
  readonly low?: number;
  readonly close: number;
  readonly volume?: number;
}

/** One bar in dollars; missing sides follow from open (default the close) and close. */
export function buildBar(startsAt: EpochMicros, bar: BarDollars): Bar {
  const open = bar.open ?? bar.close;
  const dollars = (value: number): Price => priceFromDollars(value);
  return {
    startsAt,
    open: dollars(open),
    high: dollars(bar.high ?? Math.max(open, bar.close)),
    low: dollars(bar.low ?? Math.min(open, bar.close)),
    close: dollars(bar.close),
    volume: bar.volume ?? 100_000,
  };
}

/** One-minute bars from the session's open on; `undefined` leaves that minute out. */
export function buildBars(
  bars: readonly (BarDollars | number | undefined)[],
  date = '2026-11-20',
): Bar[] {
  const { open } = buildSession(date);
  return bars.flatMap((bar, i) => {
    if (bar === undefined) return [];
    const startsAt = addMicros(open, i * MICROS_PER_MINUTE);
    return [buildBar(startsAt, typeof bar === 'number' ? { close: bar } : bar)];
  });
}
