import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realDisk } from '../../src/audit/disk.ts';
import { openJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { readKillLatch } from '../../src/audit/kill-latch.ts';
import { logFileNames } from '../../src/audit/log-folder.ts';
import { restoreHome } from '../../src/audit/restore.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import type { AuditBody } from '../../src/engine/domain/audit-record.ts';
import { alertBody, recordsOf, START_MICROS } from './support/sample-records.ts';
import { sealedHome, sealerOf } from './support/sealed-home.ts';
import { tempHome } from './support/temp-home.ts';

const released: AuditBody = { kind: 'killReleased', principal: 'console' };
const killed: AuditBody = { kind: 'killEngaged', principal: 'console', reason: 'enough' };

/** A log of three records under its newest checkpoint, and of the others beyond it. */
function logWithMore(third: AuditBody, ...more: readonly AuditBody[]): Map<string, Buffer> {
  const home = sealedHome(recordsOf(1, [alertBody('1'), alertBody('2'), third]));
  const { log } = journalPaths(home);
  const read = (): [string, Buffer][] =>
    logFileNames(realDisk, log).map((name) => [name, realDisk.read(join(log, name))]);
  const before = read();
  const { writer } = openJournal({ home });
  writer.commit(recordsOf(4, more));
  writer.close();
  sealerOf(home);
  const files = new Map([...read(), ...before]);
  for (const name of ['checkpoint', 'checkpoints/002', 'checkpoints/003']) files.delete(name);
  return files;
}

function restored(files: ReadonlyMap<string, Buffer>, shipsOn = false) {
  const home = join(tempHome(), 'again');
  return { home, ...restoreHome(home, files, realDisk, { systemMicros: START_MICROS, shipsOn }) };
}

describe('records beyond the newest checkpoint', () => {
  it('are restored by their chain, and counted', () => {
    const files = logWithMore(alertBody('3'), alertBody('4'), alertBody('5'));
    expect(restored(files, true)).toMatchObject({
      records: 5,
      unsealed: 2,
      lastSeq: 5,
      foreign: [],
    });
  });

  it('stand for the tiles that a wider one replaced before they were shipped', () => {
    const files = logWithMore(alertBody('3'), alertBody('4'), alertBody('5'));
    const whole = new Map(files);
    const narrow = ['tile/entries/000.p/3', 'tile/0/000.p/3'];
    for (const name of narrow) expect(files.delete(name)).toBe(true);
    const { home } = restored(files, true);
    const { log } = journalPaths(home);
    for (const name of narrow) expect(realDisk.read(join(log, name))).toEqual(whole.get(name));
    expect(verifyJournal(home).exitCode).toBe(0);
    sealerOf(home);
    expect(verifyJournal(home).exitCode).toBe(0);
  });

  it('end a kill that a signature vouches for no more than they begin none', () => {
    const engaged = restored(logWithMore(alertBody('3'), killed));
    expect(readKillLatch(engaged.home)).toMatchObject({ reason: 'enough' });
    const kept = restored(logWithMore(killed, released));
    expect(kept.isKilled).toBe(true);
    expect(readKillLatch(kept.home)).toMatchObject({ reason: 'enough' });
  });

  it.each([
    ['a hash without its entries', 'tile/entries/000.p/5', undefined, 3],
    ['a record that is not chained', 'tile/entries/000.p/5', Buffer.from([0, 1, 7]), 3],
    ['a hash of something else', 'tile/0/000.p/5', Buffer.alloc(160), 5],
  ])('keep the log from its bucket where there is %s', (_what, name, bytes, records) => {
    const files = logWithMore(alertBody('3'), alertBody('4'), alertBody('5'));
    if (bytes === undefined) files.delete(name);
    else files.set(name, bytes);
    expect(() => restored(files, true)).toThrow(/cannot go on in this bucket.*S3_AUDIT_BUCKET/);
    const elsewhere = restored(files);
    expect(elsewhere.records).toBe(records);
    expect(elsewhere.foreign).toContain('tile/0/000.p/5');
  });
});
