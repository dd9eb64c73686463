/**
 * A journal whose disk hangs: somebody is told, the operator's own flatten is answered, and what it closes
 * goes out without the disk's word.
 */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Input } from '../inputs.ts';
import type { JournalOwed } from './journal-owed.ts';
import type { Report } from './order-oracle.ts';

/** So many looks at the clock may pass before what hangs is known to. */
const LOOKS = 3;

export class HangOracle {
  readonly #owed: JournalOwed;
  readonly #report: Report;
  readonly #met: (what: string) => void;
  /** Looks at the clock since it hangs. */
  #looks = 0;
  #isTold = false;
  #isReported = false;
  /** The operator's own flattens that were not answered, and the positions they took in. */
  readonly #asked = new Set<number>();
  readonly #taken = new Set<string>();
  /** Closes that were recorded and neither sent nor ended, with their positions. */
  readonly #waiting = new Map<string, string>();

  /** `met`: hears of what is rare and worth meeting. */
  constructor(owed: JournalOwed, report: Report, met: (what: string) => void) {
    this.#owed = owed;
    this.#report = report;
    this.#met = met;
  }

  onInput(input: Input): void {
    const { kind } = input;
    if (kind === 'command' && input.command.kind === 'flattenNow') {
      if (input.caller.authority === 'console') this.#asked.add(input.id);
    }
    if (!this.#owed.hangs(input.at.wall)) {
      this.#looks = 0;
      this.#isReported = false;
    } else if (kind === 'clock') this.#looks += 1;
  }

  onRecord({ body }: AuditRecord): void {
    if (body.kind === 'alert' && body.code === 'JOURNAL_STALLED') {
      this.#isTold = body.action !== 'resolve';
    }
    if (body.kind === 'alert' && body.code === 'FLATTEN_DONE') this.#taken.clear();
    if (body.kind === 'flattenRequested' && body.principal === 'console') {
      for (const positionId of body.positionIds) this.#taken.add(positionId);
    }
    if (body.kind === 'sendBlocked') this.#waiting.delete(body.intentId);
    if (body.kind !== 'intentRecorded') return;
    const { intentId, purpose, positionId } = body.intent;
    if (purpose !== 'open' && purpose !== 'protective') this.#waiting.set(intentId, positionId);
  }

  onSubmit({ intentId, purpose }: OrderIntent): void {
    const isHung = this.#looks > 0 && purpose !== 'open';
    if (this.#waiting.delete(intentId) && isHung) this.#met('flattenedPastDisk');
  }

  onAnswer(id: number): void {
    this.#asked.delete(id);
  }

  /** Called after every step. */
  afterStep({ orders }: DeskContext): void {
    if (this.#looks < LOOKS || this.#isReported) return;
    const held = [...this.#waiting].filter(([, positionId]) => {
      return this.#taken.has(positionId) && orders.protecting(positionId) === undefined;
    });
    const faults = [
      ...(this.#isTold ? [] : ['the disk of the journal hangs and nobody was told']),
      ...(this.#asked.size === 0 ? [] : ['a flatten of the console waits for a disk that hangs']),
      ...held.map(
        ([intentId]) => `${intentId} waits for a disk that hangs, and was to be flattened`,
      ),
    ];
    this.#isReported = faults.length > 0;
    for (const fault of faults) this.#report(fault);
  }

  /** Another process, and a disk that works. */
  onCrash(): void {
    this.#looks = 0;
    this.#isTold = false;
    this.#isReported = false;
    this.#asked.clear();
    this.#taken.clear();
    this.#waiting.clear();
  }
}
