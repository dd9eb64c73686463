/** How far behind the market the feed is, by the times it gives and by its silence, or this machine's clock
 * behind them. */
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';

/** A feed this far behind is late: what is decided by it is decided by the past. */
export const LATE_AFTER_MILLIS = 5_000;
/** A lag that somebody who holds something is told of, once trades have shown it for so long. Decisions
 * bear it up to the limit above: this machine's clock may be as far off. */
export const BEHIND_AFTER_MILLIS = 2_000;
const SHOWN_FOR_MILLIS = 2_000;
/** A trade this far ahead of the market's time has a mistaken one, and is passed over: after it none would
 * be newer. This machine's clock may be as far off; trade after trade tells that it is further behind. */
export const MOST_AHEAD_MILLIS = 2_000;
/** A lag stands for so long without a newer trade: behind the last of the day, or in a halt, nothing could
 * show that the feed is on time again. */
export const LAG_STANDS_MILLIS = 15_000;

/** A lag without what this machine's clock is ahead of the time of day by. A trade of later than the time of day
 * proves that wrong, and the clock right. */
function lagWithout(clockAheadMillis: number, lagMillis: number): number {
  if (clockAheadMillis <= 0 || clockAheadMillis - lagMillis > MOST_AHEAD_MILLIS) return lagMillis;
  return lagMillis - Math.min(clockAheadMillis, Math.max(0, lagMillis));
}

/**
 * Core thread only. Quotes carry no usable time, trades do: the lag is market time at receipt less the
 * time of a trade that is newer than any before. A trade that is not says nothing, and the first of a
 * connection may be as old as the day.
 */
export class FeedLateness {
  readonly #speed: number;
  #newestTradeMillis = 0;
  #lagMillis: number | undefined;
  /** Market micros of the trade that told it. */
  #toldAt = 0;
  /** Market micros of the first of the trades that all came too late; undefined after one in time. */
  #behindSince: number | undefined;
  #behindMillis = 0;
  /** The trade before this one that came ahead of the market's time, and market micros at its receipt and at
   * that of the first of those that followed each other; undefined after one in time. */
  #aheadTimeMillis = 0;
  #aheadAt = 0;
  #aheadSince: number | undefined;
  #aheadMillis = 0;
  /** Wall micros since which nothing new came, where that broke a connection; 0 = nothing to prove. */
  #silentSince = 0;

  /** `speed` is market seconds a second: a lag is told in this machine's time. */
  constructor(speed: number) {
    this.#speed = speed;
  }

  /** Receive minus exchange time of the newest trade, this machine's milliseconds; undefined where
   * none told it of late. */
  get lagMillis(): number | undefined {
    return this.#lagMillis;
  }

  /** A connection was made. */
  connected(): void {
    this.#newestTradeMillis = 0;
    this.#forgetLag();
  }

  /** Time passes: a lag that no newer trade has borne out for too long says nothing of now. */
  passed(marketMicros: number): void {
    const stoodMicros = (marketMicros - this.#toldAt) / this.#speed;
    if (stoodMicros > LAG_STANDS_MILLIS * MICROS_PER_MILLI) this.#forgetLag();
    const ranMicros = (marketMicros - this.#aheadAt) / this.#speed;
    if (ranMicros <= LAG_STANDS_MILLIS * MICROS_PER_MILLI) return;
    this.#aheadSince = undefined;
    this.#aheadMillis = 0;
  }

  #forgetLag(): void {
    this.#lagMillis = undefined;
    this.#noteLag(0, 0);
  }

  /** How far behind the feed has been for some seconds, by trade after trade; 0 where it is not. */
  get behindMillis(): number {
    return this.#behindMillis;
  }

  /** How far ahead of this machine's clock trades have come, one after the other; 0 where they have not for
   * a while. The clock of a replay or a simulation is that of its feed. */
  get aheadMillis(): number {
    return this.#aheadMillis;
  }

  /** A trade of the underlying came. Where this machine's clock is known to be ahead of the time of day, by
   * `clockAheadMillis`, that much of a lag is the clock's. */
  traded(timeMillis: number, marketMicros: number, clockAheadMillis = 0): void {
    if (Number.isNaN(timeMillis) || timeMillis <= this.#newestTradeMillis) return;
    const aheadMillis = (timeMillis - marketMicros / MICROS_PER_MILLI) / this.#speed;
    if (aheadMillis > MOST_AHEAD_MILLIS) {
      this.#noteAhead(timeMillis, aheadMillis, marketMicros);
      return;
    }
    this.#aheadSince = undefined;
    if (this.#newestTradeMillis > 0) {
      this.#lagMillis = lagWithout(clockAheadMillis, 0 - aheadMillis);
      this.#toldAt = marketMicros;
      this.#noteLag(this.#lagMillis, marketMicros);
    }
    this.#newestTradeMillis = timeMillis;
  }

  /** The same trade again says nothing, and one that goes back begins a new row of them. */
  #noteAhead(timeMillis: number, aheadMillis: number, marketMicros: number): void {
    if (timeMillis === this.#aheadTimeMillis) return;
    if (timeMillis < this.#aheadTimeMillis) this.#aheadSince = undefined;
    this.#aheadTimeMillis = timeMillis;
    this.#aheadAt = marketMicros;
    this.#aheadSince ??= marketMicros;
    if (this.#isShown(this.#aheadSince, marketMicros)) this.#aheadMillis = Math.round(aheadMillis);
  }

  #noteLag(lagMillis: number, marketMicros: number): void {
    if (lagMillis <= BEHIND_AFTER_MILLIS) this.#behindSince = undefined;
    else this.#behindSince ??= marketMicros;
    const isShown = this.#isShown(this.#behindSince ?? marketMicros, marketMicros);
    this.#behindMillis = isShown ? Math.round(lagMillis) : 0;
  }

  #isShown(sinceMicros: number, marketMicros: number): boolean {
    const shownMicros = (marketMicros - sinceMicros) / this.#speed;
    return shownMicros >= SHOWN_FOR_MILLIS * MICROS_PER_MILLI;
  }

  /** The connection was given up because its quotes had been silent since then: what the next one
   * tells first is no proof that the market moves again. */
  wentSilent(sinceWallMicros: number): void {
    if (this.#silentSince === 0) this.#silentSince = sinceWallMicros;
  }

  /** How late the feed is at a wall time, 0 where it is on time. */
  lateMillis(wallMicros: number, isLive: boolean): number {
    if (isLive) this.#silentSince = 0;
    const silent =
      this.#silentSince === 0 ? 0 : (wallMicros - this.#silentSince) / MICROS_PER_MILLI;
    const late = Math.max(silent, this.#lagMillis ?? 0);
    return late > LATE_AFTER_MILLIS ? Math.round(late) : 0;
  }
}
