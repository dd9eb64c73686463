import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JournalWriter } from '../../src/audit/journal-file.ts';
import type { JournalLimits } from '../../src/audit/journal-limits.ts';
import { openJournal, readJournal } from '../../src/audit/journal-open.ts';
import { FailingDisk } from './support/failing-disk.ts';
import { filesBelow, homeWith } from './support/home-files.ts';
import { alertBody, alerts, recordOf } from './support/sample-records.ts';
import { sealerOf } from './support/sealed-home.ts';
import { tempHome } from './support/temp-home.ts';

const small: JournalLimits = { segmentBytes: 4_096, growthBytes: 2_048, reserveBytes: 2_048 };

function journalFiles(home: string): string[] {
  return readdirSync(join(home, 'journal')).filter((name) => /^\d/.test(name));
}

describe('a journal', () => {
  it('reads back what was made durable, across restarts and files', () => {
    const home = tempHome();
    let seq = 1;
    for (let run = 0; run < 3; run++) {
      const { writer, lastSeq } = openJournal({ home, limits: small });
      expect(lastSeq).toBe(seq - 1);
      for (let batch = 0; batch < 5; batch++) {
        expect(writer.commit(alerts(seq, 4))).toMatchObject({ kind: 'durable', seq: seq + 3 });
        seq += 4;
      }
      writer.close();
    }
    expect(readJournal(home)).toMatchObject({ lastSeq: 60, records: alerts(1, 60), notices: [] });
    expect(journalFiles(home).length).toBeGreaterThan(2);
  });

  it('is empty before it is made', () => {
    expect(readJournal(tempHome())).toMatchObject({ records: [], lastSeq: 0, lastHash: '' });
  });

  it('loses nothing when it was never closed', () => {
    const home = tempHome();
    openJournal({ home, limits: small }).writer.commit(alerts(1, 30));
    expect(openJournal({ home, limits: small }).writer).toBeInstanceOf(JournalWriter);
    const { writer, lastSeq, notices } = openJournal({ home, limits: small });
    expect({ lastSeq, notices }).toEqual({ lastSeq: 30, notices: [] });
    writer.commit(alerts(31, 1));
    expect(readJournal(home).lastSeq).toBe(31);
  });

  it('refuses a gap in the numbers', () => {
    const { writer } = openJournal({ home: tempHome() });
    expect(() => writer.commit(alerts(2, 1))).toThrow(/record 2 follows 0/);
    expect(() => writer.commit([...alerts(1, 1), ...alerts(1, 1)])).toThrow(/record 1 follows 1/);
  });

  it('keeps records of any size whole', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6_000 }), { maxLength: 30 }), (sizes) => {
        const home = tempHome();
        const records = sizes.map((size, i) => recordOf(i + 1, alertBody('z'.repeat(size))));
        const { writer } = openJournal({ home, limits: small });
        if (records.length > 0) writer.commit(records);
        writer.close();
        expect(readJournal(home).records).toEqual(records);
        rmSync(home, { recursive: true });
      }),
      { numRuns: 15 },
    );
  });

  it('cuts off a torn, never acknowledged write, and says so', () => {
    const home = tempHome();
    openJournal({ home, limits: small }).writer.commit(alerts(1, 3));
    const path = join(home, 'journal', '000001.journal');
    const before = readFileSync(path);
    const checkpoint = readFileSync(join(home, 'audit', 'checkpoint'));
    const again = openJournal({ home, limits: small });
    const tail = readFileSync(path).indexOf(Buffer.alloc(64), 128);
    again.writer.commit(alerts(4, 2));
    const whole = readFileSync(path);
    // From eight bytes on the checksum is among them, so that more than one byte is not zero.
    for (const cut of [8, 60, 200]) {
      const torn = Buffer.from(before);
      whole.copy(torn, tail, tail, tail + cut);
      writeFileSync(path, torn);
      writeFileSync(join(home, 'audit', 'checkpoint'), checkpoint);
      expect(readJournal(home)).toMatchObject({ lastSeq: 3, notices: [{ kind: 'tornTail' }] });
    }
    const { writer, lastSeq } = openJournal({ home, limits: small });
    expect(lastSeq).toBe(3);
    writer.commit(alerts(4, 1));
    expect(readJournal(home)).toMatchObject({ lastSeq: 4, notices: [] });
  });

  it.each([
    ['a changed byte', (path: string) => flip(path, 200)],
    ['a cut tail', (path: string) => truncateSync(path, statSync(path).size - 10)],
    ['added bytes', (path: string) => appendFileSync(path, 'x')],
    ['a missing file', (path: string) => rmSync(path)],
  ])('refuses to open after %s, and says where and what to do', (_name, damage) => {
    const home = tempHome();
    const { writer } = openJournal({ home });
    writer.commit(alerts(1, 3));
    writer.close();
    damage(join(home, 'journal', '000001.journal'));
    const corrupt = { code: 'JOURNAL_CORRUPT' };
    expect(() => openJournal({ home })).toThrow(expect.objectContaining(corrupt));
    expect(() => readJournal(home)).toThrow(/000001\.journal, offset \d+.*deltaring audit verify/);
  });

  it('refuses an acknowledged tail that was zeroed', () => {
    const home = tempHome();
    openJournal({ home }).writer.commit(alerts(1, 3));
    const path = join(home, 'journal', '000001.journal');
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0, 600));
    expect(() => openJournal({ home })).toThrow(/JOURNAL|journal/);
  });
});

