/** The writing end of the broadcast ring. */
import { assert } from '../domain/assert.ts';
import {
  CELL_BYTES,
  CLAIM_WORD,
  copyFields,
  FIRST_RECORD_CELL,
  HEAD_WORD,
  INDEX_FIELD,
  NEWEST_WORD,
  PREVIOUS_FIELD,
  RECORD_BYTES,
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
  readonly #bytes: Buffer;
  /** The records published at once last time, and the same as bytes. */
  #records: Float64Array | undefined;
  #source: Buffer = Buffer.alloc(0);
  #head: number;
  #published = 0;

  /** Takes over a ring where its last writer left it; the histories of its rows begin anew. Throws
   * `INPUT_INVALID` on any other buffer. */
  constructor(buffer: SharedArrayBuffer) {
    this.#capacity = ringCapacity(buffer);
    this.#words = new Int32Array(buffer);
    this.#cells = new Float64Array(buffer);
    this.#bytes = Buffer.from(buffer);
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
    const cells = this.#cells;
    const first = this.#cellOf(this.#head);
    copyFields(fields, 0, cells, first);
    cells[first + PREVIOUS_FIELD] = this.#trace(fields, 0, this.#head);
    this.#advance(fields, 1);
  }

  /**
   * Publishes `count` records at once; readers see all of them with one step of head, which is what a
   * record by itself costs most. They lie in `records` as they will in the ring, RECORD_CELLS from
   * one to the next, and what the writer adds to them is written there too: so they move as one
   * block. At most half the ring at once.
   */
  publishMany(records: Float64Array, count: number): void {
    assert(count * RECORD_CELLS <= records.length, 'each ring record has RECORD_CELLS numbers');
    assert(count <= this.mostAtOnce, 'records published at once fit half the ring');
    if (count === 0) return;
    const claimed = (this.#head + count) | 0;
    for (let n = 0; n < count; n += 1) {
      const at = n * RECORD_CELLS;
      records[at + PREVIOUS_FIELD] = this.#trace(records, at, (this.#head + n) | 0);
    }
    if (records !== this.#records) this.#look(records);
    const toEnd = this.#capacity - (this.#head & (this.#capacity - 1));
    Atomics.exchange(this.#words, CLAIM_WORD, claimed);
    this.#copy(0, Math.min(count, toEnd), this.#head);
    if (count > toEnd) this.#copy(toEnd, count, 0);
    this.#advance(records, count);
  }

  /** Other records than last time: a caller that fills the same ones again never comes here twice. */
  #look(records: Float64Array): void {
    this.#records = records;
    this.#source = Buffer.from(records.buffer, records.byteOffset, records.byteLength);
  }

  /** Copies the records at hand from `from` up to `to` to where `sequence` lies. */
  #copy(from: number, to: number, sequence: number): void {
    const first = this.#cellOf(sequence) * CELL_BYTES;
    this.#source.copy(this.#bytes, first, from * RECORD_BYTES, to * RECORD_BYTES);
  }

  #cellOf(sequence: number): number {
    return FIRST_RECORD_CELL + (sequence & (this.#capacity - 1)) * RECORD_CELLS;
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
  #advance(records: Float64Array, count: number): void {
    const head = (this.#head + count) | 0;
    this.#words[CLAIM_WORD] = head;
    Atomics.add(this.#words, HEAD_WORD, count);
    this.#head = head;
    this.#published += count;
    for (let n = 0; n < count; n += 1) {
      const row = (records[n * RECORD_CELLS + INDEX_FIELD] ?? 0) + 1;
      if (row >= 0 && row < RING_ROWS) this.#words[NEWEST_WORD + row] = this.#newest[row] ?? 0;
    }
  }
}
