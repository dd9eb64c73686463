/**
 * Follows the journal and seals what it acknowledged: what an order or a kill depends on at once,
 * anything else within a second, and a heartbeat when there is nothing. One owner, the audit thread.
 */
import type { AuditKind } from '../engine/domain/audit-record.ts';
import { MICROS_PER_MILLI } from '../engine/domain/units.ts';
import type { AuditKey } from './audit-key.ts';
import type { Disk } from './disk.ts';
import { realDisk } from './disk.ts';
import type { DecodedFrame } from './journal-format.ts';
import type { JournalPaths } from './journal-paths.ts';
import { journalPaths } from './journal-paths.ts';
import { JournalTail } from './journal-tail.ts';
import type { CheckpointReason, LogCheckpoint } from './log-checkpoint.ts';
import { newestCheckpoint } from './log-folder.ts';
import type { SealedLogOptions } from './sealed-log.ts';
import { SealedLog } from './sealed-log.ts';
import { HEARTBEAT_MILLIS, SEAL_WITHIN_MILLIS } from './sealing-limits.ts';

/** Sealed at once: what sends, ends or stops an order, and what stops trading. */
const URGENT: Readonly<Partial<Record<AuditKind, true>>> = {
  intentRecorded: true,
  orderSent: true,
  sendBlocked: true,
  cancelRequested: true,
  repriced: true,
  brokerEvent: true,
  orderResolved: true,
  exitTriggered: true,
  killEngaged: true,
  killReleased: true,
  tradingStateChanged: true,
  engineStopped: true,
};

export interface SealerOptions extends Pick<SealedLogOptions, 'onFile' | 'onReplaced'> {
  readonly home: string;
  readonly key: AuditKey;
  readonly build: string;
  readonly disk?: Disk;
  readonly now: SealedLogOptions['now'];
}

export class JournalSealer {
  readonly paths: JournalPaths;
  readonly #log: SealedLog;
  readonly #tail: JournalTail;
  readonly #now: SealedLogOptions['now'];
  #pending: DecodedFrame[] = [];
  #pendingSinceMicros = 0;
  #checkpointMicros = 0;

  /**
   * Goes on where the sealed log ends, and seals at once what it lacks. To be made after the journal
   * was opened for writing. Throws AUDIT_SINK_FAILED when the log is not what was sealed,
   * JOURNAL_CORRUPT when the journal is not what was written.
   */
  constructor(options: SealerOptions) {
    const { home, disk = realDisk, now, ...rest } = options;
    this.paths = journalPaths(home);
    this.#now = now;
    const newest = newestCheckpoint(disk, this.paths.log);
    const sealedSeq = newest === 'damaged' ? 0 : (newest?.checkpoint.lastSeq ?? 0);
    this.#tail = new JournalTail(disk, this.paths, sealedSeq);
    const { journalId } = this.#tail;
    this.#log = new SealedLog({ ...rest, now, disk, folder: this.paths.log, journalId });
    this.#take();
    this.#seal('start');
  }

  /** Names and identifies the journal in the object store. */
  get journalId(): string {
    return this.#tail.journalId.toString('hex');
  }

  /** The newest checkpoint. */
  get head(): LogCheckpoint | undefined {
    return this.#log.head;
  }

  /** How long the oldest acknowledged record has waited to be sealed, micros; 0 when all are. */
  get lagMicros(): number {
    if (this.#pending.length === 0) return 0;
    return Math.max(0, this.#now().monotonicMicros - this.#pendingSinceMicros);
  }

  /** Looks for records and seals what is due. True when a checkpoint was made. Throws the operating
   * system's error. */
  poll(): boolean {
    const isUrgent = this.#take();
    const nowMicros = this.#now().monotonicMicros;
    if (isUrgent || this.lagMicros >= SEAL_WITHIN_MILLIS * MICROS_PER_MILLI) {
      return this.#seal('records');
    }
    if (nowMicros - this.#checkpointMicros < HEARTBEAT_MILLIS * MICROS_PER_MILLI) return false;
    return this.#seal('heartbeat');
  }

  /** Seals everything acknowledged so far, as the last act. */
  stop(): void {
    this.#take();
    this.#seal('stop');
  }

  /** Takes up what was acknowledged since the last look. True when some of it is urgent. */
  #take(): boolean {
    const frames = this.#tail.next();
    if (frames.length === 0) return false;
    if (this.#pending.length === 0) this.#pendingSinceMicros = this.#now().monotonicMicros;
    this.#pending.push(...frames);
    return frames.some(({ record }) => URGENT[record.body.kind] === true);
  }

  #seal(reason: CheckpointReason): boolean {
    for (const { bytes, record } of this.#pending) this.#log.append(bytes, record.seq);
    this.#pending = [];
    this.#log.checkpoint(reason);
    this.#checkpointMicros = this.#now().monotonicMicros;
    return true;
  }
}
