/** What was answered for is not forgotten: no crash takes a record that an answer rested on. */

import type { AuditKind, AuditRecord } from '../../engine/domain/audit-record.ts';
import type { Report } from './order-oracle.ts';

/** Records that a command makes and its answer rests on. */
const PROMISES: ReadonlySet<AuditKind> = new Set([
  'intentRecorded',
  'cancelRequested',
  'flattenRequested',
  'killEngaged',
  'killReleased',
  'planGranted',
  'planRevoked',
]);

/** One user. */
export class PromiseOracle {
  readonly #report: Report;
  #heard: number | undefined;
  /** What each command recorded, until it is answered. */
  readonly #made = new Map<number, AuditRecord[]>();
  readonly #promised = new Map<number, AuditKind>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** What is recorded until `onCommandDone` is of this command. */
  onCommand(id: number): void {
    this.#heard = id;
  }

  onCommandDone(): void {
    this.#heard = undefined;
  }

  onRecord(record: AuditRecord): void {
    if (this.#heard === undefined || !PROMISES.has(record.body.kind)) return;
    const made = this.#made.get(this.#heard) ?? [];
    this.#made.set(this.#heard, [...made, record]);
  }

  /** The journal could not take these and said so: that is told, and paged. */
  onRefused(records: readonly AuditRecord[]): void {
    for (const [id, made] of this.#made) {
      const kept = made.filter((record) => !records.includes(record));
      this.#made.set(id, kept);
    }
  }

  /** `isKept`: false for the one answer that rests on no record, that to the operator's own flatten while
   * the disk hangs. */
  onAnswer(id: number, isKept = true): void {
    const made = isKept ? (this.#made.get(id) ?? []) : [];
    for (const { seq, body } of made) this.#promised.set(seq, body.kind);
    this.#made.delete(id);
  }

  /** `records`: what the crash left. */
  onCrash(records: readonly AuditRecord[]): void {
    this.#heard = undefined;
    this.#made.clear();
    const kept = new Set(records.map(({ seq, body }) => `${seq} ${body.kind}`));
    for (const [seq, kind] of this.#promised) {
      if (kept.has(`${seq} ${kind}`)) continue;
      this.#report(`record ${seq}, ${kind}, was answered for and lost in a crash`);
    }
    this.#promised.clear();
  }
}
