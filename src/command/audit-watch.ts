/** Watches the audit thread for the host: its head, its lag, and when openings must wait for it. */
import type { SealedHead, SealingLag } from '../audit/audit-sealing-protocol.ts';
import { type AuditSealing, startAuditSealing } from '../audit/audit-sealing-shell.ts';
import { DEFAULT_PREFIX } from '../audit/sealing-limits.ts';
import type { Config } from '../config.ts';
import type { AuditFacts } from '../desk/session/health.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import { MICROS_PER_MILLI } from '../engine/domain/units.ts';
import type { Counters } from '../ops/counters.ts';
import { thisBuild } from './build-info.ts';

/** Records that wait longer than this to be sealed halt openings. */
const MAX_UNSEALED_MILLIS = 60_000;

export interface AuditWatchOptions {
  readonly log: (line: string) => void;
  /** Hears when openings must wait for the log, and when they need not any more. */
  readonly onBehind: (behind: boolean, detail: string) => void;
}

/** Main thread only. */
export class AuditWatch {
  readonly #counters: Counters;
  readonly #options: AuditWatchOptions;
  #sealing: AuditSealing | undefined;
  #head: SealedHead | undefined;
  #lag: SealingLag | undefined;
  #problem: string | undefined;
  #behindSince: number | undefined;
  #isBehind = false;

  constructor(counters: Counters, options: AuditWatchOptions) {
    this.#counters = counters;
    this.#options = options;
  }

  /** Starts the audit thread. Rejects with AUDIT_SINK_FAILED or DISK_FULL. */
  async start(config: Config): Promise<void> {
    const { S3_AUDIT_BUCKET: bucket, S3_ENDPOINT: endpoint, S3_RETENTION_YEARS } = config;
    const target = { endpoint, retentionYears: S3_RETENTION_YEARS, prefix: DEFAULT_PREFIX };
    this.#sealing = await startAuditSealing({
      home: config.home,
      build: thisBuild(),
      s3: bucket === undefined ? undefined : { bucket, ...target },
      onHead: (head) => this.#onHead(head),
      onLag: (lag) => this.#onLag(lag),
      onProblem: (reason) => {
        this.#problem = reason;
        this.#counters.add('audit_failures');
        this.#options.log(`audit: ${reason}`);
      },
    });
  }

  /** Compares the log with the newest durable record; to be called at short intervals. */
  look(journalSeq: number): void {
    const isBehind = this.#head !== undefined && journalSeq > this.#head.lastSeq;
    if (isBehind) this.#behindSince ??= wallMicros();
    else this.#behindSince = undefined;
    this.#judge();
  }

  /** For health: how long records have waited to be sealed, and what is sealed. */
  state(): AuditFacts {
    const ageMs = Math.round(this.#unsealedMillis());
    const isFailing = this.#problem !== undefined && (this.#isBehind || ageMs > 0);
    const shipping = this.#lag?.shipping;
    const isLate = this.#problem !== undefined && (shipping?.files ?? 0) > 0;
    const sealed = this.#head;
    return {
      state: isFailing || isLate ? 'failed' : 'ok',
      ageMs,
      sealed:
        sealed === undefined
          ? null
          : { size: sealed.size, root: sealed.root, checkpoint: sealed.checkpoint },
    };
  }

  async close(): Promise<void> {
    await this.#sealing?.close();
  }

  async terminate(): Promise<void> {
    await this.#sealing?.terminate();
  }

  #unsealedMillis(): number {
    const since = this.#behindSince;
    return since === undefined ? 0 : (wallMicros() - since) / MICROS_PER_MILLI;
  }

  #onHead(head: SealedHead): void {
    const sealed = head.lastSeq - (this.#head?.lastSeq ?? head.lastSeq);
    if (sealed > 0) this.#counters.add('audit_sealed', sealed);
    this.#head = head;
    this.#counters.set('audit_log_size', head.size);
  }

  #onLag(lag: SealingLag): void {
    this.#lag = lag;
    const { files = 0, bytes = 0, oldestMillis = 0 } = lag.shipping ?? {};
    if (files === 0 && lag.unsealedMillis === 0) this.#problem = undefined;
    this.#counters.set('audit_seal_lag_micros', lag.unsealedMillis * MICROS_PER_MILLI);
    this.#counters.set('audit_tail_lag_micros', oldestMillis * MICROS_PER_MILLI);
    this.#counters.set('audit_spool_bytes', bytes);
    this.#judge();
  }

  /** Tells the core once when openings must wait, and once when they need not any more. */
  #judge(): void {
    const unsealedMillis = this.#unsealedMillis();
    const isOverBound = this.#lag?.shipping?.isOverBound === true;
    const isBehind = isOverBound || unsealedMillis > MAX_UNSEALED_MILLIS;
    if (isBehind === this.#isBehind) return;
    this.#isBehind = isBehind;
    const what = isOverBound
      ? 'the audit bucket has not taken the log for too long'
      : 'audit records wait too long to be sealed';
    const why = this.#problem === undefined ? '' : ` (${this.#problem})`;
    this.#options.onBehind(isBehind, isBehind ? `${what}${why}` : 'the audit log has caught up');
  }
}
