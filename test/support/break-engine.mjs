/**
 * Preloaded into an engine by a test (`NODE_OPTIONS=--import`): once the file named by BREAK_ENGINE_FILE
 * says `THREAD throws` or `THREAD ends`, that thread does so (the main thread is `main`). The product
 * knows nothing of it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isMainThread, threadName } from 'node:worker_threads';

const EVERY_MILLIS = 50;
const file = process.env['BREAK_ENGINE_FILE'];
const name = isMainThread ? 'main' : threadName;

if (file !== undefined) {
  setInterval(() => {
    if (!existsSync(file)) return;
    const word = readFileSync(file, 'utf8');
    if (word === `${name} throws`) throw new Error('broken by a test');
    if (word === `${name} ends`) process.exit(0);
  }, EVERY_MILLIS).unref();
}
