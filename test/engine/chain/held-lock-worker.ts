/** Holds the lock of a chain until a reader naps on it, as a writer that the machine put off its
 * processor in the middle of a batch does; then frees it. Once for each message. */
import { parentPort, workerData } from 'node:worker_threads';
import { EPOCH_WORD } from '../../../src/engine/chain/chain-layout.ts';

const words = new Int32Array(workerData as SharedArrayBuffer);

parentPort?.on('message', () => {
  while (Atomics.notify(words, EPOCH_WORD) === 0);
  Atomics.add(words, EPOCH_WORD, 1);
  Atomics.notify(words, EPOCH_WORD);
});
