/**
 * Keeps the audit log sealed while the engine runs: seals at short intervals, and ships where an
 * object store is set. Runs on the main thread.
 */
import { setTimeout } from 'node:timers/promises';
import { wallMicros } from '../engine/domain/clock.ts';
import type { AuditLag } from './s3-sink.ts';
import { S3AuditSink } from './s3-sink.ts';
import type { S3StoreSettings } from './s3-store-shell.ts';
import { S3Store } from './s3-store-shell.ts';
import { JournalSealer } from './sealer.ts';

/** A record waits at most this long before it is sealed. */
const SEAL_EVERY_MILLIS = 1_000;
/** How long the shutdown waits for the last batches to be accepted. */
const LAST_SHIPMENT_MILLIS = 5_000;

export interface AuditSealingOptions {
  readonly home: string;
  /** Where set, batches go there too. */
  readonly s3?: S3StoreSettings & { readonly retentionYears?: number; readonly prefix?: string };
  readonly onLag?: (lag: AuditLag) => void;
  /** Hears why sealing or shipping failed; it goes on trying. */
  readonly onProblem?: (reason: string) => void;
}

export interface AuditSealing {
  /** Number of the last sealed record. */
  sealedSeq(): number;
  /** Seals and ships what is left, within a bounded time, and ends. Call after the journal
   * closed. */
  close(): Promise<void>;
}

/** Resolves after the time, or at once when the signal says so. */
function delay(millis: number, signal: AbortSignal): Promise<void> {
  return setTimeout(millis, undefined, { signal }).catch(() => undefined);
}

async function openSink(
  sealer: JournalSealer,
  options: AuditSealingOptions,
  signal: AbortSignal,
): Promise<{ sink: S3AuditSink; store: S3Store } | undefined> {
  const { s3, onLag, onProblem } = options;
  if (s3 === undefined) return undefined;
  const store = new S3Store(s3);
  const sink = await S3AuditSink.open(sealer, {
    store,
    nowMicros: wallMicros,
    wait: (millis) => delay(millis, signal),
    ...(s3.retentionYears !== undefined && { retentionYears: s3.retentionYears }),
    ...(s3.prefix !== undefined && { prefix: s3.prefix }),
    ...(onLag && { onLag }),
    ...(onProblem && { onProblem }),
  });
  return { sink, store };
}

/** Starts sealing. To be called once the journal thread is open. Rejects with AUDIT_SINK_FAILED
 * when the bucket is not fit or the sealed folder is not what was sealed. */
export async function startAuditSealing(options: AuditSealingOptions): Promise<AuditSealing> {
  const sealer = new JournalSealer(options.home);
  const ending = new AbortController();
  const remote = await openSink(sealer, options, ending.signal);

  async function turn(): Promise<void> {
    try {
      sealer.seal();
      await remote?.sink.ship();
    } catch (error) {
      options.onProblem?.(`sealing failed: ${String(error)}`);
    }
  }

  sealer.seal();
  const timer = setInterval(() => void turn(), SEAL_EVERY_MILLIS);
  timer.unref();
  return {
    sealedSeq: () => sealer.sealedSeq,
    async close() {
      clearInterval(timer);
      await Promise.race([turn(), delay(LAST_SHIPMENT_MILLIS, ending.signal)]);
      ending.abort();
      remote?.store.close();
      sealer.close();
    },
  };
}
