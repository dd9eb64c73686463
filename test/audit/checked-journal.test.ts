import { describe, expect, it } from 'vitest';
import type { CheckedJournal } from '../../src/audit/checked-journal.ts';
import type { Disk } from '../../src/audit/disk.ts';
import { realDisk, sharingDisk } from '../../src/audit/disk.ts';
import { openJournal, readForStart, readJournal } from '../../src/audit/journal-open.ts';
import { RecordReading } from '../../src/audit/record-reading.ts';
import type { AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { FailingDisk } from './support/failing-disk.ts';
import { copyOf, filesBelow, homeWith, smallLimits } from './support/home-files.ts';
import { alerts } from './support/sample-records.ts';
import { tempHome } from './support/temp-home.ts';

/** A start that asks for nothing of the records. */
async function checkedOf(home: string, disk?: Disk): Promise<CheckedJournal> {
  return (await readForStart(home, new RecordReading(() => undefined), disk)).checked;
}

/** A journal whose last file failed and which goes on in its reserve. */
function inReserve(): string {
  const home = tempHome();
  const disk = new FailingDisk();
  const { writer } = openJournal({ home, disk, limits: smallLimits });
  writer.commit(alerts(1, 40));
  disk.arm({ operation: 'syncData', from: 1, code: 'EIO', path: '0000' });
  writer.commit(alerts(41, 1));
  writer.commitToReserve(alerts(42, 2));
  return home;
}

const HOMES: readonly (readonly [string, () => string])[] = [
  ['that was closed', () => homeWith(alerts(1, 40), { limits: smallLimits })],
  ['that was not closed', () => homeWith(alerts(1, 40), { limits: smallLimits, close: false })],
  ['that goes on in its reserve', inReserve],
  ['without a record', () => homeWith([])],
  ['that is not there yet', tempHome],
];

/** The journal's files, their place and their random name apart. */
function contents(home: string): readonly (readonly [string, string])[] {
  return [...filesBelow(home)].map(([path, bytes]) => [
    path.slice(home.length),
    bytes.toString('base64'),
  ]);
}

describe('a journal that was read for a start', () => {
  it.each(HOMES)('%s gives who reads it the records that were checked', async (_what, make) => {
    const home = make();
    const seen: AuditRecord[] = [];
    const reading = new RecordReading((record) => seen.push(record));
    const { checked } = await readForStart(home, reading);
    const { records, lastSeq, lastHash, notices } = readJournal(home);
    expect(seen).toEqual(records);
    expect(checked).toMatchObject({ lastSeq, lastHash, notices });
  });

  it.each(HOMES.slice(0, -1))('%s is opened from it as from its files', async (_what, make) => {
    const home = make();
    const twin = copyOf(home);
    const checked = await checkedOf(home);
    const first = openJournal({
      home,
      limits: smallLimits,
      checked: structuredClone(checked),
    });
    const second = openJournal({ home: twin, limits: smallLimits });
    expect(contents(home)).toEqual(contents(twin));
    expect(first.lastHash).toBe(second.lastHash);
    expect(first.notices).toEqual(second.notices);
    for (const { writer } of [first, second]) {
      writer.commit(alerts(writer.position.seq + 1, 30));
      writer.close();
    }
    expect(readJournal(home)).toEqual(readJournal(twin));
  });

  it('is not read again by whoever opens it', async () => {
    const home = homeWith(alerts(1, 40), { limits: smallLimits });
    const checked = await checkedOf(home);
    const read: string[] = [];
    const disk: Disk = {
      ...realDisk,
      read: (path) => {
        read.push(path);
        return realDisk.read(path);
      },
    };
    openJournal({ home, disk, checked }).writer.close();
    expect(read.filter((path) => path.includes('journal'))).toEqual([]);
  });

  it.each([
    ['a disk', realDisk],
    ['a disk that shares', sharingDisk],
  ])('of %s lies in shared memory: a thread that is given it gets no copy', async (_what, disk) => {
    const home = homeWith(alerts(1, 3));
    const checked = await checkedOf(home, disk);
    const { last } = structuredClone(checked);
    expect(last?.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(last?.bytes).toEqual(checked.last?.bytes);
    expect(checked).toEqual(await checkedOf(home));
  });

  it('is not copied where it was read into shared memory', async () => {
    const read: ArrayBufferLike[] = [];
    const disk: Disk = {
      ...sharingDisk,
      read: (path) => {
        const bytes = sharingDisk.read(path);
        read.push(bytes.buffer);
        return bytes;
      },
    };
    const checked = await checkedOf(homeWith(alerts(1, 3)), disk);
    expect(read).toContain(checked.last?.bytes.buffer);
  });

  it('of a damaged journal there is none', async () => {
    const home = homeWith(alerts(1, 5));
    const [path] = [...filesBelow(home).keys()].filter((name) => name.endsWith('000001.journal'));
    const damaged: Disk = {
      ...realDisk,
      read: (name) => {
        const bytes = realDisk.read(name);
        if (name === path) bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 1;
        return bytes;
      },
    };
    await expect(checkedOf(home, damaged)).rejects.toThrow('the journal is not what was written');
  });
});
