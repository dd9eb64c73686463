import { describe, expect, it } from 'vitest';
import { realDisk } from '../../src/audit/disk.ts';
import { openJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { JournalTail } from '../../src/audit/journal-tail.ts';
import { FailingDisk } from './support/failing-disk.ts';
import { smallLimits } from './support/home-files.ts';
import { alerts } from './support/sample-records.ts';
import { tempHome } from './support/temp-home.ts';

describe('following a journal', () => {
  it('sees each acknowledged record once, across files and into the reserve', () => {
    const home = tempHome();
    const disk = new FailingDisk();
    const { writer } = openJournal({ home, disk, limits: smallLimits });
    writer.commit(alerts(1, 5));
    const tail = new JournalTail(realDisk, journalPaths(home), 2);
    const seen = (): number[] => tail.next().map((frame) => frame.record.seq);
    expect(seen()).toEqual([3, 4, 5]);
    expect(seen()).toEqual([]);
    for (let seq = 6; seq <= 65; seq += 4) writer.commit(alerts(seq, 4));
    expect(seen()).toEqual(Array.from({ length: 60 }, (_, i) => i + 6));
    disk.arm({ operation: 'syncData', from: 1, code: 'EIO', path: '.journal' });
    writer.commit(alerts(66, 1));
    expect(seen()).toEqual([]);
  });

  it('goes into the reserve and leaves out what was never acknowledged', () => {
    const home = tempHome();
    const disk = new FailingDisk();
    const { writer } = openJournal({ home, disk });
    writer.commit(alerts(1, 2));
    const tail = new JournalTail(realDisk, journalPaths(home), 0);
    disk.arm({ operation: 'syncData', from: 1, code: 'EIO', path: '000001' });
    writer.commit(alerts(3, 2));
    writer.commitToReserve(alerts(5, 1));
    expect(tail.next().map((frame) => frame.record.seq)).toEqual([1, 2, 5]);
    writer.commitToReserve(alerts(6, 1));
    expect(tail.next().map((frame) => frame.record.seq)).toEqual([6]);
  });
});
