/**
 * Keeps the audit log sealed while the engine runs: looks at the journal many times a second, seals
 * what is due, ships where a bucket is set, and tells how far it is behind. Runs on the audit thread.
 */
import { setTimeout } from 'node:timers/promises';
import { DeltaringError } from '../engine/domain/errors.ts';
import { MICROS_PER_MILLI } from '../engine/domain/units.ts';
import { ensureAuditKey } from './audit-key.ts';
import type {
  FromSealing,
  SealedHead,
  SealingLag,
  SealingStart,
  ShippingTarget,
} from './audit-sealing-protocol.ts';
import { realDisk } from './disk.ts';
import { journalPaths } from './journal-paths.ts';
import { logOpeningError } from './log-folder.ts';
import { checkBucket, LogShipper } from './log-shipper.ts';
import { machineTimes } from './machine-times-shell.ts';
import type { ObjectStore } from './object-store.ts';
import { JournalSealer } from './sealer.ts';
import { forgetWait } from './shipping-wait.ts';

/** Records are looked for so often: what is urgent is sealed within this and one disk sync. */
const POLL_MILLIS = 25;
const LAG_EVERY_MILLIS = 500;
/** After a failure the sealed log is opened again, not sooner than this. */
const REOPEN_AFTER_MILLIS = 1_000;
/** How long the end waits for the last files to be accepted. */
const LAST_SHIPMENT_MILLIS = 5_000;

/** A store, and what is to be freed when it is not needed any more. */
export interface OpenStore {
  readonly store: ObjectStore;
  close(): void;
}

export interface SealingLoopOptions extends SealingStart {
  readonly openStore: (target: ShippingTarget) => Promise<OpenStore>;
  readonly report: (message: FromSealing) => void;
  readonly now?: typeof machineTimes;
}

export class SealingLoop {
  readonly #options: SealingLoopOptions;
  readonly #now: typeof machineTimes;
  readonly #ending = new AbortController();
  readonly #open: OpenStore | undefined;
  #sealer: JournalSealer | undefined;
  #shipper: LogShipper | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBucketChecked: boolean;
  #checkpoint = 0;
  #failedMicros: number | undefined;
  #lagToldMicros = 0;

  private constructor(
    options: SealingLoopOptions,
    open: OpenStore | undefined,
    reachable: boolean,
  ) {
    this.#options = options;
    this.#now = options.now ?? machineTimes;
    this.#open = open;
    this.#isBucketChecked = reachable;
  }

  /** Seals what an earlier run left and goes on from there. Rejects with AUDIT_SINK_FAILED when the
   * bucket is not fit, the log is not what was sealed or cannot be written; DISK_FULL for want of space. */
  static async open(options: SealingLoopOptions): Promise<SealingLoop> {
    const { s3, report, openStore } = options;
    const open = s3 === undefined ? undefined : await openStore(s3);
    const unreachable = open === undefined ? undefined : await checkBucket(open.store);
    const loop = new SealingLoop(options, open, unreachable === undefined);
    if (unreachable !== undefined) report({ kind: 'problem', reason: unreachable });
    try {
      loop.#reopen();
    } catch (error) {
      throw logOpeningError(journalPaths(options.home).log, error);
    }
    loop.#tellHead();
    loop.#tellLag();
    return loop;
  }

  /** Begins to look by itself. */
  start(): void {
    this.#timer = setInterval(() => this.turn(), POLL_MILLIS);
    void this.#ship();
  }

