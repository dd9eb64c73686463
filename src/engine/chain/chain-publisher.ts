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
  HEADER_CELL,
  IMPLIED_VOL_FIELD,
  MAX_CONTRACTS,
  RIGHT_FIELD,
  ROW_COUNT_WORD,
  ROW_FIELDS_END,
  rowCell,
  rowVersionWord,
  SESSION_WORD,
  UNDERLYING,
} from './chain-layout.ts';
import { midOf } from './quote-quality.ts';

/** A row nobody quoted goes to the ring all the same once its delta has moved this far. */
const RING_DELTA_STEP = 0.001;

/**
 * Core thread only: the one writer of the shared chain. `image` has the layout of the shared buffer;
 * a batch is prepared in it at leisure, so that the chain is locked only while changed cells are
 * copied, some microseconds. Allocates nothing after construction.
 */
export class ChainPublisher {
  readonly #image: Float64Array;
  readonly #words: Int32Array;
  readonly #cells: Float64Array;
  readonly #ring: RingWriter | undefined;
  readonly #record = new Float64Array(ringLayout.RECORD_FIELDS);
  readonly #ringDelta = new Float64Array(MAX_CONTRACTS).fill(ABSENT);

  /** Takes over a chain where its last writer left it: what a crash left locked is unlocked, and
   * no row of it belongs to the chain any more. */
  constructor(buffer: SharedArrayBuffer, image: Float64Array, ring: RingWriter | undefined) {
    this.#image = image;
    this.#words = new Int32Array(buffer);
    this.#cells = new Float64Array(buffer);
    this.#ring = ring;
    if (Atomics.load(this.#words, EPOCH_WORD) % 2 === 0) Atomics.add(this.#words, EPOCH_WORD, 1);
    Atomics.add(this.#words, SESSION_WORD, 1);
    for (let row = 0; row < MAX_CONTRACTS; row += 1)
      Atomics.and(this.#words, rowVersionWord(row), ~1);
    this.#copyHeader();
    Atomics.add(this.#words, EPOCH_WORD, 1);
  }

  /** Publishes the image as the chain of a new session: every row of the old one is void. */
  publishSession(rowCount: number): void {
    Atomics.add(this.#words, EPOCH_WORD, 1);
    Atomics.add(this.#words, SESSION_WORD, 1);
    this.#ringDelta.fill(ABSENT);
    this.#copyHeader();
    this.#copyRows(rowCount);
    Atomics.add(this.#words, EPOCH_WORD, 1);
  }

  /**
   * Publishes the image as the chain's next batch, then tells the ring about every row (and the
   * underlying) that `touched` marks or whose delta moved; `touched` is cleared. The underlying's
   * mark stands last, behind those of MAX_CONTRACTS rows.
   */
  publishBatch(rowCount: number, touched: Uint8Array): void {
    Atomics.add(this.#words, EPOCH_WORD, 1);
    this.#copyHeader();
    this.#copyRows(rowCount);
    Atomics.add(this.#words, EPOCH_WORD, 1);
    if (this.#ring !== undefined) this.#tellRing(this.#ring, rowCount, touched);
    touched.fill(0);
  }

  #copyHeader(): void {
    const end = rowCell(0);
    for (let cell = HEADER_CELL; cell < end; cell += 1) this.#cells[cell] = this.#image[cell] ?? 0;
  }

  #copyRows(rowCount: number): void {
    const session = Atomics.load(this.#words, SESSION_WORD);
    for (let row = 0; row < rowCount; row += 1) {
      if (this.#differs(row, session)) this.#copyRow(row, session);
    }
    this.#words[ROW_COUNT_WORD] = rowCount;
  }

  #differs(row: number, session: number): boolean {
    if (this.#words[rowVersionWord(row) + 1] !== session) return true;
    const first = rowCell(row);
    for (let cell = first + RIGHT_FIELD; cell < first + ROW_FIELDS_END; cell += 1) {
      if (this.#cells[cell] !== this.#image[cell]) return true;
    }
    return false;
  }

  /** The opening mark is a read-modify-write: on ARM64 the cells' plain stores could otherwise be
   * seen before it. */
  #copyRow(row: number, session: number): void {
    const version = rowVersionWord(row);
    Atomics.add(this.#words, version, 1);
    this.#words[version + 1] = session;
    const first = rowCell(row);
    for (let cell = first + RIGHT_FIELD; cell < first + ROW_FIELDS_END; cell += 1) {
      this.#cells[cell] = this.#image[cell] ?? 0;
    }
    Atomics.add(this.#words, version, 1);
  }

  #tellRing(ring: RingWriter, rowCount: number, touched: Uint8Array): void {
    const record = this.#record;
    record[ringLayout.EPOCH_FIELD] = Atomics.load(this.#words, EPOCH_WORD) >>> 1;
    record[ringLayout.SPOT_FIELD] = midOf(this.#image, rowCell(UNDERLYING));
    record[ringLayout.MARKET_MICROS_FIELD] = this.#image[AS_OF_MARKET_CELL] ?? 0;
    record[ringLayout.WALL_MICROS_FIELD] = this.#image[AS_OF_WALL_CELL] ?? 0;
    if (touched[MAX_CONTRACTS] === 1) {
      record[ringLayout.DELTA_FIELD] = ABSENT;
      record[ringLayout.IMPLIED_VOL_FIELD] = ABSENT;
      this.#publish(ring, UNDERLYING);
    }
    for (let row = 0; row < rowCount; row += 1) {
      const first = rowCell(row);
      const delta = this.#image[first + DELTA_FIELD] ?? ABSENT;
      const moved = Math.abs(delta - (this.#ringDelta[row] ?? ABSENT)) >= RING_DELTA_STEP;
      if (touched[row] !== 1 && !moved) continue;
      this.#ringDelta[row] = delta;
      record[ringLayout.DELTA_FIELD] = delta;
      record[ringLayout.IMPLIED_VOL_FIELD] = this.#image[first + IMPLIED_VOL_FIELD] ?? ABSENT;
      this.#publish(ring, row);
    }
  }

  #publish(ring: RingWriter, index: number): void {
    const first = rowCell(index);
    const record = this.#record;
    record[ringLayout.INDEX_FIELD] = index;
    record[ringLayout.BID_FIELD] = this.#image[first + BID_FIELD] ?? ABSENT;
    record[ringLayout.ASK_FIELD] = this.#image[first + ASK_FIELD] ?? ABSENT;
    record[ringLayout.BID_SIZE_FIELD] = this.#image[first + BID_SIZE_FIELD] ?? 0;
    record[ringLayout.ASK_SIZE_FIELD] = this.#image[first + ASK_SIZE_FIELD] ?? 0;
    ring.publish(record);
  }
}
