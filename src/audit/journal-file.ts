/**
 * The journal's writer: group commit with one write and one data sync, files of limited size, and a
 * reserve for urgent records. Thread contract: one writer in one process; the account lock and the
 * journal thread hold that.
 *
 * When a write or sync fails, the main files are never written again: after a failed sync nobody
 * knows which pages reached the disk. From then on only urgent records (exits, kill) are taken,
 * into the reserve; when that fails too, none.
 */

import { assert } from '../engine/domain/assert.ts';
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import type { CheckpointWriter } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import { systemCode } from './disk.ts';
import type { ChainPosition, EncodedRecord } from './journal-format.ts';
import { encodeRecord } from './journal-format.ts';
import type { JournalLimits } from './journal-limits.ts';
import { MAX_COMMIT_BYTES } from './journal-limits.ts';
import type { JournalPaths } from './journal-paths.ts';
import { journalFileName } from './journal-paths.ts';
import { JournalSegment } from './journal-segment.ts';

/** What became of a commit. `durable`: all of it is on stable storage. `failed`: none of it
 * counts. */
export type CommitResult =
  | {
      readonly kind: 'durable';
      readonly seq: number;
      readonly hash: Buffer;
      readonly usedReserve: boolean;
    }
  | {
      readonly kind: 'failed';
      /** The operating system's word: `ENOSPC`, `EIO`, … or `RESERVE_FULL`. */
      readonly code: string;
      /** One sentence that says what to do. */
      readonly reason: string;
    };

export type JournalHealth = 'main' | 'reserve' | 'failed';

export interface JournalWriterParts {
  readonly disk: Disk;
  readonly paths: JournalPaths;
  readonly limits: JournalLimits;
  readonly journalId: Buffer;
  readonly position: ChainPosition;
  readonly segment: JournalSegment;
  readonly reserve: JournalSegment;
  readonly checkpoint: CheckpointWriter;
}

const RESERVE_FILE_NUMBER = 0;

export class JournalWriter {
  readonly #parts: JournalWriterParts;
  #segment: JournalSegment;
  #position: ChainPosition;
  #health: JournalHealth = 'main';
  #failure: CommitResult & { kind: 'failed' } = failed('NONE');

  constructor(parts: JournalWriterParts) {
    this.#parts = parts;
    this.#segment = parts.segment;
    this.#position = parts.position;
  }

  get health(): JournalHealth {
    return this.#health;
  }

  /** The last durable record. */
  get position(): ChainPosition {
    return this.#position;
  }

