/**
 * Entry of the core thread: reads the records of the journal as they are handed over, then builds the
 * desk, its shells and the clock, and joins them.
 */
import type { MessagePort } from 'node:worker_threads';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../engine/domain/assert.ts';
import type { BookPart } from './book-reading.ts';
import { BookReading, bookOf } from './book-reading.ts';
import type { CoreWorkerData, ToStartingCore } from './core-starting.ts';
import { runCore } from './core-thread-shell.ts';
import { RunClaims } from './run-claims.ts';

/** What was read is let go with the listener: a desk keeps what it needs of it. */
function readThenRun(main: MessagePort, { wall, claims }: CoreWorkerData): void {
  const reading = new BookReading(wall);
  const runs = new RunClaims(claims);
  let read: BookPart | undefined;

  function onMessage(message: ToStartingCore): void {
    switch (message.kind) {
      case 'frames':
        if (runs.takeNext()) reading.take(message.run);
        return;
      case 'framesEnd':
        reading.join(message.rest);
        read = reading.part();
        main.postMessage(bookOf(read));
        return;
      case 'start':
        assert(read !== undefined, 'the journal is read before the core starts');
        main.off('message', onMessage);
        runCore(message.start, read.past, main);
        return;
    }
  }

  main.on('message', onMessage);
}

if (parentPort === null) throw new Error('core-worker.ts runs as a worker of the engine only');
readThenRun(parentPort, workerData);
