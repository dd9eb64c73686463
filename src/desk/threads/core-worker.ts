/**
 * Entry of the core thread: reads the records of the journal as they are handed over, then builds the
 * desk, its shells and the clock, and joins them.
 */
import type { MessagePort } from 'node:worker_threads';
import { parentPort, workerData } from 'node:worker_threads';
import { BookReading } from './book-reading.ts';
import type { CoreWorkerData, ToStartingCore } from './core-starting.ts';
import { runCore } from './core-thread-shell.ts';

function tellRead(read: SharedArrayBuffer): void {
  const count = new Int32Array(read);
  Atomics.add(count, 0, 1);
  Atomics.notify(count, 0);
}

/** What was read is let go with the listener: a desk keeps what it needs of it. */
function readThenRun(main: MessagePort, { wall }: CoreWorkerData): void {
  const reading = new BookReading(wall);

  function onMessage(message: ToStartingCore): void {
    switch (message.kind) {
      case 'frames':
        reading.take(message.run);
        tellRead(message.read);
        return;
      case 'framesEnd':
        main.postMessage(reading.finish());
        return;
      case 'start':
        main.off('message', onMessage);
        runCore(message.start, reading.past, main);
        return;
    }
  }

  main.on('message', onMessage);
}

if (parentPort === null) throw new Error('core-worker.ts runs as a worker of the engine only');
readThenRun(parentPort, workerData);
