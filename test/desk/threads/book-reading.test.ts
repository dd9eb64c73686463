import { describe, expect, it } from 'vitest';
import { FRAME_HEADER_BYTES, framePayloadBytes } from '../../../src/audit/journal-format.ts';
import { readForStart } from '../../../src/audit/journal-open.ts';
import type { FrameRun, RecordReader, RecordsRead } from '../../../src/audit/record-reading.ts';
import { lastRunOf, summarizeJournal } from '../../../src/desk/journal-summary.ts';
import { BookReading } from '../../../src/desk/threads/book-reading.ts';
import { homeWith } from '../../audit/support/home-files.ts';
import { alertBody, orderStory, recordsOf } from '../../audit/support/sample-records.ts';

/** Takes what is handed over apart, one frame a run. */
class FrameByFrame implements RecordReader {
  readonly all: FrameRun[] = [];

  take(run: FrameRun): void {
    const bytes = Buffer.from(run.bytes.buffer, run.bytes.byteOffset, run.bytes.length);
    for (let from = run.from; from < run.to; ) {
      const to = from + FRAME_HEADER_BYTES + framePayloadBytes(bytes, from);
      this.all.push({ ...run, from, to });
      from = to;
    }
  }

  finish(): RecordsRead {
    return { fault: undefined, sealed: undefined };
  }
}

describe('a book that two threads read', () => {
  const delivered = { kind: 'alertDelivered', code: 'x', channel: 'log', ok: true } as const;
  const written = recordsOf(1, [...orderStory('o-1'), alertBody('a'), delivered, alertBody('b')]);
  const wall = written[0]?.at.wall ?? 0;

  it('is the book that one reads, wherever they meet', async () => {
    const home = homeWith(written);
    const whole = new BookReading(wall);
    await readForStart(home, whole);
    const runs = new FrameByFrame();
    await readForStart(home, runs);
    expect(runs.all.length).toBe(written.length);
    for (let at = 0; at <= runs.all.length; at += 1) {
      const [first, rest] = [new BookReading(wall), new BookReading(wall)];
      for (const run of runs.all.slice(0, at)) first.take(run);
      for (const run of runs.all.slice(at)) rest.take(run);
      const both = new BookReading(wall);
      for (const reading of [first, rest]) both.join(reading);
      first.join(structuredClone(rest.part()));
      expect(first.finish()).toEqual(whole.finish());
      expect(both.part()).toEqual(first.part());
    }
  });

  it('tells the first fault that either found', () => {
    const fault = (seq: number) => ({ file: 'f', offset: seq, seq, what: 'w' });
    const part = new BookReading(wall).part();
    const reading = new BookReading(wall);
    reading.join(part);
    expect(reading.finish().fault).toBeUndefined();
    reading.join({ ...part, fault: fault(3) });
    reading.join({ ...part, fault: fault(5) });
    expect(reading.finish().fault).toEqual(fault(3));
  });
});

describe('the book of a start', () => {
  it('tells how the journal ends and what is told of alerts, and keeps what the desk is built from', async () => {
    const delivered = { kind: 'alertDelivered', code: 'x', channel: 'log', ok: true } as const;
    const written = recordsOf(1, [...orderStory('o-1'), alertBody('a'), delivered]);
    const reading = new BookReading(written[0]?.at.wall ?? 0);
    const { read } = await readForStart(homeWith(written), reading);
    const summary = summarizeJournal(written);
    expect(read.lastRun).toEqual(lastRunOf(summary));
    expect(read.lastRun).toMatchObject({ lastSeq: written.length, endedFlat: false });
    expect(read.alerts).toEqual(written.slice(-2));
    expect(reading.part().past).toEqual(summary);
  });
});
