/** What each start of the engine in a session left for a replay. One user. */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { BrokerKind } from './far-broker.ts';
import type { EngineRun } from './session-report.ts';

interface Started {
  readonly chunks: readonly Buffer[];
  readonly firstSeq: number;
  isDrilled: boolean;
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
    this.#runs.push({ chunks, firstSeq, isDrilled: false });
  }

  /** Somebody turns the broker's knobs: where it is part of the engine, no recording holds that. */
  drill(): void {
    if (this.#broker !== 'paper') return;
    const run = this.#runs.at(-1);
    if (run !== undefined) run.isDrilled = true;
  }

  /** Each run with those of the journal's records that it appended. */
  runs(kept: readonly AuditRecord[]): readonly EngineRun[] {
    return this.#runs.map(({ chunks, firstSeq, isDrilled }, index) => {
      const nextSeq = this.#runs[index + 1]?.firstSeq ?? Number.POSITIVE_INFINITY;
      const journal = kept.filter(({ seq }) => seq < nextSeq);
      const records = journal.filter(({ seq }) => seq >= firstSeq);
      return { chunks, journal, records, isDrilled, broker: this.#broker };
    });
  }
}