  /** One look. Never throws: what fails is reported, and tried again. */
  turn(): void {
    const { monotonicMicros: now } = this.#now();
    try {
      if (this.#sealer === undefined) this.#reopenWhenDue(now);
      this.#sealer?.poll();
      if (this.#tellHead()) void this.#ship();
    } catch (error) {
      this.#forget(error, now);
    }
    if (now - this.#lagToldMicros >= LAG_EVERY_MILLIS * MICROS_PER_MILLI) {
      this.#tellLag();
      void this.#ship();
    }
  }

  /** Seals and ships what is left, within a bounded time. Call after the journal closed. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    try {
      this.#sealer?.stop();
      this.#tellHead();
    } catch (error) {
      this.#problem(`the last seal failed: ${String(error)}`);
    }
    await Promise.race([this.#shipRest(), this.#wait(LAST_SHIPMENT_MILLIS)]);
    this.#ending.abort();
    this.#tellLag();
    this.#shipper?.close();
    this.#open?.close();
  }

  #reopenWhenDue(now: number): void {
    const since = now - (this.#failedMicros ?? 0);
    if (since >= REOPEN_AFTER_MILLIS * MICROS_PER_MILLI) this.#reopen();
  }

  #reopen(): void {
    const { home, build } = this.#options;
    this.#sealer = new JournalSealer({
      home,
      build,
      key: ensureAuditKey(home),
      now: this.#now,
      onFile: (name, bytes) => this.#shipper?.add(name, bytes),
      onReplaced: (name) => this.#shipper?.drop(name),
    });
    this.#failedMicros = undefined;
    this.#shipper ??= this.#newShipper(this.#sealer.journalId);
  }

  #newShipper(journalId: string): LogShipper | undefined {
    const { home, s3 } = this.#options;
    const paths = journalPaths(home);
    if (this.#open === undefined || s3 === undefined) {
      forgetWait(realDisk, paths.shippingWait);
      return undefined;
    }
    return new LogShipper({
      disk: realDisk,
      paths,
      journalId,
      store: this.#open.store,
      prefix: s3.prefix,
      retentionYears: s3.retentionYears,
      nowMicros: () => this.#now().monotonicMicros,
      wait: (millis) => this.#wait(millis),
      onProblem: (reason) => this.#problem(reason),
    });
  }

  /** A seal that failed is forgotten whole: the log is read again from its last checkpoint. */
  #forget(error: unknown, now: number): void {
    this.#sealer = undefined;
    this.#failedMicros ??= now;
    this.#problem(`sealing failed: ${error instanceof Error ? error.message : String(error)}`);
  }

  async #ship(): Promise<void> {
    if (this.#shipper === undefined || this.#open === undefined) return;
    if (!this.#isBucketChecked && !(await this.#recheckBucket(this.#open.store))) return;
    await this.#shipper.ship();
  }

  async #recheckBucket(store: ObjectStore): Promise<boolean> {
    try {
      this.#isBucketChecked = (await checkBucket(store)) === undefined;
    } catch (error) {
      this.#problem(error instanceof DeltaringError ? error.message : String(error));
    }
    return this.#isBucketChecked;
  }

  async #shipRest(): Promise<void> {
    while (!this.#ending.signal.aborted && (this.#shipper?.lag().files ?? 0) > 0) {
      await this.#ship();
      await this.#wait(POLL_MILLIS);
    }
  }

  #wait(millis: number): Promise<void> {
    return setTimeout(millis, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }

  #problem(reason: string): void {
    this.#options.report({ kind: 'problem', reason });
  }

  /** True when there is a new one to tell. */
  #tellHead(): boolean {
    const head = this.#sealer?.head;
    if (head === undefined || head.number === this.#checkpoint) return false;
    this.#checkpoint = head.number;
    const { size, lastSeq, number } = head;
    const told: SealedHead = { size, root: head.root.toString('hex'), checkpoint: number, lastSeq };
    this.#options.report({ kind: 'head', head: told });
    return true;
  }

  #tellLag(): void {
    const now = this.#now().monotonicMicros;
    this.#lagToldMicros = now;
    this.#shipper?.noteWait();
    const failedMicros = this.#failedMicros === undefined ? 0 : now - this.#failedMicros;
    const unsealedMicros = Math.max(this.#sealer?.lagMicros ?? 0, failedMicros);
    const lag: SealingLag = {
      unsealedMillis: unsealedMicros / MICROS_PER_MILLI,
      shipping: this.#shipper?.lag(),
    };
    this.#options.report({ kind: 'lag', lag });
  }
}
