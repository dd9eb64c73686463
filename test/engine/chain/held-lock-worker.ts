/** Holds the lock of a chain until a reader naps on it, as a writer that the machine put off its
 * processor in the middle of a batch does; then frees it. Once for each message, which names its word. */
import { parentPort, workerData } from 'node:worker_threads';

const words = new Int32Array(workerData as SharedArrayBuffer);

parentPort?.on('message', (word: number) => {
  while (Atomics.notify(words, word) === 0);
  Atomics.add(words, word, 1);
  Atomics.notify(words, word);
});
