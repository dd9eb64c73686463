/** The audit thread: a thin shell around the sealing loop. Disk syncs and uploads wait here. */
import { parentPort, workerData } from 'node:worker_threads';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { FromSealing, SealingStart, ToSealing } from './audit-sealing-protocol.ts';
import { SealingLoop } from './sealing-loop-shell.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- given by audit-sealing-shell.ts
const start = workerData as SealingStart;

function report(message: FromSealing): void {
  parentPort?.postMessage(message);
}

try {
  const loop = await SealingLoop.open({
    ...start,
    report,
    // The AWS client is loaded only where it is needed.
    openStore: async (target) => {
      const { S3Store } = await import('./s3-store-shell.ts');
      const store = new S3Store(target);
      return { store, close: () => store.close() };
    },
  });
  parentPort?.once('message', (_message: ToSealing) => {
    void loop.close().then(() => {
      report({ kind: 'closed' });
      parentPort?.close();
    });
  });
  report({ kind: 'opened' });
  loop.start();
} catch (error) {
  const known = error instanceof DeltaringError;
  report({
    kind: 'openFailed',
    code: known ? error.code : 'INTERNAL',
    message: error instanceof Error ? error.message : String(error),
  });
}
