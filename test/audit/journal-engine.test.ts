import { describe, expect, it } from 'vitest';
import { JournalEngine } from '../../src/audit/journal-engine.ts';
import { openJournal, readJournal } from '../../src/audit/journal-open.ts';
import { FailingDisk } from './support/failing-disk.ts';
import { smallLimits } from './support/home-files.ts';
import { alertBody, alerts, recordOf } from './support/sample-records.ts';
import { tempHome } from './support/temp-home.ts';

function engineOn(
  home: string,
  disk = new FailingDisk(),
  limits = smallLimits,
  mostRecords?: number,
) {
  let micros = 0;
  const { writer } = openJournal({ home, disk, limits });
  return { engine: new JournalEngine(writer, () => (micros += 5), mostRecords), writer, disk };
}

const batch = (firstSeq: number, count: number, urgent = false) => ({
  records: alerts(firstSeq, count),
  urgent,
});

describe('the journal engine', () => {
  it('commits everything that waits with one write and answers once', () => {
    const home = tempHome();
    const { engine, disk } = engineOn(home, new FailingDisk(), {
      ...smallLimits,
      growthBytes: 1 << 16,
    });
    disk.writes.length = 0;
    const replies = engine.handle([batch(1, 3), batch(4, 2, true), batch(6, 1)]);
    expect(replies).toEqual([
      { kind: 'durable', durableSeq: 6, hash: expect.any(String), micros: 5, usedReserve: false },
    ]);
    expect(disk.writes.filter((path) => path.includes('000001'))).toHaveLength(1);
    expect(readJournal(home)).toMatchObject({
      lastSeq: 6,
      lastHash: replies[0] && 'hash' in replies[0] && replies[0].hash,
    });
  });

  it('has nothing to say about nothing', () => {
    const { engine } = engineOn(tempHome());
    expect(engine.handle([])).toEqual([]);
    expect(engine.handle([batch(1, 0)])).toEqual([]);
  });

  it('splits what is more than one commit may hold', () => {
    const most = 5;
    const { engine } = engineOn(tempHome(), new FailingDisk(), smallLimits, most);
    const replies = engine.handle([batch(1, most - 1), batch(most, 1), batch(most + 1, 1)]);
    expect(replies).toMatchObject([{ durableSeq: most }, { durableSeq: most + 1 }]);
  });

  it('tells what was durable before one of several writes failed, and of the rest alone that it was not', () => {
    const home = tempHome();
    const { engine, disk } = engineOn(home, new FailingDisk(), {
      ...smallLimits,
      segmentBytes: 1 << 23,
    });
    const long = (seq: number) => recordOf(seq, alertBody('z'.repeat(1_000_000)));
    const part = (...seqs: readonly number[]) => ({ records: seqs.map(long), urgent: false });
    disk.arm({ operation: 'syncData', from: 3, code: 'EIO', path: '000001' });
    const replies = engine.handle([part(1, 2), part(3, 4, 5), part(), batch(6, 1, true), part(7)]);
    expect(replies).toMatchObject([
      { kind: 'durable', durableSeq: 4, usedReserve: false },
      { kind: 'failed', firstSeq: 5, lastSeq: 5, code: 'EIO', usedReserve: false },
      { kind: 'durable', durableSeq: 6, usedReserve: true },
      { kind: 'failed', firstSeq: 7, lastSeq: 7, usedReserve: false },
    ]);
    expect(replies).toHaveLength(4);
    expect(readJournal(home).records.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 6]);
  });

  it('grows the file while nobody waits', () => {
    const { engine, disk } = engineOn(tempHome());
    engine.handle([batch(1, 5)]);
    disk.writes.length = 0;
    engine.idle();
    expect(disk.writes).toHaveLength(1);
  });

  it('sends urgent batches to the reserve and fails the others, each by its numbers', () => {
    const home = tempHome();
    const { engine, disk } = engineOn(home);
    engine.handle([batch(1, 2)]);
    disk.arm({ operation: 'syncData', from: 1, code: 'ENOSPC', path: '000001' });
    expect(engine.handle([batch(3, 1), batch(4, 2, true), batch(6, 1)])).toMatchObject([
      { kind: 'failed', firstSeq: 3, lastSeq: 3, code: 'ENOSPC', usedReserve: false },
      { kind: 'durable', durableSeq: 5, usedReserve: true },
      { kind: 'failed', firstSeq: 6, lastSeq: 6 },
    ]);
    expect(engine.handle([batch(7, 1, true)])).toMatchObject([
      { durableSeq: 7, usedReserve: true },
    ]);
    disk.arm({ operation: 'writeAt', from: 1, code: 'EIO', path: 'reserve' });
    expect(engine.handle([batch(8, 1, true)])).toMatchObject([
      { kind: 'failed', firstSeq: 8, lastSeq: 8, usedReserve: true },
    ]);
    expect(readJournal(home).records.map((record) => record.seq)).toEqual([1, 2, 4, 5, 7]);
  });

  it('says that a full disk is to be freed', () => {
    const { engine, disk } = engineOn(tempHome());
    disk.arm({ operation: 'writeAt', from: 1, code: 'ENOSPC' });
    expect(engine.handle([batch(1, 1)])).toMatchObject([
      { reason: expect.stringMatching(/free space/) },
    ]);
  });

  it('keeps the reserve for exits where the checkpoint takes nothing any more', () => {
    const home = tempHome();
    const { engine, disk } = engineOn(home);
    engine.handle([batch(1, 2)]);
    disk.arm({ operation: 'writeAt', from: 1, code: 'EIO', path: 'checkpoint' });
    expect(engine.handle([batch(3, 1, true)])).toMatchObject([{ kind: 'durable', durableSeq: 3 }]);
    for (const seq of [4, 5]) {
      expect(engine.handle([batch(seq, 1, true)])).toMatchObject([
        { kind: 'durable', durableSeq: seq, usedReserve: true },
      ]);
    }
    expect(readJournal(home)).toMatchObject({ lastSeq: 5 });
  });
});
