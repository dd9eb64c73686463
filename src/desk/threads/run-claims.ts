/**
 * Who reads which runs of a journal's frames: the core from the first on, as they come; the main thread,
 * once it has checked them all, from the last back. They meet where they meet, and no run is read twice.
 */

import { assert } from '../../engine/domain/assert.ts';

/** Low half: runs that the core has taken. High half: where those begin that the main thread has. */
const HALF_BITS = 16;
const MOST_RUNS = 2 ** (HALF_BITS - 1) - 1;

/** One word of memory that both threads share. */
export function createRunClaims(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(memory)[0] = MOST_RUNS << HALF_BITS;
  return memory;
}

export class RunClaims {
  readonly #word: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#word = new Int32Array(memory);
  }

  /** Core thread: true where the next run is its own to read. */
  takeNext(): boolean {
    return this.#change((taken, end) => [taken + 1, end]);
  }

  /** Main thread, when there are `count` runs and no more will come: the last one that nobody has taken,
   * now its own; undefined when there is none. */
  takeLast(count: number): number | undefined {
    assert(count <= MOST_RUNS, `a journal has at most ${MOST_RUNS} runs: ${count}`);
    const last = Math.min(this.#end(), count) - 1;
    return this.#change((taken) => [taken, last]) ? last : undefined;
  }

  #end(): number {
    return Atomics.load(this.#word, 0) >> HALF_BITS;
  }

  /** False, and nothing is changed, where the change takes a run that the other thread has. */
  #change(by: (taken: number, end: number) => readonly [number, number]): boolean {
    for (;;) {
      const word = Atomics.load(this.#word, 0);
      const [taken, end] = by(word & (2 ** HALF_BITS - 1), word >> HALF_BITS);
      if (taken > end) return false;
      const next = (end << HALF_BITS) | taken;
      if (Atomics.compareExchange(this.#word, 0, word, next) === word) return true;
    }
  }
}
