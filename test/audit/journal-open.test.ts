/** What opening a journal and writing to it answer, word by word, on a disk in memory. */
import { describe, expect, it } from 'vitest';
import { encodeRecord, NO_HASH } from '../../src/audit/journal-format.ts';
import { openJournal, readJournal } from '../../src/audit/journal-open.ts';
import type { AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { smallLimits as limits } from './support/home-files.ts';
import { alertBody, alerts, recordOf } from './support/sample-records.ts';
import { VolatileDisk } from './support/volatile-disk.ts';

const home = '/home/words';

function opened(disk = new VolatileDisk()) {
  return { disk, writer: openJournal({ home, disk, limits }).writer };
}

/** A record whose frame has so many bytes. */
function sized(seq: number, bytes: number): AuditRecord {
  const { frame } = encodeRecord(recordOf(seq, alertBody('')), NO_HASH);
  return recordOf(seq, alertBody('z'.repeat(bytes - frame.length)));
}

const EIO = 'the journal cannot be written: check the disk, then restart the engine (EIO)';
const ENOSPC = 'the disk is full: free space in the home folder, then restart the engine (ENOSPC)';

describe('a journal that cannot be opened', () => {
  it.each([
    [
      'ENOSPC',
      'DISK_FULL',
      'no space for the journal in /home/words/journal: free some and start again',
    ],
    [
      'EIO',
      'JOURNAL_FAILED',
      "the journal in /home/words/journal cannot be opened (EIO): check the folder's owner and the disk",
    ],
  ] as const)('for %s says %s', (code, is, words) => {
    const disk = new VolatileDisk();
    disk.fault = { from: 1, code };
    expect(() => opened(disk)).toThrow(expect.objectContaining({ code: is, message: words }));
  });

  it('since it is not what was written says where, and what to do', () => {
    const { disk, writer } = opened();
    writer.commit(alerts(1, 3));
    disk.writeAt(disk.openForWrite(`${home}/journal/000001.journal`), Buffer.from('x'), 200);
    const message =
      'the journal is not what was written: /home/words/journal/000001.journal, offset 128, ' +
      'record 1: the record does not match its checksum. Nothing was changed. Run `deltaring audit ' +
      'verify` for the full report, then restore the folders journal and audit from a backup';
    const corrupt = expect.objectContaining({ code: 'JOURNAL_CORRUPT', message });
    expect(() => opened(disk)).toThrow(corrupt);
    expect(() => readJournal(home, disk)).toThrow(corrupt);
  });
});

describe('a commit', () => {
  it('answers with the record that is durable, and its hash', () => {
    const { disk, writer } = opened();
    const answer = writer.commit(alerts(1, 3));
    const { lastHash } = readJournal(home, disk);
    const hash = Buffer.from(lastHash, 'hex');
    expect(answer).toEqual({ kind: 'durable', seq: 3, hash, usedReserve: false });
    expect(writer.position).toEqual({ seq: 3, hash });
    expect(writer.commit([])).toEqual(answer);
  });

  it.each([
    ['EIO', EIO],
    ['ENOSPC', ENOSPC],
  ] as const)('that meets %s says so from then on, and the reserve goes on', (code, reason) => {
    const { disk, writer } = opened();
    writer.commit(alerts(1, 2));
    disk.fault = { from: 1, code };
    expect(writer.commit(alerts(3, 1))).toEqual({ kind: 'failed', code, reason });
    disk.fault = undefined;
    expect(writer.commit(alerts(3, 1))).toEqual({ kind: 'failed', code, reason });
    expect(writer.commitToReserve(alerts(5, 2))).toMatchObject({
      kind: 'durable',
      seq: 6,
      usedReserve: true,
    });
    expect(writer.commitToReserve([])).toMatchObject({ kind: 'durable', seq: 6 });
    disk.fault = { from: 1, code };
    expect(writer.commitToReserve(alerts(7, 1))).toEqual({ kind: 'failed', code, reason });
    expect(writer.health).toBe('failed');
    disk.fault = undefined;
    expect(writer.commitToReserve(alerts(7, 1))).toEqual({ kind: 'failed', code, reason });
  });

  it('goes into the reserve only after the main file failed', () => {
    const { writer } = opened();
    expect(writer.commitToReserve(alerts(1, 1))).toMatchObject({ kind: 'failed', code: 'NONE' });
    expect(writer.health).toBe('main');
  });

  it('of a number that does not follow is a broken program', () => {
    const { disk, writer } = opened();
    writer.commit(alerts(1, 2));
    expect(() => writer.commit(alerts(4, 1))).toThrow('record 4 follows 2 in the journal');
    expect(() => writer.commit(alerts(2, 1))).toThrow('record 2 follows 2 in the journal');
    disk.fault = { from: 1, code: 'EIO' };
    writer.commit(alerts(3, 1));
    disk.fault = undefined;
    expect(() => writer.commitToReserve(alerts(2, 1))).toThrow('record 2 follows 2 in the journal');
    expect(writer.commitToReserve(alerts(3, 1))).toMatchObject({ kind: 'durable', seq: 3 });
  });

  it.each([
    [limits.reserveBytes, 'durable'],
    [limits.reserveBytes + 1, 'failed'],
  ])('of %i bytes into the reserve is %s', (bytes, kind) => {
    const { disk, writer } = opened();
    disk.fault = { from: 1, code: 'EIO' };
    writer.commit(alerts(1, 1));
    disk.fault = undefined;
    const answer = writer.commitToReserve([sized(2, bytes)]);
    expect(answer.kind).toBe(kind);
    if (answer.kind === 'failed') expect(answer.code).toBe('RESERVE_FULL');
  });
});

describe('the room of a file', () => {
  const files = (disk: VolatileDisk) => disk.list(`${home}/journal`).length;
  const size = (disk: VolatileDisk) => disk.read(`${home}/journal/000001.journal`).length;

  it('is used to its last byte before the file grows, and the file before the next begins', () => {
    const { disk, writer } = opened();
    const [first, alone] = [size(disk), files(disk)];
    writer.commit([sized(1, limits.growthBytes)]);
    expect(size(disk)).toBe(first);
    writer.commit([sized(2, limits.segmentBytes - first)]);
    expect([files(disk), size(disk)]).toEqual([alone, first + limits.growthBytes]);
    writer.commit([sized(3, 230)]);
    expect(files(disk)).toBe(alone + 1);
  });

  it('takes a record that is larger than a file into a file that holds none', () => {
    const { disk, writer } = opened();
    const alone = files(disk);
    writer.commit([sized(1, 3 * limits.segmentBytes)]);
    expect(files(disk)).toBe(alone);
  });

  it.each([
    [limits.growthBytes / 2 - 1, false],
    [limits.growthBytes / 2, true],
  ])('grows ahead of a commit once half of it is used: %i bytes: %s', (bytes, grows) => {
    const { disk, writer } = opened();
    writer.commit([sized(1, bytes)]);
    const before = size(disk);
    writer.prepareAhead();
    expect(size(disk)).toBe(before + (grows ? limits.growthBytes : 0));
  });

  it('is left alone once the file has failed', () => {
    const { disk, writer } = opened();
    writer.commit([sized(1, limits.growthBytes - 300)]);
    disk.fault = { from: 1, code: 'EIO' };
    writer.commit(alerts(2, 1));
    disk.fault = undefined;
    const before = size(disk);
    writer.prepareAhead();
    expect(size(disk)).toBe(before);
  });
});
