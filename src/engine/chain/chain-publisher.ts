/** Copies the writer's private picture of the chain into shared memory, under the chain's locks. */

import * as ringLayout from '../ring/ring-layout.ts';
import { ABSENT } from '../ring/ring-layout.ts';
import type { RingWriter } from '../ring/ring-writer.ts';
import {
  AS_OF_MARKET_CELL,
  AS_OF_WALL_CELL,
  ASK_FIELD,
  ASK_SIZE_FIELD,
  BID_FIELD,
  BID_SIZE_FIELD,
  DELTA_FIELD,
  EPOCH_WORD,
  FLAGS_FIELD,
  FORWARD_CELL,
  HEADER_CELL,
  IMPLIED_VOL_FIELD,
  MAX_CONTRACTS,
  QUOTE_MARKET_FIELD,
  QUOTE_WALL_FIELD,
  RIGHT_FIELD,
  ROW_COUNT_WORD,
  ROW_FIELDS_END,
  rowCell,
  rowVersionWord,
  SESSION_WORD,
  THETA_FIELD,
  UNDERLYING,
} from './chain-layout.ts';
import { midOf } from './quote-quality.ts';
import { CHANGED, type RowMarks, TOLD } from './row-marks.ts';

/** A row nobody quoted goes to the ring all the same once its delta has moved this far. */
const RING_DELTA_STEP = 0.001;

/** Records handed to the ring at once, where it takes so many. */
const STAGED_RECORDS = 64;

/** Rows written under their locks together: so few that a reader of one hardly waits, so many that
 * the two fences around them cost a row next to nothing. */
const ROWS_AT_ONCE = 16;

/** Parts of a row that are copied: its quote, all that a valuation writes with it, everything. */
const QUOTE = 0;
const VALUE = 1;
const ALL = 2;

/**
 * Core thread only: the one writer of the shared chain. `image` has the layout of the shared buffer;
 * a batch is prepared in it at leisure, so that the chain is locked only while changed cells are
 * copied, some microseconds, and a row once a batch however often it was quoted. Allocates nothing
 * after construction.
 */
export class ChainPublisher {
  readonly #image: Float64Array;
  readonly #words: Int32Array;
  readonly #cells: Float64Array;
  readonly #ring: RingWriter | undefined;
  /** Records on their way to the ring, the first `#staged` of them. */
  readonly #records = new Float64Array(STAGED_RECORDS * ringLayout.RECORD_CELLS);
  #staged = 0;
  /** The underlying's mid for the records of a batch. */
  readonly #spot = new Float64Array(1);
  /** Rows about to be written and the part of each that is, the first `#waiting` of them. */
  readonly #rows = new Int32Array(MAX_CONTRACTS);
  readonly #parts = new Uint8Array(MAX_CONTRACTS);
  #waiting = 0;
  /** A word of this writer's own: a read-modify-write on it keeps what is before it before. */
  readonly #fence = new Int32Array(1);
  readonly #ringDelta = new Float64Array(MAX_CONTRACTS).fill(ABSENT);
  #session = 0;