describe('a journal whose records were sealed', () => {
  it('is opened, and refused once it and its checkpoint are older than the log', () => {
    const home = homeWith(alerts(1, 3));
    const older = filesBelow(home);
    const { writer } = openJournal({ home });
    writer.commit(alerts(4, 4));
    writer.close();
    sealerOf(home);
    openJournal({ home }).writer.close();
    expect(readJournal(home).lastSeq).toBe(7);
    for (const [path, bytes] of older) writeFileSync(path, bytes);
    expect(() => openJournal({ home })).toThrow(
      /the journal ends after record 3, but records up to 7 were sealed/,
    );
  });
});

function flip(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

describe('a journal on a failing disk', () => {
  it.each(['EIO', 'ENOSPC'] as const)(
    'answers %s as a value and never writes that file again',
    (code) => {
      const home = tempHome();
      const disk = new FailingDisk();
      const { writer } = openJournal({ home, disk });
      writer.commit(alerts(1, 2));
      disk.arm({ operation: 'syncData', from: 1, code, path: '000001' });
      expect(writer.commit(alerts(3, 2))).toMatchObject({ kind: 'failed', code });
      expect(writer.health).toBe('reserve');
      disk.writes.length = 0;
      expect(writer.commit(alerts(3, 1))).toMatchObject({ kind: 'failed', code });
      writer.prepareAhead();
      expect(writer.commitToReserve(alerts(5, 1))).toMatchObject({
        kind: 'durable',
        usedReserve: true,
      });
      writer.close();
      expect(disk.writes.filter((path) => path.includes('000001'))).toEqual([]);
    },
  );

  it('takes the reserve into the journal at the next start, leaving out what was never durable', () => {
    const home = tempHome();
    const disk = new FailingDisk();
    const { writer } = openJournal({ home, disk, limits: small });
    writer.commit(alerts(1, 2));
    disk.arm({ operation: 'syncData', from: 1, code: 'EIO', path: '000001' });
    writer.commit(alerts(3, 2));
    writer.commitToReserve(alerts(5, 1));
    writer.commitToReserve(alerts(7, 2));
    const seqs = [1, 2, 5, 7, 8];
    const before = readJournal(home);
    expect(before.records.map((record) => record.seq)).toEqual(seqs);
    expect(before.notices.map((notice) => notice.kind)).toEqual(
      expect.arrayContaining(['reserveGap', 'unacknowledged']),
    );
    const again = openJournal({ home, limits: small });
    expect(again.lastSeq).toBe(8);
    again.writer.commit(alerts(9, 1));
    again.writer.close();
    const after = readJournal(home);
    expect(after.records.map((record) => record.seq)).toEqual([...seqs, 9]);
    expect(after.lastHash).not.toBe(before.lastHash);
    expect(existsSync(join(home, 'journal', '000003.journal'))).toBe(true);
  });

  it('fails in the end when the reserve fails too, or is full', () => {
    const disk = new FailingDisk();
    const { writer } = openJournal({ home: tempHome(), disk, limits: small });
    disk.arm({ operation: 'writeAt', from: 1, code: 'EIO', path: '000001' });
    writer.commit(alerts(1, 1));
    expect(writer.commitToReserve(alerts(2, 1))).toMatchObject({ kind: 'durable' });
    expect(writer.commitToReserve(alerts(3, 50))).toMatchObject({ code: 'RESERVE_FULL' });
    expect(writer.health).toBe('failed');
    expect(writer.commitToReserve(alerts(3, 1))).toMatchObject({ kind: 'failed' });
  });

  it('says that the disk is full when it cannot be opened for that', () => {
    const disk = new FailingDisk();
    disk.arm({ operation: 'writeAt', from: 1, code: 'ENOSPC' });
    expect(() => openJournal({ home: tempHome(), disk })).toThrow(
      expect.objectContaining({ code: 'DISK_FULL' }),
    );
  });
});
