/** Starts the journal thread. For the composition root. */

import type { MessagePort } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { CheckedJournal } from './checked-journal.ts';
import type { JournalThreadReport } from './journal-protocol.ts';
import type { RecordingPlan } from './recording-drain.ts';
import type { JournalNotice } from './scanned-journal.ts';

/** What the thread is started with. */
export interface JournalWorkerData {
  readonly home: string;
  /** The journal as it was just read and checked; the thread reads it itself where absent. */
  readonly checked?: CheckedJournal | undefined;
  /** The core's end is the other side of this channel: JournalRequest in, JournalReply out. */
  readonly corePort: MessagePort;
  /** The recorder's ring and the facts its file begins with; absent where nothing is recorded. */
  readonly recording?: RecordingPlan;
  /** The shared numbers that the thread writes its own of; absent where nobody counts. */
  readonly counters?: SharedArrayBuffer;
}

export interface JournalThread {
  readonly lastSeq: number;
  readonly lastHash: string;
  readonly notices: readonly JournalNotice[];
  /** Resolves with the last durable number once the journal was closed in order (the core's `close`
   * request does that); rejects when the thread died. */
  readonly closed: Promise<number>;
  /** Ends the thread, its journal closed or not. */
  terminate(): Promise<unknown>;
}

/**
 * Starts the thread and resolves once the journal is open. Rejects with JOURNAL_CORRUPT, DISK_FULL
 * or JOURNAL_FAILED. `onRecordingLost` hears when the session can no longer be replayed.
 */
export function startJournalThread(
  data: JournalWorkerData,
  onRecordingLost: (reason: string) => void = () => undefined,
): Promise<JournalThread> {
  const worker = new Worker(new URL('./journal-worker.ts', import.meta.url), {
    workerData: data,
    transferList: [data.corePort],
    name: 'journal',
  });
  return new Promise((resolve, reject) => {
    const closed = Promise.withResolvers<number>();
    closed.promise.catch(() => undefined);
    const die = (cause?: unknown): void => {
      const error = new DeltaringError('JOURNAL_FAILED', 'the journal thread has ended', cause);
      reject(error);
      closed.reject(error);
    };
    worker.on('message', (report: JournalThreadReport) => {
      if (report.kind === 'openFailed') reject(new DeltaringError(report.code, report.message));
      else if (report.kind === 'recordingLost') onRecordingLost(report.reason);
      else if (report.kind === 'closed') closed.resolve(report.lastSeq);
      else resolve({ ...report, closed: closed.promise, terminate: () => worker.terminate() });
    });
    worker.on('error', die);
    worker.on('exit', () => die());
  });
}
