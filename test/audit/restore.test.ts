import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureAuditKey, generateAuditKey, writeAuditKey } from '../../src/audit/audit-key.ts';
import { backupHome } from '../../src/audit/backup.ts';
import { realDisk } from '../../src/audit/disk.ts';
import { openJournal, readJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { rotateAuditKey } from '../../src/audit/key-rotation.ts';
import { readKillLatch } from '../../src/audit/kill-latch.ts';
import { logFileNames } from '../../src/audit/log-folder.ts';
import { restoreHome } from '../../src/audit/restore.ts';
import { JournalSealer } from '../../src/audit/sealer.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import { FailingDisk } from './support/failing-disk.ts';
import { alertBody, alerts, recordsOf, START_MICROS } from './support/sample-records.ts';
import { HandClock, sealedHome, trustOf } from './support/sealed-home.ts';
import { tempHome } from './support/temp-home.ts';

function logFiles(home: string): Map<string, Buffer> {
  const { log } = journalPaths(home);
  const names = logFileNames(realDisk, log).filter((name) => name !== 'checkpoint');
  return new Map(names.map((name) => [name, realDisk.read(join(log, name))]));
}

describe('a restored home', () => {
  it('holds the same records in the same chain, over several files', () => {
    const home = sealedHome(
      recordsOf(
        1,
        Array.from({ length: 20 }, (_, i) => alertBody(`${i} ${'x'.repeat(60_000 * (i % 3))}`)),
      ),
    );
    const again = join(tempHome(), 'again');
    const restored = restoreHome(again, logFiles(home), realDisk, { systemMicros: START_MICROS });
    expect(restored).toEqual({
      records: 20,
      unsealed: 0,
      foreign: [],
      lastSeq: 20,
      isKilled: false,
      isNewKey: true,
    });
    expect(readJournal(again)).toEqual(readJournal(home));
    expect(verifyJournal(again).exitCode).toBe(0);
  });

  it('is killed where nobody released the last kill, by whom and for what stands in the log', () => {
    const killed = { kind: 'killEngaged', principal: 'console', reason: 'enough' } as const;
    const released = { kind: 'killReleased', principal: 'console' } as const;
    const restored = (...bodies: readonly (typeof killed | typeof released)[]) => {
      const again = join(tempHome(), 'again');
      const files = logFiles(sealedHome(recordsOf(1, [alertBody('before'), ...bodies])));
      const { isKilled } = restoreHome(again, files, realDisk, { systemMicros: START_MICROS });
      return { isKilled, latch: readKillLatch(again) };
    };
    const { principal, reason } = killed;
    const standing = { isKilled: true, latch: { principal, reason } };
    const none = { isKilled: false, latch: undefined };
    expect(restored()).toEqual(none);
    expect(restored(killed)).toMatchObject(standing);
    expect(restored(killed, released)).toEqual(none);
    expect(restored(killed, released, killed)).toMatchObject(standing);
  });

  it('keeps the numbers that a reserve left out, and goes on', () => {
    const home = tempHome();
    const disk = new FailingDisk();
    const { writer } = openJournal({ home, disk });
    writer.commit(alerts(1, 2));
    disk.arm({ operation: 'syncData', from: 1, code: 'EIO', path: '000001' });
    writer.commit(alerts(3, 2));
    writer.commitToReserve(alerts(5, 2));
    const now = new HandClock().now;
    new JournalSealer({ home, key: ensureAuditKey(home), build: 'test', now });
    const again = join(tempHome(), 'again');
    restoreHome(again, logFiles(home), realDisk, { systemMicros: START_MICROS });
    expect(readJournal(again).records.map(({ seq }) => seq)).toEqual([1, 2, 5, 6]);
    const full = new FailingDisk();
    full.arm({ operation: 'create', from: 1, code: 'ENOSPC', path: 'reserve' });
    expect(() => openJournal({ home: again, disk: full })).toThrow(/disk|space/i);
    expect(verifyJournal(again)).toMatchObject({ exitCode: 0, records: 4 });
    const next = openJournal({ home: again });
    next.writer.commit(alerts(7, 1));
    next.writer.close();
    expect(verifyJournal(again)).toMatchObject({ exitCode: 0, records: 5, lastSeq: 7 });
  });

  it('is not made over a journal, nor from a log without a checkpoint', () => {
    const home = sealedHome(alerts(1, 3));
    const files = logFiles(home);
    expect(() => restoreHome(home, files, realDisk, { systemMicros: 0 })).toThrow(
      /there is a journal/,
    );
    files.delete('checkpoints/001');
    expect(() => restoreHome(join(tempHome(), 'x'), files, realDisk, { systemMicros: 0 })).toThrow(
      /no checkpoint/,
    );
  });

  it('says which entry cannot be restored', () => {
    const files = logFiles(sealedHome(alerts(1, 3)));
    files.set('tile/entries/000.p/3', Buffer.alloc(5));
    expect(() => restoreHome(join(tempHome(), 'x'), files, realDisk, { systemMicros: 0 })).toThrow(
      /cannot be/,
    );
  });
});

describe('a backup', () => {
  it('verifies by itself, and says what the key of its home vouches for', () => {
    const home = sealedHome(alerts(1, 300), { close: false });
    const target = join(tempHome(), 'copy');
    expect(backupHome(home, target, realDisk).files).toBeGreaterThan(8);
    expect(verifyJournal(target, realDisk, trustOf(home))).toMatchObject({
      exitCode: 0,
      records: 300,
    });
    expect(realDisk.exists(journalPaths(target).key)).toBe(false);
  });

  it('has a journal alone where nothing is sealed yet', () => {
    const home = sealedHome(alerts(1, 3));
    rmSync(journalPaths(home).log, { recursive: true });
    const target = join(tempHome(), 'copy');
    backupHome(home, target, realDisk);
    expect(readJournal(target).records).toHaveLength(3);
  });
});

describe('a rotated key', () => {
  it('is finished by the next try where a crash came between statement and key', () => {
    const home = sealedHome(alerts(1, 3));
    const disk = { ...realDisk, rename: realDisk.rename };
    disk.rename = (from, to) => {
      if (to === journalPaths(home).key) throw new Error('crash');
      realDisk.rename(from, to);
    };
    expect(() => rotateAuditKey(home, false, disk, START_MICROS)).toThrow('crash');
    const key = rotateAuditKey(home, false, realDisk, START_MICROS);
    expect(key).toContain('deltaring/');
    new JournalSealer({ home, key: ensureAuditKey(home), build: 'test', now: new HandClock().now });
    const report = verifyJournal(home);
    expect(report).toMatchObject({ exitCode: 0, findings: [] });
    expect(report.head?.key).toBe(key);
  });

  it('is not signed by a key that is not the log’s, and the lost one can still be told', () => {
    const home = sealedHome(alerts(1, 3));
    const { key, log } = journalPaths(home);
    rmSync(key);
    expect(() => ensureAuditKey(home)).toThrow(/audit.key is missing: put back.*--lost/);
    expect(realDisk.exists(key)).toBe(false);
    writeAuditKey(realDisk, key, generateAuditKey());
    const rotate = (lost: boolean) => rotateAuditKey(home, lost, realDisk, START_MICROS);
    expect(() => rotate(false)).toThrow(/audit.key is not the log's: put back.*--lost/);
    expect(realDisk.list(join(log, 'keys'))).toEqual(['001']);
    const next = rotate(true);
    new JournalSealer({ home, key: ensureAuditKey(home), build: 'test', now: new HandClock().now });
    expect(verifyJournal(home).head?.key).toBe(next);
    expect(verifyJournal(home).exitCode).toBe(0);
  });

  it('needs a log and, unless it is lost, the key before', () => {
    expect(() => rotateAuditKey(tempHome(), false, realDisk, 0)).toThrow(/no sealed log/);
  });
});
