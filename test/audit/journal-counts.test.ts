import { describe, expect, it } from 'vitest';
import { countReplies } from '../../src/audit/journal-counts.ts';
import type { JournalReply } from '../../src/audit/journal-protocol.ts';
import { Counters, createCountersBuffer } from '../../src/ops/counters.ts';

function durable(durableSeq: number, usedReserve = false): JournalReply {
  return { kind: 'durable', durableSeq, hash: '', micros: 150, usedReserve };
}

describe('what the journal thread counts', () => {
  it('is each record once, whatever a commit held', () => {
    const counters = new Counters(createCountersBuffer());
    const answered = countReplies(counters, [durable(7), durable(9)], 4);
    expect(countReplies(counters, [durable(10)], answered)).toBe(10);
    expect(counters.get('journal_records')).toBe(6);
    expect(counters.histogram('journal_durable_micros').count).toBe(3);
    expect(counters.get('journal_failures')).toBe(0);
  });

  it('leaves out what failed, also where a later record stands in the reserve', () => {
    const counters = new Counters(createCountersBuffer());
    const why = { code: 'ENOSPC', reason: 'full', usedReserve: false };
    const failed: JournalReply = { kind: 'failed', firstSeq: 5, lastSeq: 8, ...why };
    expect(countReplies(counters, [failed, durable(9, true)], 4)).toBe(9);
    expect(counters.get('journal_records')).toBe(1);
    expect(counters.get('journal_failures')).toBe(1);
  });
});