  /** Makes the records durable in the main files. Their numbers must follow on without a gap. */
  commit(records: readonly AuditRecord[]): CommitResult {
    if (this.#health !== 'main') return this.#failure;
    const encoded = encodeChain(records, this.#position, false);
    try {
      for (const group of groups(encoded)) this.#append(group);
      return this.#durable(false);
    } catch (error) {
      return this.#fail('reserve', error);
    }
  }

  /** Makes urgent records durable after the main files failed. Numbers may be left out. */
  commitToReserve(records: readonly AuditRecord[]): CommitResult {
    if (this.#health !== 'reserve') return this.#failure;
    const encoded = encodeChain(records, this.#position, true);
    const frames = Buffer.concat(encoded.map((record) => record.frame));
    const { reserve } = this.#parts;
    if (frames.length > reserve.room) return this.#fail('failed', new ReserveFull());
    try {
      reserve.append(frames);
      this.#advance(encoded, reserve, RESERVE_FILE_NUMBER);
      return this.#durable(true);
    } catch (error) {
      return this.#fail('failed', error);
    }
  }

  /**
   * Work that need not wait for a commit: grows the file before it is full. To be called after the
   * answer is out. A failure shows at the commit that needs the room.
   */
  prepareAhead(): void {
    if (this.#health !== 'main') return;
    const { growthBytes } = this.#parts.limits;
    if (this.#segment.room > growthBytes / 2) return;
    try {
      this.#segment.grow(growthBytes);
    } catch (error) {
      this.#fail('reserve', error);
    }
  }

  /** Closes the journal in order: cut to its records, checkpoint `closed`. After a failure the
   * files are left as they are. Throws the operating system's error. */
  close(): void {
    const { checkpoint, reserve } = this.#parts;
    if (this.#health === 'main') {
      this.#segment.seal();
      checkpoint.write(this.#checkpointAt(this.#segment, this.#segment.header.number, true));
      checkpoint.sync();
    }
    this.#segment.close();
    reserve.close();
    checkpoint.close();
  }

  #append(group: readonly EncodedRecord[]): void {
    const frames = Buffer.concat(group.map((record) => record.frame));
    this.#makeRoom(frames.length);
    this.#segment.append(frames);
    this.#advance(group, this.#segment, this.#segment.header.number);
  }

  #makeRoom(bytes: number): void {
    const { limits } = this.#parts;
    const isFull = this.#segment.tail + bytes > limits.segmentBytes;
    if (isFull && this.#position.seq >= this.#segment.header.firstSeq) this.#rotate();
    if (this.#segment.room >= bytes) return;
    const chunks = Math.ceil((bytes - this.#segment.room) / limits.growthBytes);
    this.#segment.grow(chunks * limits.growthBytes);
  }

  /** The next file stands, whole and synced, before the full one is cut to its records. */
  #rotate(): void {
    const { disk, paths, limits, journalId } = this.#parts;
    const number = this.#segment.header.number + 1;
    const firstSeq = this.#position.seq + 1;
    const prevHash = this.#position.hash;
    const next = JournalSegment.create(disk, {
      folder: paths.journal,
      name: journalFileName(number),
      header: { kind: 'main', number, journalId, firstSeq, prevHash },
      allocateBytes: limits.growthBytes,
    });
    const full = this.#segment;
    this.#segment = next;
    full.seal();
    full.close();
  }

  #advance(group: readonly EncodedRecord[], segment: JournalSegment, file: number): void {
    const last = group.at(-1);
    if (last === undefined) return;
    this.#position = { seq: last.seq, hash: last.hash };
    try {
      this.#parts.checkpoint.write(this.#checkpointAt(segment, file, false));
    } catch (error) {
      // It may lag behind the reserve, whose records are durable all the same: exits wait for them.
      if (this.#health === 'main') throw error;
    }
  }

  #checkpointAt(segment: JournalSegment, file: number, closed: boolean) {
    const { journalId } = this.#parts;
    return { ...this.#position, journalId, file, bytes: segment.tail, closed };
  }

  #durable(usedReserve: boolean): CommitResult {
    return { kind: 'durable', seq: this.#position.seq, hash: this.#position.hash, usedReserve };
  }

  #fail(health: 'reserve' | 'failed', error: unknown): CommitResult {
    this.#health = health;
    this.#failure = failed(systemCode(error));
    return this.#failure;
  }
}

class ReserveFull extends Error {
  readonly code = 'RESERVE_FULL';
}

function failed(code: string): CommitResult & { kind: 'failed' } {
  const remedy =
    code === 'ENOSPC'
      ? 'the disk is full: free space in the home folder, then restart the engine'
      : 'the journal cannot be written: check the disk, then restart the engine';
  return { kind: 'failed', code, reason: `${remedy} (${code})` };
}

function encodeChain(
  records: readonly AuditRecord[],
  position: ChainPosition,
  maySkip: boolean,
): readonly EncodedRecord[] {
  let prevHash = position.hash;
  let lastSeq = position.seq;
  return records.map((record) => {
    const follows = maySkip ? record.seq > lastSeq : record.seq === lastSeq + 1;
    assert(follows, `record ${record.seq} follows ${lastSeq} in the journal`);
    const encoded = encodeRecord(record, prevHash);
    prevHash = encoded.hash;
    lastSeq = record.seq;
    return encoded;
  });
}

/** Splits records into commits of bounded size. */
function groups(records: readonly EncodedRecord[]): readonly (readonly EncodedRecord[])[] {
  const all: EncodedRecord[][] = [];
  let bytes = MAX_COMMIT_BYTES;
  for (const record of records) {
    if (bytes + record.frame.length > MAX_COMMIT_BYTES) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)?.push(record);
    bytes += record.frame.length;
  }
  return all;
}
