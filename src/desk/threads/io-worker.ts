/** Entry of the I/O worker: quote tokens, chain listings and the account reader, each answer handed
 * over as compact data. */
import { parentPort, workerData } from 'node:worker_threads';
import type { IoStart } from './io-worker-shell.ts';
import { runIo } from './io-worker-shell.ts';

if (parentPort === null) throw new Error('io-worker.ts runs as a worker of the engine only');
const start: IoStart = workerData;
runIo(start, parentPort);
