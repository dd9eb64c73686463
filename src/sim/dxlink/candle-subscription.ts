/** One candle subscription: a snapshot from newest to oldest, then bars as they change. */

import { MICROS_PER_MILLI, PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import type { CandleSpec } from '../live/candle-spec.ts';
import type { Market } from '../market.ts';
import type { PathBar } from '../model/spot-path.ts';
import type { EventRow } from './event-schema.ts';
import { eventIndex } from './event-schema.ts';

const REMOVE_EVENT = 0x02;
const SNAPSHOT_BEGIN = 0x04;
const SNAPSHOT_END = 0x08;
const VWAP_GRID = 1e6;
/** A bar that a live feed once sent: the last second of 32-bit time, every price zero. */
const POISON_MILLIS = 2_147_483_648_000;

/** What is still to be sent of one candle symbol. Owned by its channel. */
export class CandleSubscription {
  readonly #spec: CandleSpec;
  readonly #fromMicros: number | undefined;
  #lastStart = Number.NEGATIVE_INFINITY;
  #lastCount = 0;
  #hasSnapshot: boolean;

  /** Without `fromMillis` only the live bar is sent. */
  constructor(spec: CandleSpec, fromMillis: number | undefined) {
    this.#spec = spec;
    this.#fromMicros = fromMillis === undefined ? undefined : fromMillis * MICROS_PER_MILLI;
    this.#hasSnapshot = fromMillis === undefined;
  }

  /** What is to be sent now; empty when nothing changed. */
  take(market: Market): EventRow[] {
    if (!this.#hasSnapshot) return this.#snapshot(market);
    const isFirst = this.#lastStart === Number.NEGATIVE_INFINITY;
    const bars = market.barsSince(this.#spec, this.#lastStart);
    const changed = isFirst ? bars.slice(-1) : bars.filter((bar) => this.#isNews(bar));
    this.#remember(bars);
    return changed.map((bar) => this.#row(bar, 0));
  }

  /** A bar that no consumer should believe. */
  poison(): EventRow {
    const prices = { open: 0, high: 0, low: 0, close: 0, volume: 0, vwap: 0 };
    return { ...this.#place(POISON_MILLIS, 0), count: 0, ...prices };
  }

  #isNews(bar: PathBar): boolean {
    return bar.startsAt > this.#lastStart || bar.count !== this.#lastCount;
  }

  #remember(bars: readonly PathBar[]): void {
    const last = bars.at(-1);
    if (last === undefined) return;
    this.#lastStart = last.startsAt;
    this.#lastCount = last.count;
  }

  #snapshot(market: Market): EventRow[] {
    this.#hasSnapshot = true;
    const from = this.#fromMicros ?? 0;
    const bars = market.barsSince(this.#spec, from);
    this.#remember(bars);
    if (bars.length === 0) this.#lastStart = from;
    const rows = bars.toReversed().map((bar, i) => this.#row(bar, i === 0 ? SNAPSHOT_BEGIN : 0));
    const end = SNAPSHOT_END | REMOVE_EVENT | (rows.length === 0 ? SNAPSHOT_BEGIN : 0);
    rows.push(this.#place(Math.floor(from / MICROS_PER_MILLI), end));
    return rows;
  }

  #place(timeMillis: number, eventFlags: number): EventRow {
    return {
      eventSymbol: this.#spec.symbol,
      eventTime: 0,
      eventFlags,
      index: eventIndex(timeMillis, 0),
      time: timeMillis,
      sequence: 0,
    };
  }

  #row(bar: PathBar, eventFlags: number): EventRow {
    const vwap = bar.turnover / bar.volume / PRICE_PER_DOLLAR;
    return {
      ...this.#place(bar.startsAt / MICROS_PER_MILLI, eventFlags),
      count: bar.count,
      open: bar.open / PRICE_PER_DOLLAR,
      high: bar.high / PRICE_PER_DOLLAR,
      low: bar.low / PRICE_PER_DOLLAR,
      close: bar.close / PRICE_PER_DOLLAR,
      volume: bar.volume,
      vwap: Math.round(vwap * VWAP_GRID) / VWAP_GRID,
    };
  }
}
