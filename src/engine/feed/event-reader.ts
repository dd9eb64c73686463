import { unreachable } from '../domain/assert.ts';
import type { At } from '../domain/clock.ts';
import type { Bar } from '../domain/market.ts';
import type { Price } from '../domain/units.ts';
import { epochMicrosFromMillis, MICROS_PER_MILLI, priceFromDollars } from '../domain/units.ts';
import { canonicalCandleSymbol } from './candle-symbol.ts';
import type { FrameFault } from './error-classes.ts';
import { EVENT_FLAGS } from './event-flags.ts';
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
 * Checks the values of one event and makes its call. Both decoders put the raw values into `raw`,
 * in the order of WANTED_FIELDS, and call `read`; so COMPACT and FULL cannot come to mean different
 * things.
 */
export class EventReader {
  /** The raw values of the event at hand. */
  readonly raw: unknown[] = [];
  private readonly calls: FrameCalls;
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
    switch (type) {
      case 'Quote':
        this.quote(key);
        break;
      case 'Trade':
        this.trade(key);
        break;
      case 'Greeks':
        this.greeks(key);
        break;
      case 'Summary':
        this.summary(key);
        break;
      case 'TimeAndSale':
        this.sale(key);
        break;
      case 'Candle':
        this.candle(key);
        break;
      default:
        unreachable(type);
    }
  }

  private quote(symbol: string): void {
    const bid = this.price(1);
    const ask = this.price(2);
    const bidSize = bid === undefined ? 0 : (this.count(3) ?? 0);
    const askSize = ask === undefined ? 0 : (this.count(4) ?? 0);
    this.calls.handler.quote(symbol, bid, ask, bidSize, askSize);
  }

  private trade(symbol: string): void {
    const price = this.price(2);
    if (price === undefined) return;
    this.calls.handler.trade(symbol, price, this.count(3) ?? 0, this.count(4), this.time(1));
  }

  private greeks(symbol: string): void {
    const delta = this.number(2);
    const impliedVol = this.number(3);
    if (delta === undefined || impliedVol === undefined) return;
    const isCredible =
      Math.abs(delta) <= 1 + DELTA_SLACK && impliedVol > 0 && impliedVol <= MAX_IMPLIED_VOL;
    if (!isCredible) {
      this.fault('outOfRange');
      return;
    }
    const bounded = Math.min(1, Math.max(-1, delta));
    this.calls.handler.greeks(symbol, bounded, impliedVol, this.time(1));
  }

  private summary(symbol: string): void {
    this.calls.handler.summary(symbol, {
      openInterest: this.count(1),
      dayOpen: this.price(2),
      prevClose: this.price(3),
    });
  }

  private sale(symbol: string): void {
    const timeMillis = this.time(2);
    const price = this.price(4);
    if (timeMillis === undefined || price === undefined) return;
    const [, flags, , , , , side, kind] = this.raw;
    const isRemoved = typeof flags === 'number' && (flags & EVENT_FLAGS.removeEvent) !== 0;
    this.calls.sale(symbol, {
      kind:
        kind === 'CANCEL' || isRemoved ? 'cancel' : kind === 'CORRECTION' ? 'correction' : 'new',
      price,
      size: this.count(5) ?? 0,
      timeMillis,
      sequence: this.count(3),
      aggressor: side === 'BUY' ? 'buy' : side === 'SELL' ? 'sell' : undefined,
    });
  }

  private candle(symbol: string): void {
    const timeMillis = this.time(2);
    const bar = timeMillis === undefined ? undefined : this.bar(timeMillis);
    const flags = this.count(1) ?? 0;
    this.calls.candleRow(symbol, { flags, timeMillis, sequence: this.count(3) ?? 0, bar });
  }

  /** The bar in `raw`; undefined for a marker without prices, and, counted, for a bar that cannot
   * be true. An unknown volume is 0. */
  private bar(timeMillis: number): Bar | undefined {
    const values = this.raw;
    const prices = [values[4], values[5], values[6], values[7]];
    if (prices.every(isAbsentNumber)) return undefined;
    const [open, high, low, close] = [4, 5, 6, 7].map((field) => this.price(field));
    const isWhole =
      open !== undefined && high !== undefined && low !== undefined && close !== undefined;
    if (!isWhole || high < Math.max(open, low, close) || low > Math.min(open, close)) {
      this.fault('poisonCandle');
      return undefined;
    }
    const startsAt = epochMicrosFromMillis(timeMillis);
    return { startsAt, open, high, low, close, volume: this.count(8) ?? 0 };
  }

  private number(field: number): number | undefined {
    const value = this.raw[field];
    const number = finiteOf(value);
    if (number === undefined && !isAbsentNumber(value)) this.fault('badScalar');
    return number;
  }

  /** A price above zero. Zero is how the feed writes a side without one. */
  private price(field: number): Price | undefined {
    const dollars = this.number(field);
    if (dollars === undefined || dollars === 0) return undefined;
    if (dollars < 0 || dollars > MAX_PRICE_DOLLARS) {
      this.fault('outOfRange');
      return undefined;
    }
    const price = priceFromDollars(dollars);
    return price === 0 ? undefined : price;
  }

  private count(field: number): number | undefined {
    const number = this.number(field);
    if (number === undefined) return undefined;
    if (number >= 0 && number <= MAX_COUNT) return number;
    this.fault('outOfRange');
    return undefined;
  }

  /** A time in the window of plausible ones. Zero is how the feed writes no time. */
  private time(field: number): number | undefined {
    const millis = this.number(field);
    if (millis === undefined || millis === 0) return undefined;
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
