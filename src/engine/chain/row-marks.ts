import { MAX_CONTRACTS, UNDERLYING } from './chain-layout.ts';

/** Marks of a row in a batch: something in it changed, and the ring is to tell of it. */
export const CHANGED = 1;
export const TOLD = 2;
/** Of a row: its quote alone is new. */
export const QUOTED = 4;

/** Core thread only. What a batch is to publish: the marks of each row and of UNDERLYING, and the
 * rows that have any, in the order in which they got their first. Allocates nothing. */
export class RowMarks {
  /** By row + 1, since UNDERLYING is -1. */
  readonly #marks = new Uint8Array(MAX_CONTRACTS + 1);
  readonly #marked = new Int32Array(MAX_CONTRACTS + 1);
  #count = 0;

  /** Rows that have a mark, UNDERLYING among them where it has one. */
  get count(): number {
    return this.#count;
  }

  /** The `place`-th of them, from 0. */
  rowAt(place: number): number {
    return this.#marked[place] ?? UNDERLYING;
  }

  of(row: number): number {
    return this.#marks[row + 1] ?? 0;
  }

  add(row: number, marks: number): void {
    const before = this.#marks[row + 1] ?? 0;
    if (before === 0) {
      this.#marked[this.#count] = row;
      this.#count += 1;
    }
    this.#marks[row + 1] = before | marks;
  }

  clear(): void {
    for (let place = 0; place < this.#count; place += 1) this.#marks[this.rowAt(place) + 1] = 0;
    this.#count = 0;
  }
}
