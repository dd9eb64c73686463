/**
 * Entry of the core thread: reads the records of the journal as they are handed over, then builds the
 * desk, its shells and the clock, and joins them.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { BookReading } from './book-reading.ts';
import type { CoreWorkerData, ToStartingCore } from './core-starting.ts';
import { runCore } from './core-thread-shell.ts';

const main = parentPort;
if (main === null) throw new Error('core-worker.ts runs as a worker of the engine only');
const { wall }: CoreWorkerData = workerData;
const reading = new BookReading(wall);

function onMessage(message: ToStartingCore): void {
  if (message.kind === 'frames') reading.take(message.run);
  else if (message.kind === 'framesEnd') main?.postMessage(reading.finish());
  else if (main !== null) {
    main.off('message', onMessage);
    runCore(message.start, reading.past(), main);
  }
}

main.on('message', onMessage);
