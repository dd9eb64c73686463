/** Entry of the core thread: builds the desk, its shells and the clock, and joins them. */
import { parentPort, workerData } from 'node:worker_threads';
import { type CoreStart, runCore } from './core-thread-shell.ts';

if (parentPort === null) throw new Error('core-worker.ts runs as a worker of the engine only');
const start: CoreStart = workerData;
runCore(start, parentPort);
