/** The chain as it stood some moments ago: each contract's quote by its own trail in the ring. */
import { type EpochMicros, epochMicros, type Price, price } from '../domain/units.ts';
import * as ring from '../ring/ring-layout.ts';
import { ABSENT, ringCapacity } from '../ring/ring-layout.ts';
import {
  ASK_FIELD,
  ASK_SIZE_FIELD,
  BID_FIELD,
  BID_SIZE_FIELD,
  DELTA_FIELD,
  QUOTE_MARKET_FIELD,
  QUOTE_WALL_FIELD,
  UNDERLYING,
} from './chain-layout.ts';
import { ChainReader } from './chain-reader.ts';

/** By which of the two clocks an instance looks back. */
export type PastClock = 'wall' | 'market';

/**
 * Looks back over the window of the ring, from any thread; an instance belongs to one. `seek` a row
 * and a time, then read what stood: numbers only, so that asking for a whole chain makes no
 * garbage. What the ring no longer holds, and what never was quoted, is not known: `seek` says false
 * and every number is undefined. A look-up walks back over the row's own records, some ten
 * nanoseconds each: as many as it had since then.
 */
export class ChainPast {
  readonly #reader: ChainReader;
  readonly #words: Int32Array;
  readonly #cells: Float64Array;
  readonly #capacity: number;
  /** What the last `seek` found, as the fields of a ring record. */
  readonly #found = new Float64Array(ring.RECORD_FIELDS).fill(ABSENT);
  /** A word of its own: a read-modify-write on it keeps a copy before its check. */
  readonly #fence = new Int32Array(1);
  /** Of the last `rangeSince`. */
  readonly #range = { low: ABSENT, high: ABSENT };
  readonly #quoteTime: number;
  readonly #recordTime: number;

  /** Throws `INPUT_INVALID` on buffers that this build did not make. */
  constructor(
    chainBuffer: SharedArrayBuffer,
    ringBuffer: SharedArrayBuffer,
    clock: PastClock = 'wall',
  ) {
    this.#quoteTime = clock === 'wall' ? QUOTE_WALL_FIELD : QUOTE_MARKET_FIELD;
    this.#recordTime = clock === 'wall' ? ring.WALL_MICROS_FIELD : ring.MARKET_MICROS_FIELD;
    this.#capacity = ringCapacity(ringBuffer);
    this.#reader = new ChainReader(chainBuffer);
    this.#words = new Int32Array(ringBuffer);
    this.#cells = new Float64Array(ringBuffer);
  }

  /** Finds the quote of a row (or of UNDERLYING) that stood at a time. */
  seek(index: number, time: EpochMicros): boolean {
    const isFound = this.#seekNow(index, time) || this.#seekBack(index, time);
    if (!isFound) this.#found.fill(ABSENT);
    return isFound;
  }

  /** The mid that stood then, half a unit rounded up; undefined where it is not known, one side was
   * missing, or the quote was crossed. */
  midAt(index: number, time: EpochMicros): Price | undefined {
    return this.seek(index, time) ? this.mid : undefined;
  }

  /** Mid of the underlying then. */
  spotAt(time: EpochMicros): Price | undefined {
    return this.midAt(UNDERLYING, time);
  }

  /** Least and most mid of a row since a time, what stood then included, as far back as it is known; an
   * offer without a bid bounds the least. Undefined where no mid is. The object is written again by the next call. */
  rangeSince(
    index: number,
    time: EpochMicros,
  ): { readonly low: number; readonly high: number } | undefined {
    const range = this.#range;
    range.low = Number.POSITIVE_INFINITY;
    range.high = Number.NEGATIVE_INFINITY;
    const cells = this.#reader.cellsOf(index);
    if (cells === undefined) return undefined;
    this.#widen(cells[BID_FIELD] ?? ABSENT, cells[ASK_FIELD] ?? ABSENT);
    let sequence = this.#newestOf(index);
    while (this.#isHeld(sequence)) {
      const first = this.#firstCell(sequence);
      const [bid, ask] = [first + ring.BID_FIELD, first + ring.ASK_FIELD];
      this.#widen(this.#cells[bid] ?? ABSENT, this.#cells[ask] ?? ABSENT);
      const since = this.#cells[first + this.#recordTime] ?? ABSENT;
      const previous = this.#cells[first + ring.PREVIOUS_FIELD] ?? 0;
      if (since <= time || previous === 0) break;
      sequence = (sequence - previous) | 0;
    }
    return range.low <= range.high ? range : undefined;
  }

