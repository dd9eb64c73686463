/** A thread of readers beside the writer: each takes the whole chain so often, while it is told to. */
import { workerData } from 'node:worker_threads';
import { ChainReader } from '../../src/engine/chain/chain-reader.ts';

/** What the thread is started with. */
export interface CursorTask {
  readonly chain: SharedArrayBuffer;
  /** Word 0: 1 while they are to read. Word 1: slices read. Word 2: slices that were busy. */
  readonly words: SharedArrayBuffer;
  readonly cursors: number;
  readonly everyMillis: number;
}

function read({ chain, words, cursors, everyMillis }: CursorTask): void {
  const control = new Int32Array(words);
  const readers = Array.from({ length: cursors }, () => new ChainReader(chain));
  const look = (reader: ChainReader): void => {
    if (Atomics.load(control, 0) === 0) return;
    const slice = reader.slice();
    Atomics.add(control, slice === undefined ? 2 : 1, 1);
  };
  for (const [n, reader] of readers.entries()) {
    const start = (n * everyMillis) / cursors;
    setTimeout(() => setInterval(() => look(reader), everyMillis), start);
  }
}

read(workerData as CursorTask);
