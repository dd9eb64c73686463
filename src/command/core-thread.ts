/**
 * The thread of the core before there is anything for it to run: made first of all, so that its program
 * loads while the main thread loads its own. It keeps no process alive until it is a core's.
 */
import { Worker } from 'node:worker_threads';
import type { CoreWorkerData } from '../desk/threads/core-starting.ts';
import { wallMicros } from '../engine/domain/clock.ts';

/** Starts the thread. Main thread. */
export function startCoreThread(): Worker {
  const workerData: CoreWorkerData = { wall: wallMicros() };
  const worker = new Worker(new URL('../desk/threads/core-worker.ts', import.meta.url), {
    workerData,
    name: 'core',
  });
  worker.unref();
  return worker;
}