  /** What nobody bids for was worth no more than it was offered at. What is not offered, or crossed, tells
   * nothing. */
  #widen(bid: number, ask: number): void {
    const range = this.#range;
    if (ask === ABSENT || bid > ask) return;
    if (bid === ABSENT) {
      range.low = Math.min(range.low, ask);
      return;
    }
    range.low = Math.min(range.low, (bid + ask) / 2);
    range.high = Math.max(range.high, (bid + ask) / 2);
  }

  get bid(): Price | undefined {
    return this.#price(ring.BID_FIELD);
  }

  get ask(): Price | undefined {
    return this.#price(ring.ASK_FIELD);
  }

  get mid(): Price | undefined {
    const { bid, ask } = this;
    if (bid === undefined || ask === undefined || bid > ask) return undefined;
    return price(Math.round((bid + ask) / 2));
  }

  get bidSize(): number | undefined {
    return this.#number(ring.BID_SIZE_FIELD);
  }

  get askSize(): number | undefined {
    return this.#number(ring.ASK_SIZE_FIELD);
  }

  /** The contract's delta as it was last told by then; undefined for the underlying. */
  get delta(): number | undefined {
    return this.#number(ring.DELTA_FIELD);
  }

  /** Since when it had stood, by this instance's clock. */
  get since(): EpochMicros | undefined {
    const time = this.#number(this.#recordTime);
    return time === undefined ? undefined : epochMicros(time);
  }

  #number(field: number): number | undefined {
    const value = this.#found[field];
    return value === ABSENT ? undefined : value;
  }

  #price(field: number): Price | undefined {
    const value = this.#number(field);
    return value === undefined ? undefined : price(value);
  }

  /** The quote that stands now, where it stood then already. */
  #seekNow(index: number, time: EpochMicros): boolean {
    const cells = this.#reader.cellsOf(index);
    const since = cells?.[this.#quoteTime] ?? ABSENT;
    if (cells === undefined || since === ABSENT || since > time) return false;
    const found = this.#found;
    found[ring.BID_FIELD] = cells[BID_FIELD] ?? ABSENT;
    found[ring.ASK_FIELD] = cells[ASK_FIELD] ?? ABSENT;
    found[ring.BID_SIZE_FIELD] = cells[BID_SIZE_FIELD] ?? ABSENT;
    found[ring.ASK_SIZE_FIELD] = cells[ASK_SIZE_FIELD] ?? ABSENT;
    found[ring.DELTA_FIELD] = index === UNDERLYING ? ABSENT : (cells[DELTA_FIELD] ?? ABSENT);
    found[this.#recordTime] = since;
    return true;
  }

  /** Walks the row's records back to the newest that is not younger than `time`. */
  #seekBack(index: number, time: EpochMicros): boolean {
    const row = index + 1;
    if (!Number.isInteger(row) || row < 0 || row >= ring.RING_ROWS) return false;
    let sequence = this.#newestOf(index);
    while (this.#isHeld(sequence)) {
      const first = this.#firstCell(sequence);
      const since = this.#cells[first + this.#recordTime] ?? ABSENT;
      const previous = this.#cells[first + ring.PREVIOUS_FIELD] ?? 0;
      if (since <= time) return this.#take(sequence, index);
      if (previous === 0) return false;
      sequence = (sequence - previous) | 0;
    }
    return false;
  }

  #newestOf(index: number): number {
    return Atomics.load(this.#words, ring.NEWEST_WORD + index + 1);
  }

  /** Copies a record; false where it was overwritten meanwhile. A record walked over on the way is
   * younger, so it was whole if this one is. */
  #take(sequence: number, index: number): boolean {
    const first = this.#firstCell(sequence);
    for (let field = 0; field < ring.RECORD_FIELDS; field += 1) {
      this.#found[field] = this.#cells[first + field] ?? ABSENT;
    }
    Atomics.add(this.#fence, 0, 0);
    return this.#isHeld(sequence) && this.#found[ring.INDEX_FIELD] === index;
  }

  #firstCell(sequence: number): number {
    return ring.FIRST_RECORD_CELL + (sequence & (this.#capacity - 1)) * ring.RECORD_CELLS;
  }

  /** Whether the ring holds a record untouched: published, and neither overwritten nor about to be. */
  #isHeld(sequence: number): boolean {
    const age = (Atomics.load(this.#words, ring.HEAD_WORD) - sequence) >>> 0;
    const claimed = (Atomics.load(this.#words, ring.CLAIM_WORD) - sequence) | 0;
    return age > 0 && age < this.#capacity && claimed <= this.#capacity;
  }
}
