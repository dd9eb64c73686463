/**
 * Ships sealed batches to an object store under Object Lock, oldest first, each exactly once: the
 * key names the numbers and the hash, a put refuses an existing key, and the ledger says what was
 * accepted. An outage loses nothing: the sealed folder is the queue.
 */
import { DeltaringError } from '../engine/domain/errors.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import { MICROS_PER_SECOND } from '../engine/domain/units.ts';
import type { ObjectStore } from './object-store.ts';
import type { SealedBatch } from './sealed-ledger.ts';
import type { JournalSealer } from './sealer.ts';

/** How far the store is behind. */
export interface AuditLag {
  readonly unshippedBatches: number;
  /** Age of the oldest record that is not in the store; 0 when all are. */
  readonly oldestSeconds: number;
}

export interface S3SinkOptions {
  readonly store: ObjectStore;
  /** Folder within the bucket; default `deltaring`. */
  readonly prefix?: string;
  /** How long every object is kept, in years; default 3. */
  readonly retentionYears?: number;
  readonly nowMicros: () => EpochMicros;
  /** Resolves after the given time. */
  readonly wait: (millis: number) => Promise<void>;
  readonly onLag?: (lag: AuditLag) => void;
  /** Hears why a batch could not be shipped; it is tried again at the next `ship`. */
  readonly onProblem?: (reason: string) => void;
}

export const DEFAULT_RETENTION_YEARS = 3;
export const DEFAULT_PREFIX = 'deltaring';
const MAX_ATTEMPTS = 5;
const FIRST_WAIT_MILLIS = 200;
const MAX_WAIT_MILLIS = 5_000;

/** The key of a batch: prefix, journal, numbers and hash. */
export function batchKey(prefix: string, journalId: string, name: string): string {
  return `${prefix}/${journalId}/${name}`;
}

export class S3AuditSink {
  readonly #options: S3SinkOptions;
  readonly #sealer: JournalSealer;
  #shipping = false;

  private constructor(sealer: JournalSealer, options: S3SinkOptions) {
    this.#options = options;
    this.#sealer = sealer;
  }

  /** Rejects with AUDIT_SINK_FAILED when the bucket cannot hold an immutable log. */
  static async open(sealer: JournalSealer, options: S3SinkOptions): Promise<S3AuditSink> {
    const { store } = options;
    const reason = await store.unfitReason();
    if (reason === undefined) return new S3AuditSink(sealer, options);
    throw new DeltaringError(
      'AUDIT_SINK_FAILED',
      `the audit bucket ${store.bucket} cannot be used: ${reason}. Create it with Object Lock ` +
        '(aws s3api create-bucket --object-lock-enabled-for-bucket), check S3_ENDPOINT and the AWS ' +
        'variables, or unset S3_AUDIT_BUCKET to keep the log in the local folder only',
    );
  }

  /**
   * Ships what is sealed and not yet accepted. Resolves when all is shipped, or at the first batch
   * that could not be. Never rejects. A call while one is under way does nothing.
   */
  async ship(): Promise<void> {
    if (this.#shipping) return;
    this.#shipping = true;
    try {
      for (const batch of this.#sealer.unshipped()) {
        if (!(await this.#shipBatch(batch))) break;
      }
    } catch (error) {
      this.#problem(String(error));
    } finally {
      this.#shipping = false;
      this.#reportLag();
    }
  }

  async #shipBatch(batch: SealedBatch): Promise<boolean> {
    const { wait } = this.#options;
    let waitMillis = FIRST_WAIT_MILLIS;
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#attempt(batch);
      if (failure === undefined) return true;
      if (!failure.retryable || attempt === MAX_ATTEMPTS) {
        this.#problem(`${batch.name}: ${failure.reason}`);
        return false;
      }
      await wait(waitMillis);
      waitMillis = Math.min(waitMillis * 2, MAX_WAIT_MILLIS);
    }
  }

  /** One put. Undefined when the store holds the batch. */
  async #attempt(batch: SealedBatch): Promise<{ reason: string; retryable: boolean } | undefined> {
    const {
      store,
      prefix = DEFAULT_PREFIX,
      retentionYears = DEFAULT_RETENTION_YEARS,
    } = this.#options;
    const key = batchKey(prefix, this.#sealer.journalId, batch.name);
    const bytes = this.#sealer.read(batch);
    const result = await store.put({ key, bytes, sha256: batch.sha256, retentionYears });
    if (result.kind === 'failed') return result;
    const versionId =
      result.kind === 'stored' ? result.versionId : await this.#sameObject(key, batch);
    if (versionId === undefined) {
      return { reason: `the store holds something else under ${key}`, retryable: false };
    }
    const { name } = batch;
    this.#sealer.noteShipped({ kind: 'shipped', name, bucket: store.bucket, key, versionId });
    return undefined;
  }

  /** The version that an earlier put left whose answer was lost; undefined when it is another. */
  async #sameObject(key: string, batch: SealedBatch): Promise<string | undefined> {
    const found = await this.#options.store.head(key);
    const isSame = found?.sha256 === batch.sha256 && found.bytes === batch.bytes;
    return isSame && found.lockMode === 'COMPLIANCE' ? found.versionId : undefined;
  }

  #problem(reason: string): void {
    this.#options.onProblem?.(reason);
  }

  #reportLag(): void {
    const unshipped = this.#sealer.unshipped();
    const oldest = unshipped[0]?.firstWall;
    const ageMicros = oldest === undefined ? 0 : this.#options.nowMicros() - oldest;
    this.#options.onLag?.({
      unshippedBatches: unshipped.length,
      oldestSeconds: Math.max(0, ageMicros / MICROS_PER_SECOND),
    });
  }
}
