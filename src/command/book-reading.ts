/**
 * The journal as a start reads it: once, on the main thread, every record checked. Of the records little
 * is kept here; the core gets the bytes of all.
 */
import type { CheckedJournal } from '../audit/checked-journal.ts';
import { readForStart } from '../audit/journal-open.ts';
import type { LastRun } from '../desk/journal-summary.ts';
import { LastRunFold } from '../desk/journal-summary.ts';
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { RecentAlerts } from '../ops/lost-alerts.ts';

export interface Book {
  readonly checked: CheckedJournal;
  readonly lastRun: LastRun;
  /** What is told of alerts: some of the last day may have been lost. */
  readonly alerts: readonly AuditRecord[];
}

/** `wall` is now, in microseconds. Throws JOURNAL_CORRUPT when the journal is not what was written. */
export function readBook(home: string, wall: number): Book {
  const fold = new LastRunFold();
  const alerts = new RecentAlerts(wall);
  const checked = readForStart(home, (record) => {
    fold.see(record);
    alerts.see(record);
  });
  return { checked, lastRun: fold.lastRun(), alerts: alerts.records };
}
