/** The writing end of the broadcast ring. */
import { assert } from '../domain/assert.ts';
import {
  CLAIM_WORD,
  FIRST_RECORD_CELL,
  HEAD_WORD,
  INDEX_FIELD,
  NEWEST_WORD,
  PREVIOUS_FIELD,
  RECORD_CELLS,
  RECORD_FIELDS,
  RING_ROWS,
  ringCapacity,
  sequenceOfNone,
} from './ring-layout.ts';

/**
 * Publishes records for any number of readers. Exactly one thread may hold a writer of a buffer, and
 * one writer at a time: two would overwrite each other's records unseen. It never waits, never fails
 * and never allocates; a reader that falls a whole ring behind loses records and counts them.
 */
export class RingWriter {
  readonly #words: Int32Array;
  readonly #cells: Float64Array;
  readonly #capacity: number;
  /** The newest record of each row, as the shared table will say when head has moved. */
  readonly #newest = new Int32Array(RING_ROWS);
  #head: number;
  #published = 0;

  /** Takes over a ring where its last writer left it; the histories of its rows begin anew. Throws
   * `INPUT_INVALID` on any other buffer. */
  constructor(buffer: SharedArrayBuffer) {
    this.#capacity = ringCapacity(buffer);
    this.#words = new Int32Array(buffer);
    this.#cells = new Float64Array(buffer);
    this.#head = Atomics.load(this.#words, HEAD_WORD);
    Atomics.store(this.#words, CLAIM_WORD, this.#head);
    this.forgetRows();
  }

  /** Records that this writer has published. */
  get published(): number {
    return this.#published;
  }

  /** The most records that `publishMany` takes. */
  get mostAtOnce(): number {
    return this.#capacity / 2;
  }

  /** Ends every row's history: from now on the rows are other contracts. */
  forgetRows(): void {
    this.#newest.fill(sequenceOfNone(this.#head, this.#capacity));
    this.#words.set(this.#newest, NEWEST_WORD);
  }

  /** Publishes one record from its fields in the order of the layout (`RECORD_FIELDS` numbers). The
   * fields are copied: the caller keeps one array and fills it again. */
  publish(fields: Float64Array): void {
    assert(fields.length === RECORD_FIELDS, 'a ring record has exactly RECORD_FIELDS numbers');
    this.#store(fields, 0, this.#head);
    this.#advance(fields, 1);
  }

  /**
   * Publishes `count` records that lie one behind the other in `fields`; readers see all of them with
   * one step of head, which is what a record by itself costs most. At most half the ring at once.
   */
  publishMany(fields: Float64Array, count: number): void {
    assert(count * RECORD_FIELDS <= fields.length, 'each ring record has RECORD_FIELDS numbers');
    assert(count <= this.mostAtOnce, 'records published at once fit half the ring');
    if (count === 0) return;
    const claimed = (this.#head + count) | 0;
    Atomics.exchange(this.#words, CLAIM_WORD, claimed);
    for (let n = 0; n < count; n += 1) this.#store(fields, n * RECORD_FIELDS, (this.#head + n) | 0);
    this.#advance(fields, count);
  }

  #store(fields: Float64Array, from: number, sequence: number): void {
    const cells = this.#cells;
    const first = FIRST_RECORD_CELL + (sequence & (this.#capacity - 1)) * RECORD_CELLS;
    for (let field = 0; field < RECORD_FIELDS; field += 1)
      cells[first + field] = fields[from + field] ?? 0;
    cells[first + PREVIOUS_FIELD] = this.#trace(fields, from, sequence);
  }

  /** Notes a row's newest record and says how far back the one before it lies. */
  #trace(fields: Float64Array, from: number, sequence: number): number {
    const row = (fields[from + INDEX_FIELD] ?? 0) + 1;
    if (!(row >= 0 && row < RING_ROWS)) return 0;
    const distance = (sequence - (this.#newest[row] ?? 0)) >>> 0;
    this.#newest[row] = sequence;
    return distance < this.#capacity ? distance : 0;
  }

  /**
   * The closing step is a read-modify-write, not a store: on ARM64 a later plain store may pass a
   * release store, and the next record's cells would then be touched before this head is seen. So is
   * a claim, for the same reason. The table of newest records follows head, never runs ahead of it.
   */
  #advance(fields: Float64Array, count: number): void {
    const head = (this.#head + count) | 0;
    this.#words[CLAIM_WORD] = head;
    Atomics.add(this.#words, HEAD_WORD, count);
    this.#head = head;
    this.#published += count;
    for (let n = 0; n < count; n += 1) {
      const row = (fields[n * RECORD_FIELDS + INDEX_FIELD] ?? 0) + 1;
      if (row >= 0 && row < RING_ROWS) this.#words[NEWEST_WORD + row] = this.#newest[row] ?? 0;
    }
  }
}
