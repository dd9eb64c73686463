import { describe, expect, it } from 'vitest';
import { recordsOf } from '../../src/audit/checked-journal.ts';
import { readBook } from '../../src/command/book-reading.ts';
import { summarizeJournal } from '../../src/desk/journal-summary.ts';
import { homeWith } from '../audit/support/home-files.ts';
import { alertBody, orderStory, recordsOf as sample } from '../audit/support/sample-records.ts';

describe('the book of a start', () => {
  it('is summarized, and of its records only alerts and their deliveries are kept', () => {
    const delivered = { kind: 'alertDelivered', code: 'x', channel: 'log', ok: true } as const;
    const written = sample(1, [...orderStory('o-1'), alertBody('a'), delivered]);
    const { checked, summary, alerts } = readBook(homeWith(written));
    expect(recordsOf(checked)).toEqual(written);
    expect(summary).toEqual(summarizeJournal(written));
    expect(summary.intents).toHaveLength(1);
    expect(alerts).toEqual(written.slice(-2));
  });
});
