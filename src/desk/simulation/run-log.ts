/** What each start of the engine in a session left for a replay. One user. */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { BrokerAccount, BrokerKind } from './far-broker.ts';
import type { EngineRun, KeptDrill } from './session-report.ts';

interface Started {
  readonly chunks: readonly Buffer[];
  readonly firstSeq: number;
  readonly drills: KeptDrill[];
}

export class RunLog {
  readonly #broker: BrokerKind;
  readonly #runs: Started[] = [];

  constructor(broker: BrokerKind) {
    this.#broker = broker;
  }

  /** The engine was started on what the journal holds. */
  begin(chunks: readonly Buffer[], records: readonly AuditRecord[]): void {
    const firstSeq = (records.at(-1)?.seq ?? 0) + 1;
    this.#runs.push({ chunks, firstSeq, drills: [] });
  }

  /** The account for a fault to act on. Where its broker is part of the engine, no recording holds whose knobs
   * were turned when: that is kept with the input before which it was. */
  drilled(account: BrokerAccount): BrokerAccount {
    const run = this.#runs.at(-1);
    if (this.#broker !== 'paper' || run === undefined) return account;
    return {
      snapshot: (at) => account.snapshot(at),
      setKnobs: (drill) => {
        run.drills.push({ before: run.chunks.length, drill });
        account.setKnobs(drill);
      },
    };
  }

  /** Each run with those of the journal's records that it appended. */
  runs(kept: readonly AuditRecord[]): readonly EngineRun[] {
    return this.#runs.map(({ chunks, firstSeq, drills }, index) => {
      const nextSeq = this.#runs[index + 1]?.firstSeq ?? Number.POSITIVE_INFINITY;
      const journal = kept.filter(({ seq }) => seq < nextSeq);
      const records = journal.filter(({ seq }) => seq >= firstSeq);
      return { chunks, journal, records, drills, broker: this.#broker };
    });
  }
}
