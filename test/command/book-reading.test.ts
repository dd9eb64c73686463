import { describe, expect, it } from 'vitest';
import { recordsOf } from '../../src/audit/checked-journal.ts';
import { readBook } from '../../src/command/book-reading.ts';
import { summarizeJournal } from '../../src/desk/journal-summary.ts';
import { homeWith } from '../audit/support/home-files.ts';
import { alertBody, orderStory, recordsOf as sample } from '../audit/support/sample-records.ts';

describe('the book of a start', () => {
  it('tells how it ends, and of its records only what is told of alerts is kept', () => {
    const delivered = { kind: 'alertDelivered', code: 'x', channel: 'log', ok: true } as const;
    const written = sample(1, [...orderStory('o-1'), alertBody('a'), delivered]);
    const { checked, lastRun, alerts } = readBook(homeWith(written), written[0]?.at.wall ?? 0);
    expect(recordsOf(checked)).toEqual(written);
    expect(summarizeJournal(written)).toMatchObject(lastRun);
    expect(lastRun).toMatchObject({ lastSeq: written.length, endedFlat: false });
    expect(alerts).toEqual(written.slice(-2));
  });
});
