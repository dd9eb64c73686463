import type { Bar } from '../domain/market.ts';
import { epochMicros, MICROS_PER_MILLI, MICROS_PER_MINUTE } from '../domain/units.ts';
import { EVENT_FLAGS } from './event-flags.ts';
import type { FeedHandler } from './feed-handler.ts';
import type { CandleRow } from './frame-calls.ts';

/** Most rows of one symbol held while a snapshot or a transaction is incomplete. */
export const MAX_BUFFERED_ROWS = 100_000;
/** Most bars of one symbol whose times are remembered; the oldest are forgotten beyond it. */
export const MAX_KNOWN_BARS = 20_000;

const MILLIS_PER_MINUTE = MICROS_PER_MINUTE / MICROS_PER_MILLI;

/** A buffered row: a bar, the removal of one, or a row that says nothing about the bar. */
type Change = Bar | 'removed' | 'unreadable';

interface BufferedRow {
  readonly sequence: number;
  readonly change: Change;
}

/** The candles of one symbol. */
interface CandleSeries {
  /** Start of each delivered bar in milliseconds → its sequence. */
  readonly known: Map<number, number>;
  readonly buffered: Map<number, BufferedRow>;
  /** `none`, or whether the last row of the snapshot being received has come. */
  snapshot: 'none' | 'open' | 'ended';
}

type CandleHandler = Pick<FeedHandler, 'candle' | 'removeCandle'>;

function changeOf(row: CandleRow): Change {
  if ((row.flags & EVENT_FLAGS.removeEvent) !== 0) return 'removed';
  return row.bar ?? 'unreadable';
}

/**
 * Puts candle snapshots and transactions together, by the DXLink consumer's rule: from
 * SNAPSHOT_BEGIN rows are held back until SNAPSHOT_END or SNAPSHOT_SNIP without a pending
 * transaction, then delivered at once, oldest first; bars that the snapshot covers and does not
 * hold are taken back. Outside snapshots a row is delivered as it comes. Keyed by time and
 * sequence: a removal of an older sequence leaves the bar alone.
 */
export class CandleBook {
  private readonly handler: CandleHandler;
  private readonly series = new Map<string, CandleSeries>();

  constructor(handler: CandleHandler) {
    this.handler = handler;
  }

  /** Takes one row. False where it had to be dropped because the snapshot is too long. */
  row(symbol: string, row: CandleRow): boolean {
    const series = this.seriesOf(symbol);
    const { flags } = row;
    if ((flags & EVENT_FLAGS.snapshotBegin) !== 0) {
      series.buffered.clear();
      series.snapshot = 'open';
    }
    const isKept = buffer(series, row);
    const isLast = (flags & (EVENT_FLAGS.snapshotEnd | EVENT_FLAGS.snapshotSnip)) !== 0;
    if (isLast && series.snapshot === 'open') series.snapshot = 'ended';
    const isPending = (flags & EVENT_FLAGS.pending) !== 0;
    if (!isPending && series.snapshot !== 'open') this.deliver(symbol, series);
    return isKept;
  }

  /** Start of the newest one-minute bar, in milliseconds, that is complete (another began after it) and
   * before which none is missing since a time. */
  wholeUntilMillis(symbol: string, sinceMillis: number): number | undefined {
    const known = this.series.get(symbol)?.known.keys() ?? [];
    const starts = [...known].filter((millis) => millis >= sinceMillis).sort((a, b) => a - b);
    let whole: number | undefined;
    for (const millis of starts.slice(0, -1)) {
      if (millis - (whole ?? sinceMillis) > MILLIS_PER_MINUTE) break;
      whole = millis;
    }
    return whole;
  }

  /** Drops what is incomplete: its rest cannot come over a new connection. */
  connectionLost(): void {
    for (const series of this.series.values()) {
      series.buffered.clear();
      series.snapshot = 'none';
    }
  }

  /** Forgets symbols that are not wanted any more, or whose history begins anew. */
  forget(symbols: readonly string[]): void {
    for (const symbol of symbols) this.series.delete(symbol);
  }

  private seriesOf(symbol: string): CandleSeries {
    const known = this.series.get(symbol);
    if (known !== undefined) return known;
    const series: CandleSeries = { known: new Map(), buffered: new Map(), snapshot: 'none' };
    this.series.set(symbol, series);
    return series;
  }

  private deliver(symbol: string, series: CandleSeries): void {
    const rows = [...series.buffered].sort(([left], [right]) => left - right);
    const oldest = rows[0]?.[0];
    if (series.snapshot === 'ended' && oldest !== undefined) {
      this.takeBackMissing(symbol, series, oldest);
    }
    for (const [millis, { sequence, change }] of rows) {
      if (change === 'removed') this.remove(symbol, series, millis, sequence);
      else if (change !== 'unreadable') this.upsert(symbol, series, change, sequence);
    }
    series.buffered.clear();
    series.snapshot = 'none';
  }

  private takeBackMissing(symbol: string, series: CandleSeries, oldest: number): void {
    for (const [millis, sequence] of series.known) {
      const isCovered = millis >= oldest && !series.buffered.has(millis);
      if (isCovered) this.remove(symbol, series, millis, sequence);
    }
  }

  private upsert(symbol: string, series: CandleSeries, bar: Bar, sequence: number): void {
    const millis = bar.startsAt / MICROS_PER_MILLI;
    if (sequence < (series.known.get(millis) ?? 0)) return;
    series.known.set(millis, sequence);
    if (series.known.size > MAX_KNOWN_BARS) {
      const [first] = series.known.keys();
      if (first !== undefined) series.known.delete(first);
    }
    this.handler.candle(symbol, bar);
  }

  private remove(symbol: string, series: CandleSeries, millis: number, sequence: number): void {
    if (series.known.get(millis) !== sequence) return;
    series.known.delete(millis);
    this.handler.removeCandle(symbol, epochMicros(millis * MICROS_PER_MILLI));
  }
}

/** Holds a row back under its time. False where there is no room for it. */
function buffer(series: CandleSeries, row: CandleRow): boolean {
  const { timeMillis, sequence } = row;
  if (timeMillis === undefined) return true;
  const earlier = series.buffered.get(timeMillis);
  if (earlier === undefined && series.buffered.size >= MAX_BUFFERED_ROWS) return false;
  if (earlier !== undefined && (earlier.sequence > sequence || isEndMarker(row))) return true;
  series.buffered.set(timeMillis, { sequence, change: changeOf(row) });
  return true;
}

/**
 * True for the row that only marks the end of a snapshot. It stands at the time from which history
 * was asked for, where a bar of the same snapshot may stand too: that bar is not taken back.
 */
function isEndMarker({ flags }: CandleRow): boolean {
  const marker = EVENT_FLAGS.removeEvent | EVENT_FLAGS.snapshotEnd;
  return (flags & marker) === marker;
}
