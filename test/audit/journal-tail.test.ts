import { describe, expect, it } from 'vitest';
import { realDisk } from '../../src/audit/disk.ts';
import { openJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { JournalTail } from '../../src/audit/journal-tail.ts';
import { FailingDisk } from './support/failing-disk.ts';
import { smallLimits } from './support/home-files.ts';
import { alerts } from './support/sample-records.ts';
import { tempHome } from './support/temp-home.ts';
import { VolatileDisk } from './support/volatile-disk.ts';

/** A journal in memory, its writer, and its checkpoint as it stands. */
function inMemory() {
  const disk = new VolatileDisk();
  const { writer } = openJournal({ home: '/home/tail', disk, limits: smallLimits });
  const paths = journalPaths('/home/tail');
  const put = (bytes: Buffer) => disk.writeAt(disk.openForWrite(paths.checkpoint), bytes, 0);
  return { disk, writer, paths, checkpoint: () => disk.read(paths.checkpoint), put };
}

function numbers(tail: JournalTail): readonly number[] {
  return tail.next().map((frame) => frame.record.seq);
}

describe('following a journal', () => {
  it('begins at its first record where there was none yet', () => {
    const { disk, writer, paths } = inMemory();
    const tail = new JournalTail(disk, paths, 0);
    expect(numbers(tail)).toEqual([]);
    writer.commit(alerts(1, 3));
    expect(numbers(tail)).toEqual([1, 2, 3]);
  });

  it('sees nothing beyond the checkpoint, at its start and later', () => {
    const { disk, writer, paths, checkpoint, put } = inMemory();
    writer.commit(alerts(1, 2));
    const atTwo = checkpoint();
    writer.commit(alerts(3, 1));
    const atThree = checkpoint();
    writer.commit(alerts(4, 1));
    const atFour = checkpoint();
    put(atTwo);
    const tail = new JournalTail(disk, paths, 0);
    expect(numbers(tail)).toEqual([1, 2]);
    put(atThree);
    expect(numbers(tail)).toEqual([3]);
    put(atFour);
    expect(numbers(tail)).toEqual([4]);
  });

  it('sees nothing while there is no checkpoint', () => {
    const { disk, writer, paths, checkpoint } = inMemory();
    writer.commit(alerts(1, 2));
    expect(checkpoint()).toHaveLength(512);
    disk.remove(paths.checkpoint);
    expect(numbers(new JournalTail(disk, paths, 0))).toEqual([]);
  });

  it('waits where what was acknowledged cannot be read', () => {
    const { disk, writer, paths } = inMemory();
    writer.commit(alerts(1, 2));
    const tail = new JournalTail(disk, paths, 0);
    expect(numbers(tail)).toEqual([1, 2]);
    const path = `${paths.journal}/000001.journal`;
    const before = disk.read(path);
    writer.commit(alerts(3, 1));
    const after = disk.read(path);
    const fd = disk.openForWrite(path);
    disk.writeAt(fd, before, 0);
    expect(numbers(tail)).toEqual([]);
    disk.writeAt(fd, after, 0);
    expect(numbers(tail)).toEqual([3]);
  });

  it('reads every file on its way into the reserve', () => {
    const { disk, writer, paths } = inMemory();
    const tail = new JournalTail(disk, paths, 0);
    for (let seq = 1; seq <= 33; seq += 4) writer.commit(alerts(seq, 4));
    disk.fault = { from: 1, code: 'EIO' };
    writer.commit(alerts(37, 1));
    disk.fault = undefined;
    writer.commitToReserve(alerts(38, 1));
    const wanted = [...Array.from({ length: 36 }, (_, i) => i + 1), 38];
    expect(numbers(tail)).toEqual(wanted);
  });

  it('is refused where there is no journal, and where it is not what was written', () => {
    const none = journalPaths('/home/none');
    expect(() => new JournalTail(new VolatileDisk(), none, 0)).toThrow(
      'the journal in /home/none/journal cannot be followed: there is no journal yet. Run `deltaring audit verify`',
    );
    const { disk, writer, paths } = inMemory();
    for (let seq = 1; seq <= 21; seq += 4) writer.commit(alerts(seq, 4));
    const fd = disk.openForWrite(`${paths.journal}/000002.journal`);
    disk.writeAt(fd, Buffer.from('x'), 200);
    const damaged = {
      code: 'JOURNAL_CORRUPT',
      message: expect.stringContaining('the record does not match its checksum'),
    };
    expect(() => new JournalTail(disk, paths, 0)).toThrow(expect.objectContaining(damaged));
  });

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
