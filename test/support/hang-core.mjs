/**
 * Preloaded into an engine by a test (`NODE_OPTIONS=--import`): as long as the file named by
 * HANG_CORE_FILE is there, the core thread stands still, as a thread in an endless loop does. The
 * product knows nothing of it.
 */
import { existsSync } from 'node:fs';
import { threadName } from 'node:worker_threads';

const EVERY_MILLIS = 50;
const file = process.env['HANG_CORE_FILE'];
const isCore = threadName === 'core';

if (isCore && file !== undefined) {
  const never = new Int32Array(new SharedArrayBuffer(4));
  setInterval(() => {
    while (existsSync(file)) Atomics.wait(never, 0, 0, EVERY_MILLIS);
  }, EVERY_MILLIS).unref();
}