  /** Takes over a chain where its last writer left it: what a crash left locked is unlocked, and
   * no row of it belongs to the chain any more. */
  constructor(buffer: SharedArrayBuffer, image: Float64Array, ring: RingWriter | undefined) {
    this.#image = image;
    this.#words = new Int32Array(buffer);
    this.#cells = new Float64Array(buffer);
    this.#ring = ring;
    if (Atomics.load(this.#words, EPOCH_WORD) % 2 === 0) Atomics.add(this.#words, EPOCH_WORD, 1);
    this.#session = Atomics.add(this.#words, SESSION_WORD, 1) + 1;
    for (let row = 0; row < MAX_CONTRACTS; row += 1)
      Atomics.and(this.#words, rowVersionWord(row), ~1);
    this.#copyHeader(HEADER_CELL, rowCell(0));
    Atomics.add(this.#words, EPOCH_WORD, 1);
  }

  /** Publishes the image as the chain of a new session: every row of the old one is void. */
  publishSession(rowCount: number): void {
    Atomics.add(this.#words, EPOCH_WORD, 1);
    this.#session = Atomics.add(this.#words, SESSION_WORD, 1) + 1;
    this.#ringDelta.fill(ABSENT);
    this.#ring?.forgetRows();
    this.#copyHeader(HEADER_CELL, rowCell(0));
    for (let row = 0; row < rowCount; row += 1) this.#wait(row, ALL);
    this.#copyWaiting();
    this.#words[ROW_COUNT_WORD] = rowCount;
    Atomics.add(this.#words, EPOCH_WORD, 1);
  }

  /**
   * Publishes the image as the chain's next batch: the rows that `marks` calls CHANGED, the
   * quotes of those it calls QUOTED, and where the batch was valued what a valuation writes of every
   * row. Then tells the ring about each row (and the underlying) that is marked TOLD or whose delta
   * moved. All marks are cleared.
   */
  publishBatch(rowCount: number, marks: RowMarks, isValued: boolean): void {
    this.#publishRows(rowCount, marks, isValued);
    if (this.#ring !== undefined) this.#tellRing(this.#ring, rowCount, marks, isValued);
    marks.clear();
  }

  /** Publishes what `marks` say ahead of a batch that is still to be valued, and leaves them: that
   * batch publishes these rows again, with what they are worth, and tells the ring. */
  publishAhead(rowCount: number, marks: RowMarks): void {
    this.#publishRows(rowCount, marks, false);
  }

  #publishRows(rowCount: number, marks: RowMarks, isValued: boolean): void {
    Atomics.add(this.#words, EPOCH_WORD, 1);
    if (isValued) this.#planValued(rowCount, marks);
    else this.#planMarked(marks);
    this.#copyWaiting();
    this.#words[ROW_COUNT_WORD] = rowCount;
    Atomics.add(this.#words, EPOCH_WORD, 1);
  }

  #copyHeader(from: number, end: number): void {
    for (let cell = from; cell < end; cell += 1) this.#cells[cell] = this.#image[cell] ?? 0;
  }

  #planMarked(marks: RowMarks): void {
    this.#copyHeader(AS_OF_MARKET_CELL, FORWARD_CELL);
    const { count } = marks;
    for (let place = 0; place < count; place += 1) {
      const row = marks.rowAt(place);
      if (row !== UNDERLYING) this.#wait(row, (marks.of(row) & CHANGED) !== 0 ? ALL : QUOTE);
    }
  }

  #planValued(rowCount: number, marks: RowMarks): void {
    this.#copyHeader(HEADER_CELL, rowCell(0));
    for (let row = 0; row < rowCount; row += 1) {
      const mark = marks.of(row);
      if ((mark & CHANGED) !== 0) this.#wait(row, ALL);
      else if (mark !== 0 || this.#isValuedAnew(row)) this.#wait(row, VALUE);
    }
  }

  #isValuedAnew(row: number): boolean {
    const first = rowCell(row);
    const vol = first + IMPLIED_VOL_FIELD;
    const delta = first + DELTA_FIELD;
    const theta = first + THETA_FIELD;
    const flags = first + FLAGS_FIELD;
    const cells = this.#cells;
    const image = this.#image;
    return (
      cells[vol] !== image[vol] ||
      cells[delta] !== image[delta] ||
      cells[theta] !== image[theta] ||
      cells[flags] !== image[flags]
    );
  }

  /** Has a part of a row copied, with those of others. */
  #wait(row: number, part: number): void {
    this.#rows[this.#waiting] = row;
    this.#parts[this.#waiting] = part;
    this.#waiting += 1;
  }

  /**
   * Copies what waits, so many rows at a time under their locks:
   *
   *     versions odd │ fence │ cells │ fence │ versions even
   *
   * The marks are plain stores and the two fences read-modify-writes: on x86 stores are seen in
   * their order anyway, and an `Atomics.add` acquires and releases, which the ARM64 memory model
   * orders like a full barrier where it is one instruction (LDADDAL, from ARMv8.1 on). One pair of
   * fences does for all rows of a group; readers end with a fence too, on a word of their own.
   */
  #copyWaiting(): void {
    const count = this.#waiting;
    this.#waiting = 0;
    for (let from = 0; from < count; from += ROWS_AT_ONCE) {
      const to = Math.min(count, from + ROWS_AT_ONCE);
      this.#moveVersions(from, to);
      Atomics.add(this.#fence, 0, 0);
      for (let place = from; place < to; place += 1) {
        const row = this.#rows[place] ?? 0;
        this.#words[rowVersionWord(row) + 1] = this.#session;
        const part = this.#parts[place];
        if (part === QUOTE) this.#copyQuote(rowCell(row));
        else if (part === VALUE)
          this.#copyCells(rowCell(row) + BID_FIELD, rowCell(row) + FLAGS_FIELD);
        else this.#copyCells(rowCell(row) + RIGHT_FIELD, rowCell(row) + ROW_FIELDS_END - 1);
      }
      Atomics.add(this.#fence, 0, 0);
      this.#moveVersions(from, to);
    }
  }

  #copyCells(first: number, last: number): void {
    const cells = this.#cells;
    const image = this.#image;
    for (let cell = first; cell <= last; cell += 1) cells[cell] = image[cell] ?? 0;
  }

  /** The same as `#copyCells` of six, which a loop takes twice as long for. */
  #copyQuote(first: number): void {
    const cells = this.#cells;
    const image = this.#image;
    cells[first + BID_FIELD] = image[first + BID_FIELD] ?? 0;
    cells[first + ASK_FIELD] = image[first + ASK_FIELD] ?? 0;
    cells[first + BID_SIZE_FIELD] = image[first + BID_SIZE_FIELD] ?? 0;
    cells[first + ASK_SIZE_FIELD] = image[first + ASK_SIZE_FIELD] ?? 0;
    cells[first + QUOTE_MARKET_FIELD] = image[first + QUOTE_MARKET_FIELD] ?? 0;
    cells[first + QUOTE_WALL_FIELD] = image[first + QUOTE_WALL_FIELD] ?? 0;
  }

  /** Moves the versions of the rows that waited at `from` up to `to` by one: even to odd, odd to
   * even. */
  #moveVersions(from: number, to: number): void {
    const words = this.#words;
    for (let place = from; place < to; place += 1) {
      const version = rowVersionWord(this.#rows[place] ?? 0);
      words[version] = ((words[version] ?? 0) + 1) | 0;
    }
  }

  #tellRing(ring: RingWriter, rowCount: number, marks: RowMarks, isValued: boolean): void {
    this.#spot[0] = midOf(this.#image, rowCell(UNDERLYING));
    if ((marks.of(UNDERLYING) & TOLD) !== 0) this.#stage(ring, UNDERLYING);
    if (isValued) {
      for (let row = 0; row < rowCount; row += 1) this.#tellRow(ring, row, marks.of(row));
    } else {
      for (let place = 0; place < marks.count; place += 1) {
        const row = marks.rowAt(place);
        if (row !== UNDERLYING) this.#tellRow(ring, row, marks.of(row));
      }
    }
    this.#flush(ring);
  }

  #tellRow(ring: RingWriter, row: number, marks: number): void {
    const delta = this.#image[rowCell(row) + DELTA_FIELD] ?? ABSENT;
    const moved = Math.abs(delta - (this.#ringDelta[row] ?? ABSENT)) >= RING_DELTA_STEP;
    if ((marks & TOLD) === 0 && !moved) return;
    this.#ringDelta[row] = delta;
    this.#stage(ring, row);
  }

  /** The doubles are read from the image here: given as arguments they would be boxed. */
  #stage(ring: RingWriter, index: number): void {
    const first = rowCell(index);
    const records = this.#records;
    const image = this.#image;
    const at = this.#staged * ringLayout.RECORD_CELLS;
    records[at + ringLayout.INDEX_FIELD] = index;
    records[at + ringLayout.EPOCH_FIELD] = (this.#words[EPOCH_WORD] ?? 0) >>> 1;
    records[at + ringLayout.BID_FIELD] = image[first + BID_FIELD] ?? ABSENT;
    records[at + ringLayout.ASK_FIELD] = image[first + ASK_FIELD] ?? ABSENT;
    records[at + ringLayout.BID_SIZE_FIELD] = image[first + BID_SIZE_FIELD] ?? 0;
    records[at + ringLayout.ASK_SIZE_FIELD] = image[first + ASK_SIZE_FIELD] ?? 0;
    if (index === UNDERLYING) {
      records[at + ringLayout.DELTA_FIELD] = ABSENT;
      records[at + ringLayout.IMPLIED_VOL_FIELD] = ABSENT;
    } else {
      records[at + ringLayout.DELTA_FIELD] = image[first + DELTA_FIELD] ?? ABSENT;
      records[at + ringLayout.IMPLIED_VOL_FIELD] = image[first + IMPLIED_VOL_FIELD] ?? ABSENT;
    }
    records[at + ringLayout.SPOT_FIELD] = this.#spot[0] ?? ABSENT;
    records[at + ringLayout.MARKET_MICROS_FIELD] = image[AS_OF_MARKET_CELL] ?? 0;
    records[at + ringLayout.WALL_MICROS_FIELD] = image[AS_OF_WALL_CELL] ?? 0;
    this.#staged += 1;
    if (this.#staged === Math.min(STAGED_RECORDS, ring.mostAtOnce)) this.#flush(ring);
  }

  #flush(ring: RingWriter): void {
    ring.publishMany(this.#records, this.#staged);
    this.#staged = 0;
  }
}
