/**
 * The journal as a start reads it: once, on the main thread, every record checked. Kept is only what
 * this thread must know of the records; the core gets their bytes.
 */
import type { CheckedJournal } from '../audit/checked-journal.ts';
import { readForStart } from '../audit/journal-open.ts';
import type { JournalSummary } from '../desk/journal-summary.ts';
import { JournalSummarizer } from '../desk/journal-summary.ts';
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { tellsOfAlert } from '../ops/lost-alerts.ts';

export interface Book {
  readonly checked: CheckedJournal;
  readonly summary: JournalSummary;
  /** Alerts and their deliveries: some may have been lost. */
  readonly alerts: readonly AuditRecord[];
}

/** Throws JOURNAL_CORRUPT when the journal is not what was written. */
export function readBook(home: string): Book {
  const summarizer = new JournalSummarizer();
  const alerts: AuditRecord[] = [];
  const checked = readForStart(home, (record) => {
    summarizer.see(record);
    if (tellsOfAlert(record)) alerts.push(record);
  });
  return { checked, summary: summarizer.summary(), alerts };
}
