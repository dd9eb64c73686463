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
  /** What is told of alerts: some of the last day may have been lost. */
  readonly alerts: readonly AuditRecord[];
}

/** A stretch of a journal, read; the next goes on from it. Plain data. */
export interface BookPart extends RecordsRead {
  readonly past: JournalSummary;
  readonly alerts: readonly AuditRecord[];
}

export class BookReading implements RecordReader<Book> {
  readonly #fold = new JournalFold();
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

  /** Goes on with the reading of the records that follow: one of this thread, or what one of another
   * thread came to. */
  join(later: BookReading | BookPart): void {
    const isHere = later instanceof BookReading;
    this.#records.join(isHere ? later.#records.finish() : later);
    this.#fold.join(isHere ? later.#fold : later.past);
    const alerts = isHere ? later.#alerts.records : later.alerts;
    for (const alert of alerts) this.#alerts.see(alert);
  }

  finish(): Book {
    return bookOf(this.part());
  }

  /** All that was read so far. The newest decisions are read once more for it. */
  part(): BookPart {
    const alerts = this.#alerts.records;
    return { ...this.#records.finish(), past: this.#fold.summary(), alerts };
  }
}

/** Of what was read, what the main thread needs. */
export function bookOf({ past, ...others }: BookPart): Book {
  return { ...others, lastRun: lastRunOf(past) };
}
