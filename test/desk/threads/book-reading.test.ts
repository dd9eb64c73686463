import { describe, expect, it } from 'vitest';
import { readForStart } from '../../../src/audit/journal-open.ts';
import { lastRunOf, summarizeJournal } from '../../../src/desk/journal-summary.ts';
import { BookReading } from '../../../src/desk/threads/book-reading.ts';
import { homeWith } from '../../audit/support/home-files.ts';
import { alertBody, leanOf, orderStory, recordsOf } from '../../audit/support/sample-records.ts';

describe('the book of a start', () => {
  it('tells how the journal ends and what is told of alerts, and keeps what the desk is built from', async () => {
    const delivered = { kind: 'alertDelivered', code: 'x', channel: 'log', ok: true } as const;
    const written = recordsOf(1, [...orderStory('o-1'), alertBody('a'), delivered]);
    const reading = new BookReading(written[0]?.at.wall ?? 0);
    const { read } = await readForStart(homeWith(written), reading);
    const summary = summarizeJournal(written.map(leanOf));
    expect(read.lastRun).toEqual(lastRunOf(summary));
    expect(read.lastRun).toMatchObject({ lastSeq: written.length, endedFlat: false });
    expect(read.alerts).toEqual(written.slice(-2));
    const { decisions } = summarizeJournal(written);
    expect(decisions.length).toBeGreaterThan(0);
    expect(reading.past).toEqual({ ...summary, decisions });
  });
});
