import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeLog } from '../../bench/support/clean-log.ts';
import type { Disk } from '../../src/audit/disk.ts';
import { realDisk } from '../../src/audit/disk.ts';
import { encodeRecord } from '../../src/audit/journal-format.ts';
import { openJournal, readJournal } from '../../src/audit/journal-open.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import { verifyReportLines } from '../../src/audit/verify-report.ts';
import { FailingDisk } from './support/failing-disk.ts';
import { copyOf, filesBelow, homeWith, memoryDisk, smallLimits } from './support/home-files.ts';
import { alertBody, alerts, orderStory, recordOf, recordsOf } from './support/sample-records.ts';
import { sealedHome } from './support/sealed-home.ts';
import { tempHome } from './support/temp-home.ts';

const story = recordsOf(1, [...orderStory('o-1'), alertBody('x'), ...orderStory('o-2')]);
const first = ['journal', '000001.journal'] as const;

function damagedHome(damage: (home: string) => void, records = alerts(1, 40)): string {
  const home = homeWith(records, { limits: smallLimits });
  damage(home);
  return home;
}

describe('the verifier', () => {
  it('finds a clean journal clean, closed or not, given by home or by folder', () => {
    const home = homeWith(story);
    expect(verifyJournal(home)).toMatchObject({
      exitCode: 0,
      records: 11,
      lastSeq: 11,
      findings: [],
    });
    expect(verifyJournal(join(home, 'journal'))).toMatchObject({ exitCode: 0, records: 11 });
    const open = homeWith(story, { close: false });
    expect(verifyJournal(open)).toMatchObject({ exitCode: 0, findings: [] });
    expect(verifyReportLines(verifyJournal(open)).at(-1)).toBe('clean');
  });

  it('finds every single changed byte of a closed journal and its checkpoint', () => {
    const files = filesBelow(homeWith(story, { limits: smallLimits }));
    const home = [...files.keys()][0]?.replace(/\/audit\/.*/, '') ?? '';
    let flips = 0;
    for (const [path, bytes] of files) {
      if (path.endsWith('reserve.journal')) continue;
      for (let offset = 0; offset < bytes.length; offset++) {
        const changed = Buffer.from(bytes);
        changed[offset] = (changed[offset] ?? 0) ^ (1 << (offset % 8));
        const report = verifyJournal(home, memoryDisk(new Map(files).set(path, changed)));
        if (report.exitCode !== 1)
          throw new Error(`${path} offset ${offset}: ${JSON.stringify(report)}`);
        flips++;
      }
    }
    expect(flips).toBeGreaterThan(5_000);
  });

  it('finds every single changed byte of a running engine, its preallocated rest included', () => {
    const files = filesBelow(homeWith(alerts(1, 9), { limits: smallLimits, close: false }));
    const home = [...files.keys()][0]?.replace(/\/audit\/.*/, '') ?? '';
    for (const [path, bytes] of files) {
      if (path.endsWith('checkpoint')) continue;
      for (let offset = 0; offset < bytes.length; offset++) {
        const changed = Buffer.from(bytes);
        changed[offset] = (changed[offset] ?? 0) ^ (1 << (offset % 8));
        const report = verifyJournal(home, memoryDisk(new Map(files).set(path, changed)));
        const told = report.exitCode === 1 || report.findings.length > 0;
        if (!told) throw new Error(`${path} offset ${offset}: ${JSON.stringify(report)}`);
        if (!path.endsWith('reserve.journal')) expect(report.exitCode).toBe(1);
      }
    }
  });

  it('raises no false alarm on random clean logs', () => {
    for (let seed = 1; seed <= 25; seed++) expect(judgeLog(seed).faults).toEqual([]);
  });

  it('says what to do about sealed batches of version 0.1.0', () => {
    const old = tempHome();
    writeFileSync(join(old, '000000000001-000000000004-ab.sealed'), 'old');
    const report = verifyJournal(old);
    expect(report.exitCode).toBe(2);
    expect(report.findings[0]?.what).toContain('version 0.1.0');
  });

  it.each<[string, (home: string) => void]>([
    ['a cut tail', (home) => cutRecords(home, 1)],
    ['a tail cut to nothing', (home) => rmSync(join(home, 'journal'), { recursive: true })],
    ['a cut head', (home) => rmSync(join(home, ...first))],
    ['a file in the middle gone', (home) => rmSync(join(home, 'journal', '000002.journal'))],
    ['files in the wrong order', (home) => swap(home, '000001.journal', '000002.journal')],
    ['a removed record', (home) => spliceFrames(home, (frames) => frames.splice(2, 1))],
    [
      'swapped records',
      (home) => spliceFrames(home, (frames) => frames.splice(1, 2, frames[2]!, frames[1]!)),
    ],
    [
      'a repeated record',
      (home) => spliceFrames(home, (frames) => frames.splice(2, 0, frames[1]!)),
    ],
    ['an inserted record', (home) => spliceFrames(home, (frames) => frames.splice(1, 0, forged()))],
    [
      'a file of another journal',
      (home) => renameSync(join(homeWith(alerts(1, 9)), ...first), join(home, ...first)),
    ],
    ['records added at the end', (home) => appendForged(home)],
  ])('finds %s', (_name, damage) => {
    const report = verifyJournal(damagedHome(damage));
    expect(report.exitCode, JSON.stringify(report)).toBe(1);
    expect(report.findings.find((finding) => finding.severity === 'tampered')).toHaveProperty(
      'seq',
    );
    expect(verifyReportLines(report).at(-1)).toContain('TAMPERED');
  });

  it('cannot prove the tail without a checkpoint', () => {
    const home = damagedHome((at) => rmSync(join(at, 'audit', 'checkpoint')));
    const report = verifyJournal(home);
    expect(report.exitCode).toBe(2);
    expect(verifyReportLines(report).join('\n')).toContain('tail unprovable');
  });

  it('finds tampering even where the checkpoint is missing too', () => {
    const home = damagedHome((at) => {
      rmSync(join(at, 'audit', 'checkpoint'));
      spliceFrames(at, (frames) => frames.splice(2, 1));
    });
    expect(verifyJournal(home).exitCode).toBe(1);
  });

  it('finds a journal replaced by an older copy of itself', () => {
    const home = homeWith(alerts(1, 5));
    const old = copyOf(join(home, 'journal'));
    const { writer } = openJournal({ home });
    writer.commit(alerts(6, 1));
    writer.close();
    rmSync(join(home, 'journal'), { recursive: true });
    renameSync(old, join(home, 'journal'));
    expect(verifyJournal(home).exitCode).toBe(1);
  });

  it('looks again where a tile was replaced under its eyes, and not for ever', () => {
    const home = sealedHome(story);
    let vanished = 0;
    const losing = (times: number): Disk => ({
      ...realDisk,
      read: (path) => {
        if (!path.includes('tile/entries') || vanished === times) return realDisk.read(path);
        vanished += 1;
        throw Object.assign(new Error('it is gone'), { code: 'ENOENT' });
      },
    });
    expect(verifyJournal(home, losing(2))).toMatchObject({ exitCode: 0, findings: [] });
    vanished = 0;
    expect(verifyJournal(home, losing(100))).toMatchObject({ exitCode: 2 });
    expect(vanished).toBeLessThan(100);
  });

  it('reads what an engine replaces before all the rest of the log, which can take long', () => {
    const home = sealedHome(story);
    const read: string[] = [];
    const watching: Disk = {
      ...realDisk,
      read: (path) => {
        if (path.includes('audit/log/')) read.push(path.split('audit/log/')[1] ?? '');
        return realDisk.read(path);
      },
    };
    expect(verifyJournal(home, watching).exitCode).toBe(0);
    const rest = read.findIndex((name) => /^(?:checkpoints|keys)/.test(name));
    const tiles = read.filter((name) => name.startsWith('tile/'));
    expect(tiles.length).toBeGreaterThan(1);
    expect(read.slice(0, rest)).toEqual(expect.arrayContaining([...tiles, 'checkpoint']));
  });

  it('says that it could not check where there is nothing or nothing readable', () => {
    expect(verifyJournal(tempHome()).exitCode).toBe(2);
    expect(verifyJournal(join(tempHome(), 'absent')).exitCode).toBe(2);
    const empty = tempHome();
    mkdirSync(join(empty, 'journal'));
    expect(verifyJournal(empty).exitCode).toBe(2);
  });

  it('says that it could not check what it may not read', () => {
    const home = homeWith(alerts(1, 3));
    const disk = {
      ...realDisk,
      read: (): Buffer => {
        throw Object.assign(new Error('denied'), { code: 'EACCES' });
      },
    };
    const report = verifyJournal(home, disk);
    expect(report).toMatchObject({ exitCode: 2 });
    expect(report.findings[0]?.what).toContain('EACCES');
  });

  it('explains a main file that failed and a reserve that went on', () => {
    const home = tempHome();
    const disk = new FailingDisk();
    const { writer } = openJournal({ home, disk });
    writer.commit(alerts(1, 2));
    disk.arm({ operation: 'syncData', from: 1, code: 'EIO', path: '000001' });
    writer.commit(alerts(3, 2));
    writer.commitToReserve(alerts(5, 2));
    const failed = verifyJournal(home);
    expect(failed).toMatchObject({ exitCode: 0, records: 4, lastSeq: 6 });
    expect(failed.findings.map((finding) => finding.severity)).toEqual(['notice', 'notice']);
    openJournal({ home }).writer.close();
    expect(verifyJournal(home)).toMatchObject({ exitCode: 0, records: 4, lastSeq: 6 });
    rmSync(join(home, 'journal', '000002.journal'));
    expect(verifyJournal(home).exitCode).toBe(1);
  });

  it('finds a field that is not on the allow-list, and a secret by its name', () => {
    const record = recordOf(1, {
      kind: 'limitsInForce',
      limitsVersion: 'v1',
      limits: { confirmToken: 'a-token-in-plain-text-0123456789' },
    });
    const report = verifyJournal(homeWith([record]));
    expect(report.exitCode).toBe(1);
    expect(report.findings[0]?.what).toContain('names a secret');
  });
});

