import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureAuditKey } from '../../src/audit/audit-key.ts';
import { CheckpointWriter } from '../../src/audit/checkpoint.ts';
import { crc32c } from '../../src/audit/crc32c.ts';
import type { Disk } from '../../src/audit/disk.ts';
import { realDisk } from '../../src/audit/disk.ts';
import {
  decodeFileHeader,
  type EncodedRecord,
  encodeFileHeader,
  encodeRecord,
  FILE_HEADER_BYTES,
  type FileHeader,
  genesisHash,
  NO_HASH,
  sha256,
} from '../../src/audit/journal-format.ts';
import { openJournal, readForStart, readJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { scanChain, scanJournal } from '../../src/audit/journal-scan.ts';
import { JournalTail } from '../../src/audit/journal-tail.ts';
import { machineTimes } from '../../src/audit/machine-times-shell.ts';
import type { FrameRun, RecordReader, RecordsRead } from '../../src/audit/record-reading.ts';
import { MemoryInTurn, NewestFrames, RecordReading } from '../../src/audit/record-reading.ts';
import { JournalSealer } from '../../src/audit/sealer.ts';
import type { AuditBody, AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { filesBelow, homeWith, memoryDisk, smallLimits } from './support/home-files.ts';
import {
  alertBody,
  alerts,
  leanOf,
  orderStory,
  recordOf,
  recordsOf,
} from './support/sample-records.ts';
import { tempHome } from './support/temp-home.ts';

const HOME = '/home/reading';
const JOURNAL_ID = Buffer.alloc(16, 7);
const FIRST = { kind: 'main', number: 1, journalId: JOURNAL_ID, firstSeq: 1, prevHash: NO_HASH };

/** A frame that is sound but for what its payload says. */
function framed(payload: string, seq: number, prevHash: Buffer): EncodedRecord {
  const sound = encodeRecord(recordOf(seq, alertBody('x')), prevHash).frame;
  const frame = Buffer.concat([sound.subarray(0, 48), Buffer.from(payload)]);
  frame.writeUInt32LE(Buffer.byteLength(payload), 0);
  frame.writeUInt32LE(crc32c(frame, 8, frame.length, crc32c(frame, 0, 4)), 4);
  return { seq, frame, hash: sha256(frame) };
}

/** A journal of two alerts, what stands in the third place, and a fourth record; no checkpoint. */
function diskWith(third: string): Disk {
  const frames: EncodedRecord[] = [];
  const head = (): Buffer => frames.at(-1)?.hash ?? genesisHash(JOURNAL_ID);
  for (const record of alerts(1, 2)) frames.push(encodeRecord(record, head()));
  frames.push(framed(third, 3, head()));
  frames.push(encodeRecord(recordOf(4, alertBody('after')), head()));
  const header = encodeFileHeader({ ...FIRST, kind: 'main' });
  const bytes = Buffer.concat([header, ...frames.map(({ frame }) => frame), Buffer.alloc(600)]);
  return memoryDisk(new Map([[`${journalPaths(HOME).journal}/000001.journal`, bytes]]));
}

/** The files of a home, with one more frame behind its last record. */
function withFrame(home: string, { frame }: EncodedRecord): ReadonlyMap<string, Buffer> {
  const files = filesBelow(home);
  for (const [path, bytes] of files) {
    if (!path.endsWith('000001.journal')) continue;
    frame.copy(bytes, bytes.findLastIndex((byte) => byte !== 0) + 1);
  }
  return files;
}

/** Reads here what another thread would, and remembers how it was handed over. */
class WatchedReading implements RecordReader {
  readonly seen: AuditRecord[] = [];
  readonly runs: FrameRun[] = [];
  /** After how many runs it was asked whether it had read them. */
  readonly asked: number[] = [];
  readonly #reading = new RecordReading((record) => this.seen.push(record));

  take(run: FrameRun): void {
    this.runs.push(run);
    this.#reading.take(run);
  }

  hasRead(runs: number): boolean {
    this.asked.push(runs);
    return this.#reading.hasRead();
  }

  finish(): Promise<RecordsRead> {
    return Promise.resolve(this.#reading.finish());
  }
}

/** Reads nothing until the end. */
class LateReading extends WatchedReading {
  override take(run: FrameRun): void {
    this.runs.push(run);
  }

  override hasRead(): false {
    return false;
  }

  override finish(): Promise<RecordsRead> {
    for (const run of this.runs.splice(0)) super.take(run);
    return super.finish();
  }
}

function headerOf(file: Buffer): FileHeader {
  const header = decodeFileHeader(file);
  if ('fault' in header) throw new Error(header.fault);
  return header;
}

async function wordsOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing is wrong';
}

const STARTED: AuditBody = {
  kind: 'engineStarted',
  build: 'b',
  configFingerprint: 'f',
  broker: 'paper',
  environment: 'paper',
  accountId: 'a',
  recoveredRecords: 0,
};
const UNKNOWN = JSON.stringify({ ...recordOf(3, alertBody('x')), body: { kind: 'ofTomorrow' } });
const OTHER_NUMBER = JSON.stringify(recordOf(9, alertBody('x')));

describe('the frames of a journal', () => {
  it('are handed over in whole runs, file by file, with nothing between them', async () => {
    const home = homeWith(alerts(1, 40), { limits: smallLimits });
    const reader = new WatchedReading();
    await readForStart(home, reader);
    expect(reader.seen).toEqual(alerts(1, 40));
    const { files } = scanChain(realDisk, journalPaths(home), () => undefined);
    expect(files.length).toBeGreaterThan(1);
    expect(reader.runs.map(({ file, from, to }) => ({ file, from, to }))).toEqual(
      files
        .filter(({ end }) => end > FILE_HEADER_BYTES)
        .map(({ name, end }) => ({ file: name, from: FILE_HEADER_BYTES, to: end })),
    );
  });

  it('are handed over long before the end where there are many', async () => {
    const long = 'x'.repeat(100_000);
    const records = Array.from({ length: 30 }, (_, i) => recordOf(i + 1, alertBody(long)));
    const reader = new WatchedReading();
    await readForStart(homeWith(records), reader);
    expect(reader.seen).toEqual(records);
    expect(reader.runs.length).toBe(3);
    const bounds = reader.runs.flatMap(({ from, to }) => [from, to]);
    expect(bounds.slice(1, -1)).toEqual([bounds[2], bounds[2], bounds[4], bounds[4]]);
  });
});

/** Each file's memory, by what its frames lay in. */
function memoriesOf(runs: readonly FrameRun[]): readonly ArrayBufferLike[] {
  const byFile = new Map(runs.map(({ file, bytes }) => [file, bytes.buffer]));
  return [...byFile.values()];
}

describe('the memory of the files', () => {
  const limits = { ...smallLimits, segmentBytes: 2_000 };

  it('is that of two in turn, and one for the last, of which more is wanted', async () => {
    const home = homeWith(alerts(1, 60), { limits });
    const reader = new WatchedReading();
    const { checked } = await readForStart(home, reader);
    expect(reader.seen).toEqual(alerts(1, 60));
    const memories = memoriesOf(reader.runs);
    expect(memories.length).toBeGreaterThan(5);
    const passing = memories.slice(0, -1);
    expect(passing).toEqual(passing.map((_, i) => memories[i % 2]));
    expect(new Set(memories).size).toBe(3);
    expect(reader.asked).toEqual(passing.slice(2).map((_, i) => i + 1));
    expect(checked.last?.bytes.buffer).toBe(memories.at(-1));
  });

  it('is new where a file is larger, and the same where it is as large', () => {
    const mebibyte = 1 << 20;
    const memory = new MemoryInTurn({ flush: () => 0 }, { hasRead: () => true });
    const sizes = [4, 4, 4, 3, 5, 5, 8].map((count) => count * mebibyte);
    const rooms = sizes.map((bytes) => memory.room(bytes));
    expect(rooms.map(({ length }) => length / mebibyte)).toEqual([4, 4, 4, 4, 8, 8, 8]);
    const places = rooms.map(({ buffer }) => rooms.findIndex((other) => other.buffer === buffer));
    expect(places).toEqual([0, 1, 0, 1, 4, 5, 4]);
  });

  it('is new where the reader gets nowhere: nothing is written over that was not read', async () => {
    const home = homeWith(alerts(1, 60), { limits });
    const late = new LateReading();
    await readForStart(home, late);
    expect(late.seen).toEqual(alerts(1, 60));
    const memories = memoriesOf(late.runs);
    expect(new Set(memories).size).toBe(memories.length);
  });

  it('that was written over does not hide a file of another journal', async () => {
    const records = alerts(1, 60);
    const [home, other] = [homeWith(records, { limits }), homeWith(records, { limits })];
    const name = '000004.journal';
    const path = (of: string): string => join(journalPaths(of).journal, name);
    const header = readFileSync(path(other)).subarray(0, FILE_HEADER_BYTES);
    const own = readFileSync(path(home));
    const { prevHash, ...rest } = headerOf(own);
    const foreign = encodeFileHeader({ ...rest, prevHash, journalId: headerOf(header).journalId });
    chmodSync(path(home), 0o600);
    writeFileSync(path(home), Buffer.concat([foreign, own.subarray(FILE_HEADER_BYTES)]));
    const words = await wordsOf(() => readForStart(home, new WatchedReading()));
    expect(words).toContain(`${name}, offset 0`);
    expect(words).toContain('the file belongs to another journal');
  });
});

describe('a start', () => {
  it('holds the records against the sealed log beside them', async () => {
    const home = homeWith(alerts(1, 5));
    const parts = { home, key: ensureAuditKey(home), build: 'b', now: machineTimes };
    new JournalSealer(parts).stop();
    const { checked } = await readForStart(home, new WatchedReading());
    expect(checked.lastSeq).toBe(5);
  });

  it('misses a log that an earlier start saw, in the words of every reader', async () => {
    const body = { ...STARTED, logSize: 7 };
    const home = homeWith([recordOf(1, body), recordOf(2, alertBody('x'))]);
    const words = await wordsOf(() => readForStart(home, new WatchedReading()));
    expect(words).toContain('record 1 saw 7 entries sealed; the log is gone');
    expect(await wordsOf(() => readJournal(home))).toBe(words);
  });
});

describe('a reading', () => {
  it('knows what the newest start saw sealed, whatever follows it', () => {
    const reading = new RecordReading(() => undefined);
    const bodies = [{ ...STARTED, logSize: 3 }, { ...STARTED, logSize: 5 }, STARTED];
    for (const [index, body] of [...bodies, alertBody('x')].entries()) {
      const { frame: bytes } = encodeRecord(recordOf(index + 1, body), NO_HASH);
      reading.take({ file: 'f', bytes, from: 0, to: bytes.length });
    }
    expect(reading.finish().sealed).toEqual({ seq: 2, size: 5 });
  });

  it('tells of records without their checks, and of the newest that are kept with them', () => {
    const records = recordsOf(1, [...orderStory('o-1'), ...orderStory('o-2')]);
    const seen: AuditRecord[] = [];
    const newest = new NewestFrames(5);
    const reader = new RecordReading((record, frame) => {
      seen.push(record);
      newest.keep(frame);
    });
    const kept: (readonly AuditRecord[])[] = [];
    const memory = Buffer.alloc(1 << 16);
    for (const record of records) {
      const { frame } = encodeRecord(record, NO_HASH);
      frame.copy(memory);
      reader.take({ file: 'f', bytes: memory, from: 0, to: frame.length });
      kept.push(newest.records());
    }
    expect(records.length).toBeGreaterThan(5);
    expect(kept).toEqual(records.map((_, i) => records.slice(Math.max(0, i - 4), i + 1)));
    expect(seen).toEqual(records.map(leanOf));
  });
});

describe('a payload', () => {
  it.each([
    ['of a kind that is not known', UNKNOWN, 'the payload is not a known audit record'],
    ['that is no JSON', '{', 'the payload is not a known audit record'],
    ['with another number', OTHER_NUMBER, 'the payload carries another number than its frame'],
  ])(
    '%s stops a start where it stands, in the words of every reader',
    async (_what, payload, is) => {
      const disk = diskWith(payload);
      const reader = new WatchedReading();
      const words = await wordsOf(() => readForStart(HOME, reader, disk));
      const [{ frame }] = [encodeRecord(recordOf(1, alertBody('alert 1')), NO_HASH)];
      const offset = FILE_HEADER_BYTES + 2 * frame.length;
      expect(words).toContain(
        `/journal/000001.journal, offset ${offset}, record 3: ${is}. Nothing`,
      );
      expect(await wordsOf(() => readJournal(HOME, disk))).toBe(words);
      expect(reader.seen).toEqual(alerts(1, 2));
    },
  );

  it('that is no record does not count', () => {
    const { records, position } = scanJournal(
      diskWith(UNKNOWN),
      journalPaths(HOME),
      () => undefined,
    );
    expect([records, position.seq]).toEqual([2, 2]);
  });

  it('that is no record ends the reading: no later run is looked at', () => {
    const { frame } = framed(UNKNOWN, 3, NO_HASH);
    const sound = encodeRecord(recordOf(4, alertBody('x')), NO_HASH).frame;
    const seen: AuditRecord[] = [];
    const reading = new RecordReading((record) => seen.push(record));
    for (const bytes of [frame, sound, framed('{', 5, NO_HASH).frame]) {
      reading.take({ file: 'f', bytes, from: 0, to: bytes.length });
    }
    const what = 'the payload is not a known audit record';
    expect(reading.finish().fault).toEqual({ file: 'f', offset: 0, seq: 3, what });
    expect(seen).toEqual([]);
  });

  it('that is no record is not followed', () => {
    const home = tempHome();
    const paths = journalPaths(home);
    const name = '000001.journal';
    const bytes = diskWith(UNKNOWN).read(`${journalPaths(HOME).journal}/${name}`);
    mkdirSync(paths.journal);
    mkdirSync(paths.audit);
    writeFileSync(join(paths.journal, name), bytes);
    const { position, files } = scanChain(realDisk, paths, () => undefined);
    const end = { file: 1, bytes: files[0]?.end ?? 0, closed: false };
    const last = { ...position, ...end, journalId: JOURNAL_ID };
    new CheckpointWriter(realDisk, paths.audit, paths.checkpoint, last).close();
    expect(() => new JournalTail(realDisk, paths, 1)).toThrow('is not a known audit record');
    expect(new JournalTail(realDisk, paths, 3).next()).toMatchObject([{ seq: 4 }]);
  });

  it('that is no record is not taken for a torn write where it stands last', async () => {
    const home = homeWith(alerts(1, 3), { close: false });
    const { lastHash } = readJournal(home);
    const late = framed(UNKNOWN.replace('"seq":3', '"seq":4'), 4, Buffer.from(lastHash, 'hex'));
    const disk = memoryDisk(withFrame(home, late));
    const words = await wordsOf(() => readForStart(home, new WatchedReading(), disk));
    expect(words).toMatch(
      /record 4: the payload is not a known audit record\. Nothing was changed/,
    );
    expect(await wordsOf(() => openJournal({ home, disk }))).toBe(words);
  });
});
