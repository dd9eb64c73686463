import { unreachable } from '../domain/assert.ts';
import type { At } from '../domain/clock.ts';
import type { Bar } from '../domain/market.ts';
import type { Price } from '../domain/units.ts';
import {
  epochMicrosFromMillis,
  MICROS_PER_MILLI,
  price,
  priceFromDollars,
} from '../domain/units.ts';
import { canonicalCandleSymbol } from './candle-symbol.ts';
import type { FrameFault } from './error-classes.ts';
import { EVENT_FLAGS } from './event-flags.ts';
import { isNumberType, NUMBERS_PER_EVENT, type NumberType } from './event-numbers.ts';
import { NO_KEY } from './feed-handler.ts';
import type { FeedType } from './feed-subscription.ts';
import { MAX_SYMBOL_LENGTH } from './feed-subscription.ts';
import type { FrameCalls } from './frame-calls.ts';
import { finiteOf, isAbsentNumber } from './wire-value.ts';

/** Highest price believed, in dollars per share. */
export const MAX_PRICE_DOLLARS = 10_000_000;
/** Highest implied volatility believed, as a fraction per year. */
export const MAX_IMPLIED_VOL = 100;
/** Highest count (size, volume, open interest) believed. */
export const MAX_COUNT = 1e15;
/** Event times before this instant, 2000-01-01, are not believed. */
export const MIN_EVENT_MILLIS = 946_684_800_000;
/** How far past market time an event may be stamped: time zones and clocks differ by less. */
export const MAX_EVENT_LEAD_MILLIS = 24 * 60 * 60 * 1_000;
/** Rounding that a delta may carry beyond 1. */
const DELTA_SLACK = 1e-6;
const MAX_CACHED_SYMBOLS = 1_000;

/**
 * Checks the values of one event and makes its call. The complete decoders put the raw values into
 * `raw`, in the order of WANTED_FIELDS, and call `read`; the byte decoder has numbers already and
 * calls `event`. Both end in the same checks, so that COMPACT and FULL, text and bytes cannot come to
 * mean different things.
 */
export class EventReader {
  /** The raw values of the event at hand. */
  readonly raw: unknown[] = [];
  /** The key of the event's symbol (see FeedHandler); whoever knows one sets it before the event. */
  key = NO_KEY;
  private readonly calls: FrameCalls;
  private readonly numbers = new Float64Array(NUMBERS_PER_EVENT);
  private readonly tradeUpdate = { price: price(0), size: 0, dayVolume: NaN, timeMillis: NaN };
  private readonly greeksUpdate = { delta: 0.5, impliedVol: 0.5, timeMillis: NaN };
  private readonly candleSymbols = new Map<string, string>();
  private channel: number | undefined;
  private latestMillis = 0;

  constructor(calls: FrameCalls) {
    this.calls = calls;
  }

  /** Begins a frame of data that came at `at` on `channel`. */
  startFrame(channel: number | undefined, at: At): void {
    this.channel = channel;
    this.latestMillis = at.market / MICROS_PER_MILLI + MAX_EVENT_LEAD_MILLIS;
  }

  /** Counts a fault of the frame at hand. */
  fault(fault: FrameFault): void {
    this.calls.fault(fault, this.channel);
  }

  /** Reads the event in `raw`. A value that cannot be true is absent and counted. */
  read(type: FeedType): void {
    const symbol = this.raw[0];
    if (typeof symbol !== 'string' || symbol === '' || symbol.length > MAX_SYMBOL_LENGTH) {
      this.fault('badRow');
      return;
    }
    const key = type === 'Candle' ? this.canonical(symbol) : symbol;
    this.calls.heard(type, key);
    if (isNumberType(type)) {
      for (let i = 0; i < NUMBERS_PER_EVENT; i += 1) this.numbers[i] = this.numberOrNaN(i + 1);
      this.event(type, key, this.numbers, 0);
    } else if (type === 'TimeAndSale') this.sale(key);
    else this.candle(key);
  }

  /** Makes the call of an event that is all numbers: those from `first` on in `numbers`, in the order
   * of WANTED_FIELDS behind the symbol, each finite, or NaN where it is absent. Allocates nothing. */
  event(type: NumberType, symbol: string, numbers: Float64Array, first: number): void {
    switch (type) {
      case 'Quote':
        this.quote(symbol, numbers, first);
        break;
      case 'Trade':
        this.trade(symbol, numbers, first);
        break;
      case 'Greeks':
        this.greeks(symbol, numbers, first);
        break;
      case 'Summary':
        this.summary(symbol, numbers, first);
        break;
      default:
        unreachable(type);
    }
  }

  private quote(symbol: string, numbers: Float64Array, first: number): void {
    const bid = this.price(numbers[first] ?? NaN);
    const ask = this.price(numbers[first + 1] ?? NaN);
    const bidSize = bid === undefined ? 0 : (this.count(numbers[first + 2] ?? NaN) ?? 0);
    const askSize = ask === undefined ? 0 : (this.count(numbers[first + 3] ?? NaN) ?? 0);
    this.calls.handler.quote(symbol, bid, ask, bidSize, askSize, this.key);
  }

  /** Makes the call of a quote whose numbers row-scan.wat has judged as `event` would: from `first`
   * on two prices, 0 for a side without one, and two sizes. Allocates nothing. */
  plainQuote(symbol: string, wholes: Int32Array, first: number): void {
    const bid = wholes[first] ?? 0;
    const ask = wholes[first + 1] ?? 0;
    this.calls.handler.quote(
      symbol,
      bid === 0 ? undefined : price(bid),
      ask === 0 ? undefined : price(ask),
      bid === 0 ? 0 : (wholes[first + 2] ?? 0),
      ask === 0 ? 0 : (wholes[first + 3] ?? 0),
      this.key,
    );
  }

