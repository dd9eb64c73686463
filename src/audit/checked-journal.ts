/**
 * What one start has read and checked of the journal, for its other threads: none of them reads it
 * again. Plain data, its bytes in shared memory that nobody writes. True while the account's lock is
 * held and nothing was appended since.
 */
import { assert } from '../engine/domain/assert.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import { decodeFileHeader } from './journal-format.ts';
import type { JournalPaths } from './journal-paths.ts';
import type { JournalNotice, JournalScan, KeptFile } from './scanned-journal.ts';

interface CheckedFile {
  readonly name: string;
  /** Up to the last record that counts; over a SharedArrayBuffer. */
  readonly bytes: Uint8Array;
}

export interface CheckedJournal {
  /** Of the first file's header; undefined where there is no journal yet. */
  readonly journalId: Uint8Array | undefined;
  /** The file that is written on. */
  readonly last: CheckedFile | undefined;
  readonly reserve: CheckedFile | undefined;
  readonly lastSeq: number;
  /** Hex; '' where there is no journal yet. */
  readonly lastHash: string;
  readonly exactEnd: boolean;
  readonly notices: readonly JournalNotice[];
}

/** As it was read, where that is shared memory already; a copy else. */
function shared(file: KeptFile | undefined): CheckedFile | undefined {
  if (file === undefined) return undefined;
  const { name, bytes, end } = file;
  const { buffer, byteOffset } = bytes;
  if (buffer instanceof SharedArrayBuffer) {
    return { name, bytes: new Uint8Array(buffer, byteOffset, end) };
  }
  const copy = new Uint8Array(new SharedArrayBuffer(end));
  copy.set(bytes.subarray(0, end));
  return { name, bytes: copy };
}

/** Hash of the last record, hex; of an empty journal the hash its chain starts at, '' where there is
 * none yet. */
export function hashOf({ files, position }: JournalScan): string {
  return files.length === 0 ? '' : position.hash.toString('hex');
}

/** To be made of a scan without a fault. */
export function checkedJournal(scan: JournalScan): CheckedJournal {
  const { files, last, reserve, position, exactEnd, notices } = scan;
  return {
    journalId: files[0]?.header.journalId,
    last: shared(last),
    reserve: shared(reserve),
    lastSeq: position.seq,
    lastHash: hashOf(scan),
    exactEnd,
    notices,
  };
}

function bufferOver({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function scanned(file: CheckedFile | undefined): KeptFile | undefined {
  if (file === undefined) return undefined;
  const { name, bytes } = file;
  const buffer = bufferOver(bytes);
  const header = decodeFileHeader(buffer);
  assert(!('fault' in header), 'a checked file has a sound header');
  return { name, header, bytes: buffer, end: buffer.length };
}

/** What whoever opens a journal wants of its scan. */
export interface OpeningScan
  extends Pick<
    JournalScan,
    'last' | 'reserve' | 'position' | 'exactEnd' | 'checkpoint' | 'notices'
  > {
  readonly journalId: Buffer | undefined;
}

/** Of a scan just made. */
export function openingScan(scan: JournalScan): OpeningScan {
  return { ...scan, journalId: scan.files[0]?.header.journalId };
}

/** Of one that was made before. The checkpoint is small and read again. */
export function scanOf(disk: Disk, paths: JournalPaths, checked: CheckedJournal): OpeningScan {
  const { journalId, last, reserve, lastSeq, lastHash, exactEnd, notices } = checked;
  return {
    journalId: journalId && Buffer.from(journalId),
    last: scanned(last),
    reserve: scanned(reserve),
    position: { seq: lastSeq, hash: Buffer.from(lastHash, 'hex') },
    exactEnd,
    checkpoint: readCheckpoint(disk, paths.checkpoint),
    notices,
  };
}
