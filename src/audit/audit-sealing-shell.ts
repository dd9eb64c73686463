/** Starts the audit thread and remembers what it tells. Main thread. */
import { Worker } from 'node:worker_threads';
import { DeltaringError } from '../engine/domain/errors.ts';
import type {
  FromSealing,
  SealedHead,
  SealingLag,
  SealingStart,
  ToSealing,
} from './audit-sealing-protocol.ts';

export interface AuditSealingOptions extends SealingStart {
  readonly onHead?: (head: SealedHead) => void;
  readonly onLag?: (lag: SealingLag) => void;
  /** Hears why sealing or shipping failed; it goes on trying. */
  readonly onProblem?: (reason: string) => void;
}

export interface AuditSealing {
  /** Seals and ships what is left, within a bounded time, and ends. Call after the journal closed. */
  close(): Promise<void>;
  /** Ends the thread, whatever it does. */
  terminate(): Promise<void>;
}

/** Starts sealing. To be called once the journal thread is open. Rejects with AUDIT_SINK_FAILED when
 * the bucket is not fit, the sealed log is not what was sealed or cannot be written; DISK_FULL for want of
 * space. */
export function startAuditSealing(options: AuditSealingOptions): Promise<AuditSealing> {
  const { home, build, s3, onHead, onLag, onProblem } = options;
  const workerData: SealingStart = { home, build, s3 };
  const worker = new Worker(new URL('./audit-sealing-worker.ts', import.meta.url), {
    workerData,
    name: 'audit',
  });
  const closed = Promise.withResolvers<void>();
  return new Promise((resolve, reject) => {
    const die = (cause?: unknown): void => {
      const error = new DeltaringError('AUDIT_SINK_FAILED', 'the audit thread has ended', cause);
      reject(error);
      closed.resolve();
      onProblem?.(error.message);
    };
    const terminate = async (): Promise<void> => {
      worker.removeListener('exit', die);
      await worker.terminate();
    };
    const close = async (): Promise<void> => {
      worker.postMessage({ kind: 'close' } satisfies ToSealing);
      await closed.promise;
      await terminate();
    };
    worker.on('message', (message: FromSealing) => {
      switch (message.kind) {
        case 'opened':
          resolve({ close, terminate });
          return;
        case 'openFailed':
          reject(new DeltaringError(message.code, message.message));
          void terminate();
          return;
        case 'head':
          onHead?.(message.head);
          return;
        case 'lag':
          onLag?.(message.lag);
          return;
        case 'problem':
          onProblem?.(message.reason);
          return;
        case 'closed':
          worker.removeListener('exit', die);
          closed.resolve();
          return;
      }
    });
    worker.on('error', die);
    worker.on('exit', die);
  });
}
