import { appendFileSync, chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateAuditKey } from '../../src/audit/audit-key.ts';
import { realDisk } from '../../src/audit/disk.ts';
import { openJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { logFileNames } from '../../src/audit/log-folder.ts';
import { JournalSealer } from '../../src/audit/sealer.ts';
import { HEARTBEAT_MILLIS, SEAL_WITHIN_MILLIS } from '../../src/audit/sealing-limits.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import type { AuditBody, AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { FailingDisk } from './support/failing-disk.ts';
import { copyOf, homeWith } from './support/home-files.ts';
import { alertBody, alerts, orderStory, recordOf, recordsOf } from './support/sample-records.ts';
import { HandClock, sealedHome, sealerOf, trustOf } from './support/sealed-home.ts';
import { tempHome } from './support/temp-home.ts';

const logOf = (home: string): string => journalPaths(home).log;
const names = (home: string): readonly string[] => logFileNames(realDisk, logOf(home));

/** A home whose journal is open, with a sealer on it and clocks that move by hand. */
function running(first: readonly AuditRecord[] = alerts(1, 2)) {
  const home = tempHome();
  const { writer } = openJournal({ home });
  writer.commit(first);
  const clock = new HandClock();
  const sealer = sealerOf(home, { now: clock.now });
  return { home, writer, clock, sealer };
}

describe('sealing a journal', () => {
  it('writes tiles, entries, a key and a checkpoint, read-only, that verify by themselves', () => {
    const home = sealedHome(alerts(1, 300), { close: false });
    expect(names(home)).toEqual([
      'checkpoint',
      'checkpoints/001',
      'keys/001',
      'tile/0/000',
      'tile/0/001.p/44',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/44',
    ]);
    expect(statSync(join(logOf(home), 'tile/0/000')).size).toBe(8_192);
    expect(statSync(join(logOf(home), 'tile/0/000')).mode & 0o222).toBe(0);
    const alone = verifyJournal(logOf(home), realDisk, trustOf(home));
    expect(alone).toMatchObject({ exitCode: 0, records: 300, lastSeq: 300, findings: [] });
    const whole = verifyJournal(home);
    expect(whole).toMatchObject({ exitCode: 0, records: 300, findings: [] });
    expect(whole.head).toEqual(alone.head);
  });

  it('keeps the private key for its owner alone', () => {
    const home = sealedHome(alerts(1, 1));
    expect(statSync(journalPaths(home).key).mode & 0o777).toBe(0o600);
    const text = readdirSync(logOf(home), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
      .join('');
    const secret = readFileSync(journalPaths(home).key, 'utf8').split('\n')[1] ?? '';
    expect(secret.length).toBeGreaterThan(40);
    expect(text).not.toContain(secret);
  });

  it.each<AuditBody>([
    { kind: 'orderSent', intentId: 'o-1' },
    { kind: 'killEngaged', principal: 'alice', reason: 'enough' },
    { kind: 'brokerEvent', event: { kind: 'rejected', intentId: 'o-1' } },
  ])('seals $kind at once, with all that waited before it', (body) => {
    const { writer, sealer } = running();
    writer.commit([recordOf(3, alertBody('waits')), recordOf(4, body)]);
    expect(sealer.poll()).toBe(true);
    expect(sealer.head).toMatchObject({ size: 4, lastSeq: 4, reason: 'records' });
  });

  it('lets anything else wait, but not for a second', () => {
    const { writer, clock, sealer } = running();
    writer.commit(alerts(3, 1));
    expect(sealer.poll()).toBe(false);
    clock.advance(SEAL_WITHIN_MILLIS - 1);
    expect(sealer.poll()).toBe(false);
    expect(sealer.lagMicros).toBe((SEAL_WITHIN_MILLIS - 1) * 1_000);
    clock.advance(1);
    expect(sealer.poll()).toBe(true);
    expect(sealer.lagMicros).toBe(0);
    expect(SEAL_WITHIN_MILLIS).toBeLessThan(1_000);
  });

  it('makes a heartbeat when there is nothing, and only then', () => {
    const { home, clock, sealer } = running();
    clock.advance(HEARTBEAT_MILLIS - 1);
    expect(sealer.poll()).toBe(false);
    clock.advance(1);
    expect(sealer.poll()).toBe(true);
    expect(sealer.head).toMatchObject({ number: 2, size: 2, reason: 'heartbeat' });
    sealer.stop();
    expect(sealer.head).toMatchObject({ number: 3, reason: 'stop' });
    expect(verifyJournal(home)).toMatchObject({ exitCode: 0, findings: [] });
  });

  it('replaces a partial tile by a wider one and keeps every checkpoint', () => {
    const { home, writer, clock, sealer } = running();
    for (let seq = 3; seq <= 12; seq++) {
      writer.commit(alerts(seq, 1));
      clock.advance(SEAL_WITHIN_MILLIS);
      sealer.poll();
      clock.advance(SEAL_WITHIN_MILLIS);
      sealer.poll();
    }
    expect(names(home).filter((name) => name.startsWith('tile/'))).toEqual([
      'tile/0/000.p/12',
      'tile/entries/000.p/12',
    ]);
    expect(names(home).filter((name) => name.startsWith('checkpoints/'))).toHaveLength(11);
  });

  it('goes on after a restart as if it had never ended', () => {
    const home = homeWith(alerts(1, 255));
    const reopened = (first: number, count: number): void => {
      const { writer } = openJournal({ home });
      writer.commit(alerts(first, count));
      writer.close();
      sealerOf(home);
    };
    sealerOf(home);
    reopened(256, 1);
    reopened(257, 300);
    reopened(557, 1);
    const once = copyOf(home);
    rmSync(logOf(once), { recursive: true });
    expect(sealerOf(once).head?.root).toEqual(sealerOf(home).head?.root);
    expect(verifyJournal(home)).toMatchObject({ exitCode: 0, records: 557, findings: [] });
  });

  it('goes on from the hashes that its last tile should have, not from more', () => {
    const home = sealedHome(alerts(1, 5));
    const tile = join(logOf(home), 'tile/0/000.p/5');
    chmodSync(tile, 0o600);
    appendFileSync(tile, Buffer.alloc(64, 7));
    const { writer } = openJournal({ home });
    writer.commit(alerts(6, 3));
    writer.close();
    sealerOf(home);
    expect(verifyJournal(home)).toMatchObject({ exitCode: 0, records: 8, findings: [] });
  });

  it('writes again what a crash left between a tile and its checkpoint', () => {
    const home = homeWith(alerts(1, 100));
    sealerOf(home);
    const disk = new FailingDisk();
    const { writer } = openJournal({ home });
    writer.commit(alerts(101, 60));
    disk.arm({ operation: 'create', from: 1, code: 'EIO', path: 'checkpoint' });
    expect(() => sealerOf(home, { disk })).toThrow('EIO');
    expect(names(home)).toContain('tile/0/000.p/160');
    const torn = verifyJournal(home);
    expect(torn.exitCode).toBe(0);
    expect(torn.findings.map(({ severity }) => severity)).toEqual(['notice', 'notice']);
    expect(sealerOf(home).head).toMatchObject({ size: 160, number: 2 });
    expect(names(home).filter((name) => name.startsWith('tile/0'))).toEqual(['tile/0/000.p/160']);
    writer.close();
    expect(verifyJournal(home)).toMatchObject({ exitCode: 0, findings: [] });
  });

  it('may be cut off before the first checkpoint, which proves nothing and is no tampering', () => {
    const home = homeWith(alerts(1, 5));
    const disk = new FailingDisk();
    disk.arm({ operation: 'create', from: 1, code: 'EIO', path: 'checkpoint' });
    expect(() => sealerOf(home, { disk })).toThrow('EIO');
    expect(names(home)).toEqual(['keys/001', 'tile/0/000.p/5', 'tile/entries/000.p/5']);
    expect(verifyJournal(home)).toMatchObject({ exitCode: 0, records: 5 });
    const alone = verifyJournal(logOf(home), realDisk, trustOf(home));
    expect(alone.exitCode, JSON.stringify(alone.findings)).toBe(2);
    sealerOf(home);
    expect(verifyJournal(home)).toMatchObject({ exitCode: 0, findings: [] });
  });

  it('completes a checkpoint whose numbered copy a crash left out', () => {
    const home = sealedHome(alerts(1, 5));
    rmSync(join(logOf(home), 'checkpoints/001'));
    expect(verifyJournal(home)).toMatchObject({ exitCode: 0, findings: [] });
    sealerOf(home);
    expect(names(home)).toContain('checkpoints/001');
    expect(verifyJournal(home)).toMatchObject({ exitCode: 0, findings: [] });
  });

  it('carries a record longer than an entry can be, and numbers that a reserve left out', () => {
    const home = tempHome();
    const disk = new FailingDisk();
    const { writer } = openJournal({ home, disk });
    writer.commit(recordsOf(1, [alertBody('x'.repeat(150_000)), alertBody('after')]));
    disk.arm({ operation: 'syncData', from: 1, code: 'EIO', path: '000001' });
    writer.commit(alerts(3, 2));
    writer.commitToReserve(alerts(5, 1));
    const { head } = sealerOf(home);
    expect(head).toMatchObject({ size: 5, lastSeq: 5 });
    const alone = verifyJournal(logOf(home), realDisk, trustOf(home));
    expect(alone).toMatchObject({ exitCode: 0, records: 3, lastSeq: 5 });
    expect(verifyJournal(home).exitCode).toBe(0);
  });

  it('refuses a key that is not the log’s, and a log that is another journal’s', () => {
    const home = sealedHome(alerts(1, 3));
    const refused = (what: RegExp): object =>
      expect.objectContaining({
        code: 'AUDIT_SINK_FAILED',
        message: expect.stringMatching(what),
      });
    const now = new HandClock().now;
    const strange = { home, key: generateAuditKey(), build: 'test', now };
    expect(() => new JournalSealer(strange)).toThrow(refused(/rotate-key --lost/));
    const other = homeWith(recordsOf(1, orderStory('o-1')));
    for (const part of ['audit.key', join('audit', 'log')]) {
      realDisk.rename(join(home, part), join(other, part));
    }
    expect(() => sealerOf(other)).toThrow(refused(/another journal/));
  });

  it.each([
    ['tile/0/000.p/5', /tiles are not|missing/],
    ['tile/entries/000.p/5', /damaged|missing/],
    ['checkpoint', /newest checkpoint is damaged/],
    ['keys/001', /key/],
  ])('refuses to go on without %s', (name, what) => {
    const home = sealedHome(alerts(1, 5));
    rmSync(join(logOf(home), name));
    expect(() => sealerOf(home)).toThrow(what);
  });
});
