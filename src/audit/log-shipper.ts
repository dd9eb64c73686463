/**
 * Ships the sealed log's files to an object store under Object Lock, each once: a put refuses an
 * existing key, the ledger says what was accepted, and where an answer was lost the store is asked
 * before anything is sent again. An outage loses nothing: the log's folder is the queue.
 */
import { join } from 'node:path';
import { DeltaringError } from '../engine/domain/errors.ts';
import { MICROS_PER_MILLI } from '../engine/domain/units.ts';
import type { Disk } from './disk.ts';
import { sha256 } from './journal-format.ts';
import type { JournalPaths } from './journal-paths.ts';
import { logFileNames } from './log-folder.ts';
import { CHECKPOINT_NAME, parseLogName } from './log-layout.ts';
import type { SpoolFile } from './log-spool.ts';
import { LogSpool } from './log-spool.ts';
import type { LockedObject, ObjectStore } from './object-store.ts';
import { MAX_SPOOL_BYTES, MAX_SPOOL_MILLIS, SPOOL_RESUMES_BELOW } from './sealing-limits.ts';
import { readShipped, ShippedLedger } from './shipped-ledger.ts';
import { ShippingWait } from './shipping-wait.ts';

/** How far the store is behind. */
export interface ShippingLag {
  readonly files: number;
  readonly bytes: number;
  /** How long the oldest file has waited; 0 when none waits. */
  readonly oldestMillis: number;
  /** True from when a bound of the spool was passed until the store has caught up. */
  readonly isOverBound: boolean;
}

export interface LogShipperOptions {
  readonly disk: Disk;
  readonly paths: JournalPaths;
  /** Names the log in the bucket. */
  readonly journalId: string;
  readonly store: ObjectStore;
  /** Folder within the bucket. */
  readonly prefix: string;
  /** How long every object is kept, in years. */
  readonly retentionYears: number;
  /** A clock that does not step back, micros. */
  readonly nowMicros: () => number;
  /** Resolves after the given time, or earlier when shipping ends. */
  readonly wait: (millis: number) => Promise<void>;
  /** Hears why a file could not be shipped; it is tried again. */
  readonly onProblem: (reason: string) => void;
}

/** So many files are asked for at once; they are put one after the other. */
const TOGETHER = 8;
const FIRST_WAIT_MILLIS = 200;
const MAX_WAIT_MILLIS = 10_000;

type Attempt = 'stored' | { readonly reason: string };
type Standing = { readonly versionId: string } | 'other' | 'absent' | 'unknown';

/** A file as it is to be put, and what stood in its place before. */
interface Draft {
  readonly object: LockedObject;
  readonly before: Standing;
}

/** The key of a log's file: prefix, journal and name. */
export function objectKey(prefix: string, journalId: string, name: string): string {
  return `${prefix}/${journalId}/${name}`;
}

/** Refuses a bucket that cannot hold an immutable log. Rejects with AUDIT_SINK_FAILED; resolves with
 * why it could not be asked, which is no proof against it, or undefined when all is well. */
export async function checkBucket(store: ObjectStore): Promise<string | undefined> {
  const fitness = await store.fitness();
  if (fitness.kind === 'fit') return undefined;
  if (fitness.kind === 'unreachable')
    return (
      `the audit bucket cannot be asked whether it locks: ${fitness.reason}. If this stays, check ` +
      'S3_ENDPOINT and the AWS variables: openings halt after ten minutes'
    );
  throw new DeltaringError(
    'AUDIT_SINK_FAILED',
    `the audit bucket ${store.bucket} cannot be used: ${fitness.reason}. Create it with Object Lock ` +
      '(aws s3api create-bucket --object-lock-enabled-for-bucket), check S3_ENDPOINT and the AWS ' +
      'variables, or unset S3_AUDIT_BUCKET to keep the log in the local folder only',
  );
}

/** Numbers in their order: by their names alone the millionth checkpoint comes before the rest. */
function byNumber(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => {
    const parsed = parseLogName(name);
    if (parsed === undefined || parsed.kind === 'newest') return 0;
    return parsed.kind === 'tile' ? parsed.index : parsed.number;
  });
  return (left ?? 0) - (right ?? 0);
}

export class LogShipper {
  readonly #options: LogShipperOptions;
  readonly #ledger: ShippedLedger;
  readonly #spool = new LogSpool();
  readonly #waited: ShippingWait;
  /** Files that this run has put, whatever came of it: not every store refuses the same name again. */
  readonly #tried = new Set<string>();
  #waitMillis = 0;
  #isOverBound = false;
  #shipping: Promise<void> | undefined;

  /** Takes up what an earlier run left. Throws the operating system's error. */
  constructor(options: LogShipperOptions) {
    this.#options = options;
    const { disk, paths } = options;
    const { store, prefix, journalId } = options;
    // What another bucket or prefix holds is not in this one.
    const here = readShipped(disk, paths.shipped).filter(({ bucket, key, name }) => {
      return bucket === store.bucket && key === objectKey(prefix, journalId, name);
    });
    const shipped = new Set(here.map(({ name }) => name));
    this.#waited = new ShippingWait(disk, paths.shippingWait, { bucket: store.bucket, prefix });
    this.#ledger = new ShippedLedger(disk, paths.shipped);
    const left = logFileNames(disk, paths.log)
      .filter((name) => name !== CHECKPOINT_NAME && !shipped.has(name))
      .toSorted(byNumber);
    const sinceMicros = options.nowMicros() - this.#waited.micros;
    for (const name of left) {
      const bytes = disk.read(join(paths.log, name)).length;
      this.#spool.add({ name, bytes, sinceMicros, maybeShipped: true });
    }
  }

