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
  HEADER_CELL,
  IMPLIED_VOL_FIELD,
  MAX_CONTRACTS,
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

/** A row nobody quoted goes to the ring all the same once its delta has moved this far. */
const RING_DELTA_STEP = 0.001;

/** Records handed to the ring at once, where it takes so many. */
const STAGED_RECORDS = 64;

/** Marks of a row in a batch: something in it changed, and the ring is to tell of it. */
export const CHANGED = 1;
export const TOLD = 2;
/** Of a row: its quote alone is new. */
export const QUOTED = 4;

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
  readonly #records = new Float64Array(STAGED_RECORDS * ringLayout.RECORD_FIELDS);
  #staged = 0;
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
    this.#copyHeader();
    Atomics.add(this.#words, EPOCH_WORD, 1);
  }

  /** Publishes the image as the chain of a new session: every row of the old one is void. */
  publishSession(rowCount: number): void {
    Atomics.add(this.#words, EPOCH_WORD, 1);
    this.#session = Atomics.add(this.#words, SESSION_WORD, 1) + 1;
    this.#ringDelta.fill(ABSENT);
    this.#ring?.forgetRows();
    this.#copyHeader();
    for (let row = 0; row < rowCount; row += 1) this.#copyRow(row, RIGHT_FIELD, ROW_FIELDS_END);
    this.#words[ROW_COUNT_WORD] = rowCount;
    Atomics.add(this.#words, EPOCH_WORD, 1);
  }

  /**
   * Publishes the image as the chain's next batch: the rows that `marks` calls CHANGED, the
   * quotes of those it calls QUOTED, and where the batch was valued what a valuation writes of every
   * row. Then tells the ring about each
   * row (and the underlying) that is marked TOLD or whose delta moved. The underlying's mark stands
   * behind those of MAX_CONTRACTS rows. All marks are cleared.
   */
  publishBatch(rowCount: number, marks: Uint8Array, isValued: boolean): void {
    Atomics.add(this.#words, EPOCH_WORD, 1);
    this.#copyHeader();
    for (let row = 0; row < rowCount; row += 1) {
      const mark = marks[row] ?? 0;
      if ((mark & CHANGED) !== 0) this.#copyRow(row, RIGHT_FIELD, ROW_FIELDS_END);
      else if (isValued && (mark !== 0 || this.#isValuedAnew(row)))
        this.#copyRow(row, BID_FIELD, FLAGS_FIELD + 1);
      else if ((mark & QUOTED) !== 0) this.#copyRow(row, BID_FIELD, QUOTE_WALL_FIELD + 1);
    }
    this.#words[ROW_COUNT_WORD] = rowCount;
    Atomics.add(this.#words, EPOCH_WORD, 1);
    if (this.#ring !== undefined) this.#tellRing(this.#ring, rowCount, marks);
    marks.fill(0);
  }

  #copyHeader(): void {
    const end = rowCell(0);
    for (let cell = HEADER_CELL; cell < end; cell += 1) this.#cells[cell] = this.#image[cell] ?? 0;
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

  /**
   * Copies the fields from `from` up to `to` of a row under its lock.
   *
   * Both marks are read-modify-writes, and the opening one must be: on ARM64 the cells' plain stores
   * could pass a release store and be seen before it. An `Atomics.add` acquires and releases, which
   * the ARM64 memory model orders like a full barrier where it is one instruction (LDADDAL, from
   * ARMv8.1 on); readers end with one too, on a word of their own.
   */
  #copyRow(row: number, from: number, to: number): void {
    const version = rowVersionWord(row);
    Atomics.add(this.#words, version, 1);
    this.#words[version + 1] = this.#session;
    const end = rowCell(row) + to;
    for (let cell = rowCell(row) + from; cell < end; cell += 1) {
      this.#cells[cell] = this.#image[cell] ?? 0;
    }
    Atomics.add(this.#words, version, 1);
  }

  #tellRing(ring: RingWriter, rowCount: number, marks: Uint8Array): void {
    if (((marks[MAX_CONTRACTS] ?? 0) & TOLD) !== 0) this.#stage(ring, UNDERLYING);
    for (let row = 0; row < rowCount; row += 1) {
      const first = rowCell(row);
      const delta = this.#image[first + DELTA_FIELD] ?? ABSENT;
      const moved = Math.abs(delta - (this.#ringDelta[row] ?? ABSENT)) >= RING_DELTA_STEP;
      if (((marks[row] ?? 0) & TOLD) === 0 && !moved) continue;
      this.#ringDelta[row] = delta;
      this.#stage(ring, row);
    }
    this.#flush(ring);
  }

  /** The doubles are read from the image here: given as arguments they would be boxed. */
  #stage(ring: RingWriter, index: number): void {
    const first = rowCell(index);
    const records = this.#records;
    const image = this.#image;
    const at = this.#staged * ringLayout.RECORD_FIELDS;
    records[at + ringLayout.INDEX_FIELD] = index;
    records[at + ringLayout.EPOCH_FIELD] = (this.#words[EPOCH_WORD] ?? 0) >>> 1;
    records[at + ringLayout.BID_FIELD] = image[first + BID_FIELD] ?? ABSENT;
    records[at + ringLayout.ASK_FIELD] = image[first + ASK_FIELD] ?? ABSENT;
    records[at + ringLayout.BID_SIZE_FIELD] = image[first + BID_SIZE_FIELD] ?? 0;
    records[at + ringLayout.ASK_SIZE_FIELD] = image[first + ASK_SIZE_FIELD] ?? 0;
    const isRow = index !== UNDERLYING;
    records[at + ringLayout.DELTA_FIELD] = isRow ? (image[first + DELTA_FIELD] ?? ABSENT) : ABSENT;
    records[at + ringLayout.IMPLIED_VOL_FIELD] = isRow
      ? (image[first + IMPLIED_VOL_FIELD] ?? ABSENT)
      : ABSENT;
    records[at + ringLayout.SPOT_FIELD] = midOf(image, rowCell(UNDERLYING));
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
