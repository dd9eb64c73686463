/** Processors of this kind never let a load pass another: there no fence is needed between loads, and
 * V8 keeps them in the order of the program. */
const IS_ORDERED = process.arch === 'x64';

/**
 * One reader's own: keeps what was copied before `pass` before what is looked at after it, so that a
 * version read then (by Atomics.load) tells of the copy. Elsewhere than on x64 that takes a
 * read-modify-write, on a word that nobody shares: it acquires and releases, which the ARM64 memory
 * model orders like a full barrier where it is one instruction (from ARMv8.1 on). Every call of
 * Atomics is a call, some 8 ns: a third of what copying a row takes.
 */
export class ReadFence {
  readonly #word = new Int32Array(1);

  /** Reads a version before what it guards. Not to wait by: what is read twice with nothing between
   * may be read once. */
  begin(words: Int32Array, version: number): number {
    return IS_ORDERED ? (words[version] ?? 0) : Atomics.load(words, version);
  }

  pass(): void {
    if (!IS_ORDERED) Atomics.add(this.#word, 0, 0);
  }
}