  /** A file of the log is finished; once more where its seal is made again. */
  add(name: string, bytes: number): void {
    this.#spool.remove(name);
    const sinceMicros = this.#options.nowMicros();
    this.#spool.add({ name, bytes, sinceMicros, maybeShipped: false });
  }

  /** A file was replaced by a wider one and need not be shipped any more. */
  drop(name: string): void {
    this.#spool.remove(name);
  }

  /** How far the store is behind now. */
  lag(): ShippingLag {
    const { files, bytes, oldestMicros } = this.#spool;
    const since = oldestMicros ?? this.#options.nowMicros();
    const oldestMillis = Math.max(0, (this.#options.nowMicros() - since) / MICROS_PER_MILLI);
    const share = Math.max(bytes / MAX_SPOOL_BYTES, oldestMillis / MAX_SPOOL_MILLIS);
    this.#isOverBound = share > (this.#isOverBound ? SPOOL_RESUMES_BELOW : 1);
    return { files, bytes, oldestMillis, isOverBound: this.#isOverBound };
  }

  /** Keeps for the next run how long the store has been waited for; to be called at short intervals. */
  noteWait(isLast = false): void {
    const since = this.#spool.oldestMicros;
    this.#waited.note(since === undefined ? undefined : this.#options.nowMicros() - since, isLast);
  }

  /**
   * Ships what waits. Resolves when nothing waits any more, or at the first failure once its wait is
   * over. Never rejects. A call while one is under way joins it.
   */
  ship(): Promise<void> {
    this.#shipping ??= this.#shipAll().finally(() => {
      this.#shipping = undefined;
    });
    return this.#shipping;
  }

  close(): void {
    this.noteWait(true);
    this.#ledger.close();
  }

  async #shipAll(): Promise<void> {
    for (let files = this.#spool.next(TOGETHER); files.length > 0; ) {
      const failed = await this.#shipInOrder(files);
      if (failed !== undefined) {
        this.#options.onProblem(failed);
        this.#waitMillis = Math.min(
          Math.max(FIRST_WAIT_MILLIS, this.#waitMillis * 2),
          MAX_WAIT_MILLIS,
        );
        await this.#options.wait(this.#waitMillis);
        return;
      }
      this.#waitMillis = 0;
      files = this.#spool.next(TOGETHER);
    }
  }

  /** Why the first that failed could not be shipped, and none behind it was; undefined when all were:
   * a checkpoint that is stored while the one before it is not reads as a log that was tampered with. */
  async #shipInOrder(files: readonly SpoolFile[]): Promise<string | undefined> {
    const drafts = files.map(async (file) => ({ file, draft: await this.#draft(file) }));
    for (const { file, draft } of await Promise.all(drafts)) {
      const result = await this.#shipDraft(file.name, draft);
      if (result !== 'stored') return `${file.name}: ${result.reason}`;
    }
    return undefined;
  }

  /** Undefined for a tile that a wider one replaced while it waited. */
  async #draft({ name, maybeShipped }: SpoolFile): Promise<Draft | { reason: string } | undefined> {
    const { disk, paths, prefix, journalId, retentionYears } = this.#options;
    const path = join(paths.log, name);
    try {
      if (!disk.exists(path)) return undefined;
      const bytes = disk.read(path);
      const key = objectKey(prefix, journalId, name);
      const object = { key, bytes, sha256: sha256(bytes).toString('hex'), retentionYears };
      const isUnsure = maybeShipped || this.#tried.has(name);
      return { object, before: isUnsure ? await this.#existing(object) : 'absent' };
    } catch (error) {
      return { reason: String(error) };
    }
  }

  async #shipDraft(name: string, draft: Draft | { reason: string } | undefined): Promise<Attempt> {
    if (draft === undefined) return this.#stored(name);
    if ('reason' in draft) return draft;
    try {
      return await this.#put(name, draft);
    } catch (error) {
      return { reason: String(error) };
    }
  }

  async #put(name: string, { object, before }: Draft): Promise<Attempt> {
    const { key } = object;
    if (before !== 'absent') return this.#settle(name, key, before);
    this.#tried.add(name);
    const result = await this.#options.store.put(object);
    if (result.kind === 'stored') return this.#accept(name, key, result.versionId);
    if (result.kind === 'failed') return { reason: result.reason };
    return this.#settle(name, key, await this.#existing(object));
  }

  /** What stands under the object's key: a version with these very bytes under lock, something else,
   * nothing, or no answer. */
  async #existing(object: LockedObject): Promise<Standing> {
    const found = await this.#options.store.head(object.key);
    if (found === 'absent' || found === 'unknown') return found;
    const isSame = found.sha256 === object.sha256 && found.bytes === object.bytes.length;
    const isOurs = isSame && found.lockMode === 'COMPLIANCE';
    return isOurs ? { versionId: found.versionId } : 'other';
  }

  #settle(name: string, key: string, standing: Standing): Attempt {
    if (typeof standing === 'object') return this.#accept(name, key, standing.versionId);
    const reason =
      standing === 'other'
        ? `the store holds something else under ${key}`
        : `the store does not say what it holds under ${key}`;
    return { reason };
  }

  #accept(name: string, key: string, versionId: string): Attempt {
    const { bucket } = this.#options.store;
    this.#ledger.append({ name, bucket, key, versionId });
    return this.#stored(name);
  }

  #stored(name: string): Attempt {
    this.#spool.remove(name);
    return 'stored';
  }
}
