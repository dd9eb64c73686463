/** What the journal does to the disk, step by step: the order of writes, syncs and renames is what an
 * acknowledged record rests on. */
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../src/audit/checkpoint.ts';
import type { Disk } from '../../src/audit/disk.ts';
import { encodeFileHeader, FILE_HEADER_BYTES, NO_HASH } from '../../src/audit/journal-format.ts';
import { openJournal, readJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { JournalSegment } from '../../src/audit/journal-segment.ts';
import { smallLimits } from './support/home-files.ts';
import { alertBody, alerts, recordOf } from './support/sample-records.ts';
import { VolatileDisk } from './support/volatile-disk.ts';

const HOME = '/home/steps';
const CHECKPOINT = journalPaths(HOME).checkpoint;

/** A disk in memory that tells each step. `failing` names the step that fails, once it is set. */
class ToldDisk implements Disk {
  readonly #disk = new VolatileDisk();
  readonly #names = new Map<number, string>();
  #steps: string[] = [];
  failing = '';
  readonly exists = this.#disk.exists;
  readonly list = this.#disk.list;
  readonly read = this.#disk.read;
  readonly readInto = this.#disk.readInto;
  readonly readRange = this.#disk.readRange;
  readonly makeReadOnly = this.#disk.makeReadOnly;
  readonly makeFolder = (path: string): void => this.#tell(`folder ${basename(path)}`);
  readonly create = (path: string): number => {
    this.#tell(`create ${basename(path)}`);
    return this.#named(this.#disk.create(path), path);
  };
  readonly openForWrite = (path: string): number => {
    this.#tell(`open ${basename(path)}`);
    return this.#named(this.#disk.openForWrite(path), path);
  };
  readonly writeAt = (fd: number, bytes: Uint8Array, position: number): void => {
    this.#tell(`write ${this.#nameOf(fd)} ${position} +${bytes.length}`);
    this.#disk.writeAt(fd, bytes, position);
  };
  readonly syncData = (fd: number): void => {
    this.#tell(`sync ${this.#nameOf(fd)}`);
    this.#disk.syncData(fd);
  };
  readonly truncate = (fd: number, bytes: number): void => {
    this.#tell(`cut ${this.#nameOf(fd)} to ${bytes}`);
    this.#disk.truncate(fd, bytes);
  };
  readonly close = (fd: number): void => {
    this.#tell(`close ${this.#nameOf(fd)}`);
    this.#disk.close(fd);
  };
  readonly rename = (from: string, to: string): void => {
    this.#tell(`rename ${basename(from)} to ${basename(to)}`);
    this.#disk.rename(from, to);
  };
  readonly remove = (path: string): void => {
    this.#tell(`remove ${basename(path)}`);
    this.#disk.remove(path);
  };
  readonly syncFolder = (path: string): void => {
    this.#tell(`sync folder ${basename(path)}`);
    this.#disk.syncFolder(path);
  };

  /** The steps since the last call. */
  steps(): readonly string[] {
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }

  #tell(step: string): void {
    this.#steps.push(step);
    if (this.failing === '' || !step.startsWith(this.failing)) return;
    throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
  }

  #named(fd: number, path: string): number {
    this.#names.set(fd, basename(path));
    return fd;
  }

  #nameOf(fd: number): string {
    return this.#names.get(fd) ?? '';
  }
}

function opened(disk: ToldDisk) {
  return openJournal({ home: HOME, disk, limits: smallLimits }).writer;
}

const long = (seq: number, bytes: number) => recordOf(seq, alertBody('z'.repeat(bytes)));

