/** Records that the journal has not answered for, as whoever stands between it and the desk knows. */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { Input } from '../inputs.ts';

/** A journal that owes an answer for so long hangs. */
const HANGS_AFTER_MICROS = 3 * MICROS_PER_SECOND;

interface Owed {
  readonly seq: number;
  readonly wall: number;
}

export class JournalOwed {
  #owed: readonly Owed[] = [];
  /** Batches that it refused and has not said so of yet. */
  #refused: (readonly AuditRecord[])[] = [];
  #answeredAt = 0;
  #hasFailed = false;

  onRecord({ seq, at }: AuditRecord): void {
    this.#owed = [...this.#owed, { seq, wall: at.wall }];
  }

  onRefused(records: readonly AuditRecord[]): void {
    this.#refused.push(records);
  }

  onInput(input: Input): void {
    if (input.kind === 'journalDurable') this.#forget(input.at.wall, ({ seq }) => seq <= input.seq);
    if (input.kind !== 'journalFailed') return;
    this.#hasFailed = true;
    const refused = new Set((this.#refused.shift() ?? []).map(({ seq }) => seq));
    this.#forget(input.at.wall, ({ seq }) => refused.has(seq));
  }

  #forget(wall: number, isAnswered: (owed: Owed) => boolean): void {
    this.#answeredAt = wall;
    this.#owed = this.#owed.filter((owed) => !isAnswered(owed));
  }

  onCrash(): void {
    this.#owed = [];
    this.#refused = [];
    this.#answeredAt = 0;
    this.#hasFailed = false;
  }

  /** True where it may be taken to hang: some record is old. */
  mayHang(wall: number): boolean {
    const [oldest] = this.#owed;
    return oldest !== undefined && wall - oldest.wall >= HANGS_AFTER_MICROS;
  }

  /** True where it must be: it has not failed, and nothing at all was answered for so long. */
  hangs(wall: number): boolean {
    const isSilent = wall - this.#answeredAt >= HANGS_AFTER_MICROS;
    return !this.#hasFailed && isSilent && this.mayHang(wall);
  }
}
