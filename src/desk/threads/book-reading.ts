/**
 * The journal as a start reads it: each record once, while the chain is checked. Of the records little is
 * kept: what the desk is rebuilt from, and what the main thread asks for.
 */
import type { FrameRun, RecordReader, RecordsRead } from '../../audit/record-reading.ts';
import { NewestFrames, RecordReading } from '../../audit/record-reading.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { RecentAlerts } from '../../ops/lost-alerts.ts';
import type { JournalSummary, LastRun } from '../journal-summary.ts';
import { JournalFold, lastRunOf } from '../journal-summary.ts';
import { isDecision, MAX_DECISIONS } from '../previews/decision-log.ts';

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
  /** What a decision was judged by is read of those alone that are kept: it is most of a journal. */
  readonly #decisions = new NewestFrames(MAX_DECISIONS);
  readonly #records = new RecordReading((record, frame) => {
    this.#fold.see(record);
    this.#alerts.see(record);
    if (isDecision(record)) this.#decisions.keep(frame);
  });

  /** `wall` is now, in microseconds. */
  constructor(wall: number) {
    this.#alerts = new RecentAlerts(wall);
  }

  take(run: FrameRun): void {
    this.#records.take(run);
  }

  hasRead(): boolean {
    return this.#records.hasRead();
  }

  /** Of what was read, what the main thread needs. */
  finish(): Book {
    const { past } = this;
    return { ...this.#records.finish(), lastRun: lastRunOf(past), alerts: this.#alerts.records };
  }

  /** And what the desk is rebuilt from. */
  get past(): JournalSummary {
    this.#past ??= this.#fold.summary(this.#decisions.records());
    return this.#past;
  }
}