function swap(home: string, one: string, two: string): void {
  const path = (name: string): string => join(home, 'journal', name);
  renameSync(path(one), path('x'));
  renameSync(path(two), path(one));
  renameSync(path('x'), path(two));
}

function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 128; at < bytes.length && bytes.readUInt32LE(at) > 0; ) {
    const end = at + 48 + bytes.readUInt32LE(at);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

function spliceFrames(home: string, change: (frames: Buffer[]) => void): void {
  const path = join(home, ...first);
  const bytes = readFileSync(path);
  const frames = framesOf(bytes);
  change(frames);
  writeFileSync(path, Buffer.concat([bytes.subarray(0, 128), ...frames]));
}

function forged(): Buffer {
  return encodeRecord(recordOf(2, alertBody('forged')), Buffer.alloc(32, 1)).frame;
}

function lastFile(home: string): string {
  return (
    [...filesBelow(join(home, 'journal')).keys()]
      .filter((path) => !path.includes('reserve'))
      .at(-1) ?? ''
  );
}

function cutRecords(home: string, count: number): void {
  const path = lastFile(home);
  const bytes = readFileSync(path);
  const cut = framesOf(bytes)
    .slice(-count)
    .reduce((sum, frame) => sum + frame.length, 0);
  truncateSync(path, bytes.length - cut);
}

/** A forger who knows the format chains a record of his own to the end. */
function appendForged(home: string): void {
  const { lastSeq, lastHash } = readJournal(home);
  const record = recordOf(lastSeq + 1, alertBody('forged'));
  const { frame } = encodeRecord(record, Buffer.from(lastHash, 'hex'));
  const path = lastFile(home);
  writeFileSync(path, Buffer.concat([readFileSync(path), frame]));
}
