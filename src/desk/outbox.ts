/** Collects the effects of one step, and numbers the records it appends. */

import type {
  AlertSeverity,
  AuditBody,
  AuditRecord,
  RecordedAt,
} from '../engine/domain/audit-record.ts';
import { AUDIT_RECORD_VERSION } from '../engine/domain/audit-record.ts';
import type { At } from '../engine/domain/clock.ts';
import type { SessionDate } from '../engine/domain/units.ts';
import { dedupeKey } from '../ops/alert-channel.ts';
import type { Effect } from './effects.ts';

/** What an incident is called. */
export interface Incident {
  readonly code: string;
  readonly subject?: string | undefined;
}

const NOTHING: readonly Effect[] = [];

/** Alerts that explain what the broker told: where a full disk takes urgent records alone, what they
 * explain is kept, so they must be. */
const EVIDENCE: ReadonlySet<string> = new Set(['EXTERNAL_FILL']);

/** What is told of a position, and is over once nothing of it is held. Some positions come again under the id
 * that they had, as shares and what is adopted. */
export const OF_A_POSITION: ReadonlySet<string> = new Set([
  'BROKEN_RATIO',
  'CLOSE_CANCELLED',
  'CLOSE_REJECTED',
  'EXIT_REFUSED',
  'EXIT_TRIGGERED',
  'FLATTEN_INCOMPLETE',
  'FLATTEN_LEFT_OPEN',
  'LIMIT_REFUSED',
  'PROTECTION_LOST',
  'PROTECTION_MISSING',
  'PROTECTION_REFUSED',
  'STOP_NOT_RELEASED',
]);

/** The position that such an incident is about: its id has no blank, and what else keeps the incident apart
 * stands behind one. */
export function positionOf({ subject = '' }: Incident): string {
  return subject.split(' ', 1)[0] ?? '';
}

/** Core thread only. `begin` opens a step, `drain` closes it. */
export class Outbox {
  #effects: Effect[] = [];
  #at: At;
  #session: SessionDate;
  #seq: number;
  #urgentSeq: number;
  readonly #monotonicOffset: number | undefined;
  readonly #ofPositions = new Map<string, Incident>();

  /** `monotonicOffset`: wall time less the machine's uptime, micros; records then carry both. */
  constructor(at: At, session: SessionDate, lastSeq: number, monotonicOffset?: number) {
    this.#monotonicOffset = monotonicOffset;
    this.#at = at;
    this.#session = session;
    this.#seq = lastSeq;
    this.#urgentSeq = lastSeq;
  }

  /** False where nobody will see the effects: one that is costly to make need not be made. */
  get isHeard(): boolean {
    return true;
  }

  /** Sequence number of the newest record appended. */
  get seq(): number {
    return this.#seq;
  }

  /** Sequence number of the newest urgent one. */
  get urgentSeq(): number {
    return this.#urgentSeq;
  }

  begin(at: At): void {
    this.#at = at;
  }

  /** Of what is appended. */
  get session(): SessionDate {
    return this.#session;
  }

  setSession(session: SessionDate): void {
    this.#session = session;
  }

  /** Appends a record and returns its sequence number. `urgent` may use the journal's reserve. */
  append(body: AuditBody, urgent = false): number {
    this.#seq += 1;
    if (urgent) this.#urgentSeq = this.#seq;
    const record: AuditRecord = {
      version: AUDIT_RECORD_VERSION,
      seq: this.#seq,
      session: this.#session,
      at: this.#recordedAt(),
      body,
    };
    this.#effects.push({ kind: 'append', record, urgent });
    return this.#seq;
  }

  #recordedAt(): RecordedAt {
    const { market, wall } = this.#at;
    if (this.#monotonicOffset === undefined) return { market, wall };
    return { market, wall, mono: Math.round(wall - this.#monotonicOffset) };
  }

  reply(id: number, result: unknown): void {
    this.#effects.push({ kind: 'reply', id, result });
  }

  /** Records an alert and has it delivered to whoever is on call. `subject` keeps apart what one code
   * says of several things. */
  alert(severity: AlertSeverity, code: string, text: string, subject?: string): void {
    const isUrgent = severity === 'critical' || EVIDENCE.has(code);
    this.#tell({ severity, code, text, ...(subject !== undefined && { subject }) }, isUrgent);
    if (severity !== 'info') this.keepOpen({ code, subject });
  }

  /** Tells that an incident is being looked after, or is over. */
  settle(action: 'acknowledge' | 'resolve', code: string, text: string, subject?: string): void {
    const alert = { severity: 'info', code, text, action } as const;
    this.#tell({ ...alert, ...(subject !== undefined && { subject }) }, false);
    if (action === 'resolve') this.#ofPositions.delete(dedupeKey({ code, subject }));
  }

  /** What was told of positions and is not over. */
  get ofPositions(): readonly Incident[] {
    return [...this.#ofPositions.values()];
  }

  /** Tells that what was told of a position by these codes is over, where any of it was. */
  settlePosition(codes: readonly string[], positionId: string, text: string): void {
    for (const code of codes) {
      if (this.isOpen(code, positionId)) this.settle('resolve', code, text, positionId);
    }
  }

  /** True while what was told of a position by this code is not over. */
  isOpen(code: string, positionId: string): boolean {
    if (this.#ofPositions.size === 0) return false;
    return this.#ofPositions.has(dedupeKey({ code, subject: positionId }));
  }

  /** An earlier run told of it, and it is not over. */
  keepOpen({ code, subject }: Incident): void {
    if (!OF_A_POSITION.has(code)) return;
    this.#ofPositions.set(dedupeKey({ code, subject }), { code, subject });
  }

  #tell(alert: Omit<Extract<AuditBody, { kind: 'alert' }>, 'kind'>, isUrgent: boolean): void {
    const alertSeq = this.append({ kind: 'alert', ...alert }, isUrgent);
    this.#effects.push({ kind: 'alert', action: 'trigger', ...alert, alertSeq });
  }

  push(effect: Effect): void {
    this.#effects.push(effect);
  }

  drain(): readonly Effect[] {
    if (this.#effects.length === 0) return NOTHING;
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}

/** Takes the effects of what a restart folds again: they were had when it was recorded. */
export class UnheardOutbox extends Outbox {
  override get isHeard(): boolean {
    return false;
  }
}
