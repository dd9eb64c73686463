/**
 * The journal as a start reads it: each record once, while the chain is checked. Of the records little is
 * kept: what the desk is rebuilt from, and what the main thread asks for.
 */
import type { FrameRun, RecordReader, RecordsRead } from '../../audit/record-reading.ts';
import { RecordReading } from '../../audit/record-reading.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { RecentAlerts } from '../../ops/lost-alerts.ts';
import type { JournalSummary, LastRun } from '../journal-summary.ts';
import { JournalFold, lastRunOf } from '../journal-summary.ts';

/** What the main thread needs of the records. Plain data. */
export interface Book extends RecordsRead {
  readonly lastRun: LastRun;
  /** What is told of alerts: some of the last days may have been lost. */
  readonly alerts: readonly AuditRecord[];
}

export class BookReading implements RecordReader<Book> {
  readonly #fold = new JournalFold();
  #past: JournalSummary | undefined;
  readonly #alerts: RecentAlerts;
  readonly #records = new RecordReading((record, again) => {
    this.#fold.see(record, again);
    this.#alerts.see(record);
  });

  /** `wall` is now, in microseconds. */
  constructor(wall: number) {
    this.#alerts = new RecentAlerts(wall);
  }

  take(run: FrameRun): void {
    this.#records.take(run);
  }

  /** Of what was read, what the main thread needs. */
  finish(): Book {
    const { past } = this;
    return { ...this.#records.finish(), lastRun: lastRunOf(past), alerts: this.#alerts.records };
  }

  /** And what the desk is rebuilt from. */
  get past(): JournalSummary {
    this.#past ??= this.#fold.summary();
    return this.#past;
  }
}
