/** Thread entry: the journal thread with all that it does but the disk's part, for its files are in memory. */
import type { MessagePort } from 'node:worker_threads';
import { parentPort, workerData } from 'node:worker_threads';
import { JournalEngine } from '../../src/audit/journal-engine.ts';
import { openJournal } from '../../src/audit/journal-open.ts';
import type { JournalRequest } from '../../src/audit/journal-protocol.ts';
import { wallMicros } from '../../src/engine/domain/clock.ts';
import { memoryDisk } from './memory-disk.ts';

const { corePort }: { readonly corePort: MessagePort } = workerData;
const { writer } = openJournal({ home: '/journal', disk: memoryDisk() });
const engine = new JournalEngine(writer, wallMicros);

corePort.on('message', (request: JournalRequest) => {
  if (request.kind === 'close') {
    writer.close();
    corePort.close();
    return;
  }
  for (const reply of engine.handle([request])) corePort.postMessage(reply);
  engine.idle();
});
parentPort?.postMessage('open');
