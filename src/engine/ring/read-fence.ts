/** Processors of this kind never let a load pass another: there the fence costs nothing. */
const IS_ORDERED = process.arch === 'x64';

/**
 * One reader's own: keeps what was copied before `pass` before what is looked at after it, so that a
 * version read then tells of the copy. Elsewhere than on x64 that takes a read-modify-write, on a word
 * that nobody shares: it acquires and releases, which the ARM64 memory model orders like a full
 * barrier where it is one instruction (from ARMv8.1 on).
 */
export class ReadFence {
  readonly #word = new Int32Array(1);

  pass(): void {
    if (!IS_ORDERED) Atomics.add(this.#word, 0, 0);
  }
}
