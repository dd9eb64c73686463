import type { At } from '../domain/clock.ts';
import type { Bar } from '../domain/market.ts';
import type { EpochMicros, Price } from '../domain/units.ts';
import type { FeedStatus } from './feed-status.ts';

/** Of a symbol without a key: its text alone says what it is. */
export const NO_KEY = -1;

/** Numbers of the day. An absent one is not known. */
export interface SummaryUpdate {
  /** Contracts, as of last night. A 0 may also mean that the exchange has not said. */
  readonly openInterest?: number | undefined;
  readonly dayOpen?: Price | undefined;
  readonly prevClose?: Price | undefined;
}

/** The last trade of regular hours. Valid during the call only: the next trade is the same object. */
export interface TradeUpdate {
  readonly price: Price;
  readonly size: number;
  /** Counts all hours; NaN where the feed does not say. */
  readonly dayVolume: number;
  /** When it was made, milliseconds since the epoch; NaN where the feed does not say. */
  readonly timeMillis: number;
}

/** The feed's own greeks, a cross-check. Valid during the call only. */
export interface GreeksUpdate {
  /** In [-1, 1]. */
  readonly delta: number;
  /** A fraction per year. */
  readonly impliedVol: number;
  /** When they were worked out, milliseconds since the epoch; NaN where the feed does not say. */
  readonly timeMillis: number;
}

/** One print, or the correction or cancellation of one. */
export interface SaleUpdate {
  readonly kind: 'new' | 'correction' | 'cancel';
  readonly price: Price;
  readonly size: number;
  readonly timeMillis: number;
  /** Tells prints of one millisecond apart; undefined where the server does not send it. */
  readonly sequence: number | undefined;
  readonly aggressor: 'buy' | 'sell' | undefined;
}

/**
 * Receives checked events, synchronously, on the thread that feeds the client. Every number has
 * passed its checks, and an absent number is undefined, or NaN where that is said. Two calls with equal arguments mean the
 * same as one. A handler must not call the client back from inside a call.
 */
export interface FeedHandler {
  /** A side without a price is undefined; its size is 0 then. Quotes carry no usable time: their
   * age counts from the `at` of the batch that brought them. `key` is a small number that stands for
   * the symbol until other subscriptions are wanted; NO_KEY where the decoder has none. */
  quote(
    symbol: string,
    bid: Price | undefined,
    ask: Price | undefined,
    bidSize: number,
    askSize: number,
    key: number,
  ): void;
  trade(symbol: string, trade: TradeUpdate): void;
  greeks(symbol: string, greeks: GreeksUpdate): void;
  summary(symbol: string, summary: SummaryUpdate): void;
  /** A print that was not delivered before. */
  timeAndSale(symbol: string, sale: SaleUpdate): void;
  /** A bar, new or changed, under its canonical symbol. Snapshots come whole, oldest bar first. */
  candle(symbol: string, bar: Bar): void;
  /** A bar that the server took back. */
  removeCandle(symbol: string, startsAt: EpochMicros): void;
  /** Ends each frame of data: what came since the last call belongs together. */
  batchEnd(at: At): void;
  /** The state, its detail or the number of missing subscriptions changed. */
  status(status: FeedStatus, at: At): void;
}
