/**
 * Preloaded into an engine by a test (`NODE_OPTIONS=--import`): the thread whose name the file named by
 * HANG_THREAD_FILE holds sits in a call of the system for good, as on a disk that hangs. It opens the
 * pipe beside that file, which nobody writes to, right after it has told so in a file beside it. The product
 * knows nothing of it.
 */
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { threadName } from 'node:worker_threads';

const EVERY_MILLIS = 50;
const file = process.env['HANG_THREAD_FILE'];

if (file !== undefined) {
  setInterval(() => {
    if (!existsSync(file) || readFileSync(file, 'utf8') !== threadName) return;
    writeFileSync(`${file}.hangs`, threadName);
    openSync(`${file}.pipe`, 'r');
  }, EVERY_MILLIS).unref();
}
