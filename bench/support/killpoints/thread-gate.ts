/**
 * Imported before anything else into each thread of a day that is traced: tells the watcher which of the
 * machine's threads it is, and waits there until the watcher lets it go on. So strace can be attached to the
 * one thread that is meant, before that thread has touched a file.
 *
 * Lines: `main ID`, and the names of workers. The thread that does what Node does aside, of which there is
 * one, is `pool ID`.
 */
import { readlinkSync, readSync, writeSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { isMainThread, threadName } from 'node:worker_threads';

const WATCHER_FD = 3;
/** `PID/task/TID`, as it is for whoever reads it. */
const OWN_THREAD = '/proc/thread-self';

function meet(name: string, thread: string): void {
  writeSync(WATCHER_FD, `${name} ${thread.split('/').at(-1)}\n`);
  readSync(WATCHER_FD, Buffer.alloc(1));
}

if (isMainThread) meet('pool', await readlink(OWN_THREAD));
meet(isMainThread ? 'main' : (threadName ?? ''), readlinkSync(OWN_THREAD));
