/** The writing end of the broadcast ring. */
import { assert } from '../domain/assert.ts';
import {
  FIRST_RECORD_CELL,
  HEAD_WORD,
  RECORD_CELLS,
  RECORD_FIELDS,
  ringCapacity,
} from './ring-layout.ts';

/**
 * Publishes records for any number of readers. Exactly one thread may hold a writer of a buffer, and
 * one writer at a time: two would overwrite each other's records unseen. It never waits, never fails
 * and never allocates; a reader that falls a whole ring behind loses records and counts them.
 */
export class RingWriter {
  readonly #words: Int32Array;
  readonly #cells: Float64Array;
  readonly #mask: number;
  #published = 0;

  /** Takes over a ring where its last writer left it. Throws `INPUT_INVALID` on any other buffer. */
  constructor(buffer: SharedArrayBuffer) {
    this.#mask = ringCapacity(buffer) - 1;
    this.#words = new Int32Array(buffer);
    this.#cells = new Float64Array(buffer);
  }

  /** Records that this writer has published. */
  get published(): number {
    return this.#published;
  }

  /**
   * Publishes one record from its fields in the order of the layout (`RECORD_FIELDS` numbers). The
   * fields are copied: the caller keeps one array and fills it again.
   *
   * The closing step is a read-modify-write, not a store: on ARM64 a later plain store may pass a
   * release store, and the next record's cells would then be touched before this head is seen.
   */
  publish(fields: Float64Array): void {
    assert(fields.length === RECORD_FIELDS, 'a ring record has exactly RECORD_FIELDS numbers');
    const cells = this.#cells;
    const slot = Atomics.load(this.#words, HEAD_WORD) & this.#mask;
    const first = FIRST_RECORD_CELL + slot * RECORD_CELLS;
    for (let field = 0; field < RECORD_FIELDS; field += 1)
      cells[first + field] = fields[field] ?? 0;
    Atomics.add(this.#words, HEAD_WORD, 1);
    this.#published += 1;
  }
}