describe('the steps of a journal', () => {
  it('that is made, filled, closed and opened again', () => {
    const disk = new ToldDisk();
    const writer = opened(disk);
    expect(disk.steps()).toMatchSnapshot('made');
    writer.commit(alerts(1, 2));
    writer.prepareAhead();
    expect(disk.steps()).toMatchSnapshot('two records');
    writer.commit(alerts(3, 2));
    expect(disk.steps()).toMatchSnapshot('two more');
    writer.prepareAhead();
    expect(disk.steps()).toMatchSnapshot('room ahead');
    writer.commit([long(5, 5_000)]);
    expect(disk.steps()).toMatchSnapshot('a record larger than a file: the next file');
    writer.commit([long(6, 10)]);
    expect(disk.steps()).toMatchSnapshot('the file after it');
    writer.close();
    expect(disk.steps()).toMatchSnapshot('closed');
    const again = opened(disk);
    expect(disk.steps()).toMatchSnapshot('opened again');
    again.commit([long(7, 10)]);
    expect(disk.steps()).toMatchSnapshot('gone on');
    expect(readJournal(HOME, disk).lastSeq).toBe(7);
  });

  it('that was not closed begin with a copy of its last file', () => {
    const disk = new ToldDisk();
    opened(disk).commit(alerts(1, 2));
    disk.steps();
    opened(disk);
    expect(disk.steps()).toMatchSnapshot();
  });

  it('that failed leave its file alone, and take the reserve in at the next start', () => {
    const disk = new ToldDisk();
    const writer = opened(disk);
    writer.commit(alerts(1, 2));
    disk.steps();
    disk.failing = 'sync 000001';
    expect(writer.commit(alerts(3, 1)).kind).toBe('failed');
    disk.failing = '';
    writer.prepareAhead();
    expect(writer.commit(alerts(3, 1)).kind).toBe('failed');
    writer.commitToReserve(alerts(4, 1));
    writer.close();
    expect(disk.steps()).toMatchSnapshot('in the reserve');
    opened(disk).commit(alerts(5, 1));
    expect(disk.steps()).toMatchSnapshot('taken in');
    expect(readJournal(HOME, disk).records.map(({ seq }) => seq)).toEqual([1, 2, 4, 5]);
    opened(disk);
    expect(disk.steps()).toMatchSnapshot('started once more');
  });

  it('that ended while it took the reserve in go on behind it', () => {
    const disk = new ToldDisk();
    const writer = opened(disk);
    writer.commit(alerts(1, 2));
    disk.failing = 'sync 000001';
    writer.commit(alerts(3, 1));
    disk.failing = '';
    writer.commitToReserve(alerts(4, 1));
    disk.failing = 'create 000003';
    expect(() => opened(disk)).toThrow(expect.objectContaining({ code: 'JOURNAL_FAILED' }));
    disk.failing = '';
    disk.steps();
    opened(disk).commit(alerts(5, 1));
    expect(disk.steps()).toMatchSnapshot();
    expect(readJournal(HOME, disk).records.map(({ seq }) => seq)).toEqual([1, 2, 4, 5]);
  });

  it('whose checkpoint is gone begin with a copy of its last file', () => {
    const disk = new ToldDisk();
    const writer = opened(disk);
    writer.commit(alerts(1, 2));
    writer.close();
    disk.remove(CHECKPOINT);
    disk.steps();
    opened(disk).commit(alerts(3, 1));
    expect(disk.steps()[3]).toBe('create 000001.journal.new');
    expect(readJournal(HOME, disk).lastSeq).toBe(3);
  });

  it('say in the checkpoint that it is open, from its start to its close', () => {
    const disk = new ToldDisk();
    const isClosed = () => {
      const read = readCheckpoint(disk, CHECKPOINT);
      return read.kind === 'found' && read.checkpoint.closed;
    };
    const writer = opened(disk);
    expect(isClosed()).toBe(false);
    writer.commit(alerts(1, 1));
    expect(isClosed()).toBe(false);
    writer.close();
    expect(isClosed()).toBe(true);
    opened(disk);
    expect(isClosed()).toBe(false);
  });

  it('that cannot grow ahead of a commit fail the commit that comes', () => {
    const disk = new ToldDisk();
    const writer = opened(disk);
    writer.commit(alerts(1, 5));
    disk.failing = 'write 000001';
    writer.prepareAhead();
    disk.failing = '';
    expect(writer.commit(alerts(6, 1))).toMatchObject({ kind: 'failed', code: 'EIO' });
    expect(writer.health).toBe('reserve');
  });
});

describe('one file of a journal', () => {
  const header = {
    kind: 'main',
    number: 1,
    journalId: Buffer.alloc(16, 7),
    firstSeq: 1,
    prevHash: NO_HASH,
  } as const;
  const plan = { folder: HOME, name: '000001.journal', header, allocateBytes: 1_000 };

  it('knows its end and its room, and takes what is appended', () => {
    const disk = new ToldDisk();
    const segment = JournalSegment.create(disk, { ...plan, content: Buffer.alloc(100, 5) });
    expect([segment.tail, segment.room]).toEqual([FILE_HEADER_BYTES + 100, 1_000]);
    segment.append(Buffer.alloc(400, 6));
    expect([segment.tail, segment.room]).toEqual([FILE_HEADER_BYTES + 500, 600]);
    segment.grow(50);
    expect(segment.room).toBe(650);
    segment.seal();
    expect(segment.room).toBe(0);
    const parts = [encodeFileHeader(header), Buffer.alloc(100, 5), Buffer.alloc(400, 6)];
    expect(disk.read(`${HOME}/000001.journal`)).toEqual(Buffer.concat(parts));
  });

  it.each(['write', 'sync', 'rename', 'sync folder'])(
    'that fails at its %s appears under no name and is let go',
    (step) => {
      const disk = new ToldDisk();
      disk.failing = step;
      expect(() => JournalSegment.create(disk, plan)).toThrow('EIO');
      expect(disk.steps().at(-1)).toBe('close 000001.journal.new');
    },
  );
});
