/** The way of records into the journal of a simulated session, past those who watch it. */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { FaultSwitchboard } from './fault-switchboard.ts';
import type { JournalAnswer, JournalModel } from './journal-model.ts';
import type { SessionWitness } from './session-witness.ts';
import type { SessionWraps } from './session-wraps.ts';

interface Room {
  readonly journal: JournalModel;
  readonly witness: SessionWitness;
  readonly faults: Pick<FaultSwitchboard, 'onRecord'>;
  readonly wraps: SessionWraps;
  /** Every token as the faces know it. */
  readonly plainTokens: () => readonly string[];
}

export class JournalDoor {
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  /** What the journal answers, and when. */
  write(records: readonly AuditRecord[], urgent: boolean, at: At): readonly JournalAnswer[] {
    const { witness, faults, wraps, plainTokens } = this.#room;
    const sent: AuditRecord[] = [];
    for (const record of records) {
      const kept = wraps.record === undefined ? record : wraps.record(record, plainTokens);
      if (kept === undefined) continue;
      sent.push(kept);
      witness.onRecord(kept);
      faults.onRecord(kept.body.kind);
    }
    const answers = this.#append(sent, urgent, at);
    return wraps.answers?.(answers, at) ?? answers;
  }

  #append(records: readonly AuditRecord[], urgent: boolean, { wall }: At) {
    const { journal, witness } = this.#room;
    try {
      const answers = journal.append(records, urgent, wall);
      if (answers[0]?.kind === 'failed') witness.onRefused(records);
      return answers;
    } catch (error) {
      witness.report(`the journal: ${String(error)}`);
      return [];
    }
  }
}
