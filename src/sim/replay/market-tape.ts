/**
 * A recorded market: what a feed told of one underlying and its same-day options in one session. Plain
 * data that crosses a thread. Times are microseconds of the day, New York, so that the tape can play on
 * any date; prices are in 1/10,000 dollar, as the engine counts them.
 *
 *   events   kind (u8) · row (i32, -1 the underlying) · time (f64) · four numbers (f64), NaN = absent
 *     1 quote         bid, ask, bid size, ask size
 *     2 last          price, contracts or shares traded today
 *     3 greeks        delta, volatility
 *     4 open interest contracts
 */
import type { OptionContract } from '../../engine/domain/instrument.ts';
import type { UnderlyingSymbol } from '../../engine/domain/underlying.ts';
import type { SessionDate } from '../../engine/domain/units.ts';

export const TAPE_KINDS = { quote: 1, last: 2, greeks: 3, openInterest: 4 } as const;
export type TapeKind = (typeof TAPE_KINDS)[keyof typeof TAPE_KINDS];
export const TAPE_VALUES = 4;
/** The row of the underlying. */
export const TAPE_UNDERLYING = -1;

/** Columns of equal length, ascending by time. */
export interface TapeEvents {
  readonly kinds: Uint8Array<ArrayBuffer>;
  readonly rows: Int32Array<ArrayBuffer>;
  readonly times: Float64Array<ArrayBuffer>;
  /** TAPE_VALUES an event. */
  readonly values: Float64Array<ArrayBuffer>;
}

/** A bar of one minute as it stood when it was told. */
export interface TapeBar {
  readonly at: number;
  readonly startsAt: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface MarketTape {
  readonly underlying: UnderlyingSymbol;
  /** The session it was recorded in. */
  readonly date: SessionDate;
  /** The contracts, by row. */
  readonly contracts: readonly OptionContract[];
  readonly bars: readonly TapeBar[];
  readonly events: TapeEvents;
}

/** What one event adds to a tape. */
export interface TapeEvent {
  readonly kind: TapeKind;
  readonly row: number;
  readonly at: number;
  readonly values: readonly (number | undefined)[];
}

/** Writes the events of a tape. One user. */
export class TapeWriter {
  readonly #kinds: Uint8Array<ArrayBuffer>;
  readonly #rows: Int32Array<ArrayBuffer>;
  readonly #times: Float64Array<ArrayBuffer>;
  readonly #values: Float64Array<ArrayBuffer>;
  #count = 0;

  /** For at most `capacity` events. */
  constructor(capacity: number) {
    this.#kinds = new Uint8Array(capacity);
    this.#rows = new Int32Array(capacity);
    this.#times = new Float64Array(capacity);
    this.#values = new Float64Array(capacity * TAPE_VALUES).fill(Number.NaN);
  }

  add({ kind, row, at, values }: TapeEvent): void {
    const place = this.#count;
    this.#kinds[place] = kind;
    this.#rows[place] = row;
    this.#times[place] = at;
    for (const [index, value] of values.entries()) {
      this.#values[place * TAPE_VALUES + index] = value ?? Number.NaN;
    }
    this.#count += 1;
  }

  /** What was written. */
  events(): TapeEvents {
    const count = this.#count;
    return {
      kinds: this.#kinds.slice(0, count),
      rows: this.#rows.slice(0, count),
      times: this.#times.slice(0, count),
      values: this.#values.slice(0, count * TAPE_VALUES),
    };
  }
}

/** The memory that a thread may take over with the tape, instead of a copy. */
export function tapeBuffers({ events }: MarketTape): ArrayBuffer[] {
  return [events.kinds.buffer, events.rows.buffer, events.times.buffer, events.values.buffer];
}
