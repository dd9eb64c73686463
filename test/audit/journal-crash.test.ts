import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Disk } from '../../src/audit/disk.ts';
import { realDisk } from '../../src/audit/disk.ts';
import { openJournal, readJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { scanJournal } from '../../src/audit/journal-scan.ts';
import { JournalSegment } from '../../src/audit/journal-segment.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import { copyOf, homeWith, smallLimits } from './support/home-files.ts';
import { alerts } from './support/sample-records.ts';
import { tempHome } from './support/temp-home.ts';

const script = fileURLToPath(new URL('./support/append-until-killed.ts', import.meta.url));

/** Starts an appender, kills it once it acknowledged `records`, and answers its last word. */
async function killedAfter(home: string, records: number): Promise<number> {
  const child = spawn(process.execPath, [script, home]);
  let said = '';
  let start: number | undefined;
  for await (const chunk of child.stdout) {
    said += String(chunk);
    start ??= Number(/^open (\d+)\n/.exec(said)?.[1]);
    if (lastNumber(said) >= (start ?? 0) + records) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return lastNumber(said);
}

function lastNumber(said: string): number {
  return Number(
    said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1)?.replace('open ', '') ?? 0,
  );
}

describe('a journal whose writer was killed', () => {
  it('keeps every acknowledged record, again and again', async () => {
    const home = tempHome();
    for (const records of [3, 30, 90]) {
      const acknowledged = await killedAfter(home, records);
      expect(readJournal(home).lastSeq).toBeGreaterThanOrEqual(acknowledged);
      expect(verifyJournal(home).exitCode).toBe(0);
    }
    const { lastSeq } = openJournal({ home });
    expect(lastSeq).toBeGreaterThanOrEqual(123);
  });

  it('opens after a stop at any step of opening and of changing files', () => {
    const home = homeWith(alerts(1, 12), { limits: smallLimits, close: false });
    for (let step = 1; ; step++) {
      const copy = copyOf(home);
      const stopped = stopAt(step, (disk) => {
        const { writer } = openJournal({ home: copy, disk, limits: smallLimits });
        for (let seq = 13; seq < 40; seq += 3) writer.commit(alerts(seq, 3));
        writer.close();
      });
      const { lastSeq, records } = readJournal(copy);
      expect(lastSeq).toBeGreaterThanOrEqual(12);
      expect(records).toEqual(alerts(1, lastSeq));
      expect(verifyJournal(copy).exitCode).toBe(0);
      const { writer } = openJournal({ home: copy, limits: smallLimits });
      expect(writer.commit(alerts(lastSeq + 1, 1))).toMatchObject({ kind: 'durable' });
      writer.close();
      expect(verifyJournal(copy)).toMatchObject({ exitCode: 0, lastSeq: lastSeq + 1 });
      if (!stopped) {
        expect(step).toBeGreaterThan(30);
        break;
      }
    }
  });

  it('leaves a file under its name whole or not at all', () => {
    const folder = tempHome();
    const disk: Disk = {
      ...realDisk,
      rename: () => {
        throw new Error('stopped');
      },
    };
    const header = {
      kind: 'main',
      number: 1,
      journalId: Buffer.alloc(16),
      firstSeq: 1,
      prevHash: Buffer.alloc(32),
    } as const;
    const plan = { folder, name: 'x.journal', header, allocateBytes: 64 };
    expect(() => JournalSegment.create(disk, plan)).toThrow('stopped');
    expect(realDisk.exists(join(folder, 'x.journal'))).toBe(false);
    const segment = JournalSegment.create(realDisk, plan);
    expect(segment.room).toBe(64);
    segment.append(Buffer.alloc(10, 1));
    expect([segment.tail, segment.room]).toEqual([138, 54]);
    segment.close();
  });

  it('scans to the same end every time', () => {
    const home = homeWith(alerts(1, 12), { limits: smallLimits, close: false });
    const seen: number[] = [];
    const scan = scanJournal(realDisk, journalPaths(home), (frame) => seen.push(frame.record.seq));
    expect(scan).toMatchObject({ records: 12, fault: undefined, exactEnd: false });
    expect(seen).toEqual(alerts(1, 12).map((record) => record.seq));
  });
});

/** Runs `use` on a disk whose `step`-th changing operation, and all after it, do nothing but throw. */
function stopAt(step: number, use: (disk: Disk) => void): boolean {
  let calls = 0;
  const counted = <A extends unknown[], R>(operation: (...args: A) => R) => {
    return (...args: A): R => {
      if (++calls >= step) throw new Error('the process has ended');
      return operation(...args);
    };
  };
  const { create, writeAt, syncData, truncate, rename, remove, syncFolder } = realDisk;
  const disk: Disk = {
    ...realDisk,
    create: counted(create),
    writeAt: counted(writeAt),
    syncData: counted(syncData),
    truncate: counted(truncate),
    rename: counted(rename),
    remove: counted(remove),
    syncFolder: counted(syncFolder),
  };
  try {
    use(disk);
  } catch {
    return true;
  }
  return calls >= step;
}