  private trade(symbol: string, numbers: Float64Array, first: number): void {
    const traded = this.price(numbers[first + 1] ?? NaN);
    if (traded === undefined) return;
    const update = this.tradeUpdate;
    update.price = traded;
    update.size = this.count(numbers[first + 2] ?? NaN) ?? 0;
    update.dayVolume = this.count(numbers[first + 3] ?? NaN) ?? NaN;
    update.timeMillis = this.time(numbers[first] ?? NaN) ?? NaN;
    this.calls.handler.trade(symbol, update);
  }

  private greeks(symbol: string, numbers: Float64Array, first: number): void {
    const delta = numbers[first + 1] ?? NaN;
    const impliedVol = numbers[first + 2] ?? NaN;
    if (Number.isNaN(delta) || Number.isNaN(impliedVol)) return;
    const isCredible =
      Math.abs(delta) <= 1 + DELTA_SLACK && impliedVol > 0 && impliedVol <= MAX_IMPLIED_VOL;
    if (!isCredible) {
      this.fault('outOfRange');
      return;
    }
    const update = this.greeksUpdate;
    update.delta = Math.min(1, Math.max(-1, delta));
    update.impliedVol = impliedVol;
    update.timeMillis = this.time(numbers[first] ?? NaN) ?? NaN;
    this.calls.handler.greeks(symbol, update);
  }

  private summary(symbol: string, numbers: Float64Array, first: number): void {
    this.calls.handler.summary(symbol, {
      openInterest: this.count(numbers[first] ?? NaN),
      dayOpen: this.price(numbers[first + 1] ?? NaN),
      prevClose: this.price(numbers[first + 2] ?? NaN),
    });
  }

  private sale(symbol: string): void {
    const timeMillis = this.time(this.numberOrNaN(2));
    const sold = this.price(this.numberOrNaN(4));
    if (timeMillis === undefined || sold === undefined) return;
    const [, flags, , , , , side, kind] = this.raw;
    const isRemoved = typeof flags === 'number' && (flags & EVENT_FLAGS.removeEvent) !== 0;
    this.calls.sale(symbol, {
      kind:
        kind === 'CANCEL' || isRemoved ? 'cancel' : kind === 'CORRECTION' ? 'correction' : 'new',
      price: sold,
      size: this.count(this.numberOrNaN(5)) ?? 0,
      timeMillis,
      sequence: this.count(this.numberOrNaN(3)),
      aggressor: side === 'BUY' ? 'buy' : side === 'SELL' ? 'sell' : undefined,
    });
  }

  private candle(symbol: string): void {
    const timeMillis = this.time(this.numberOrNaN(2));
    const bar = timeMillis === undefined ? undefined : this.bar(timeMillis);
    const flags = this.count(this.numberOrNaN(1)) ?? 0;
    this.calls.candleRow(symbol, {
      flags,
      timeMillis,
      sequence: this.count(this.numberOrNaN(3)) ?? 0,
      bar,
    });
  }

  /** The bar in `raw`; undefined for a marker without prices, and, counted, for a bar that cannot
   * be true. An unknown volume is 0. */
  private bar(timeMillis: number): Bar | undefined {
    const values = this.raw;
    const prices = [values[4], values[5], values[6], values[7]];
    if (prices.every(isAbsentNumber)) return undefined;
    const [open, high, low, close] = [4, 5, 6, 7].map((field) =>
      this.price(this.numberOrNaN(field)),
    );
    const isWhole =
      open !== undefined && high !== undefined && low !== undefined && close !== undefined;
    if (!isWhole || high < Math.max(open, low, close) || low > Math.min(open, close)) {
      this.fault('poisonCandle');
      return undefined;
    }
    const startsAt = epochMicrosFromMillis(timeMillis);
    return { startsAt, open, high, low, close, volume: this.count(this.numberOrNaN(8)) ?? 0 };
  }

  /** The number in a raw field; NaN where it is absent, and, counted, where it is none. */
  private numberOrNaN(field: number): number {
    const value = this.raw[field];
    const number = finiteOf(value);
    if (number !== undefined) return number;
    if (!isAbsentNumber(value)) this.fault('badScalar');
    return NaN;
  }

  /** A price above zero. Zero is how the feed writes a side without one. */
  private price(dollars: number): Price | undefined {
    if (dollars > 0 && dollars <= MAX_PRICE_DOLLARS) {
      const found = priceFromDollars(dollars);
      return found === 0 ? undefined : found;
    }
    if (dollars !== 0 && !Number.isNaN(dollars)) this.fault('outOfRange');
    return undefined;
  }

  private count(number: number): number | undefined {
    if (number > 0 && number <= MAX_COUNT) return number;
    if (number === 0) return 0;
    if (!Number.isNaN(number)) this.fault('outOfRange');
    return undefined;
  }

  /** A time in the window of plausible ones. Zero is how the feed writes no time. */
  private time(millis: number): number | undefined {
    if (Number.isNaN(millis) || millis === 0) return undefined;
    if (millis >= MIN_EVENT_MILLIS && millis <= this.latestMillis) return Math.trunc(millis);
    this.fault('outOfRange');
    return undefined;
  }

  private canonical(symbol: string): string {
    const known = this.candleSymbols.get(symbol);
    if (known !== undefined) return known;
    const canonical = canonicalCandleSymbol(symbol);
    if (this.candleSymbols.size >= MAX_CACHED_SYMBOLS) this.candleSymbols.clear();
    this.candleSymbols.set(symbol, canonical);
    return canonical;
  }
}
