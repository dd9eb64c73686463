/**
 * Follows a journal that is being written, from another thread, up to its checkpoint: only
 * acknowledged records are seen. Starts after a given record. It must begin after the journal was
 * opened for writing, which may rearrange its files.
 */
import { join } from 'node:path';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import type { ChainedFrame, ChainPosition, DecodedFrame } from './journal-format.ts';
import {
  decodeFrame,
  FILE_HEADER_BYTES,
  framePrevHash,
  genesisHash,
  NO_HASH,
  recordIn,
} from './journal-format.ts';
import type { JournalPaths } from './journal-paths.ts';
import { journalFileName } from './journal-paths.ts';
import { scanChain } from './journal-scan.ts';

/** Bytes read at once; a longer rest comes with the next call. */
const MAX_READ_BYTES = 16 << 20;
const RESERVE_FILE_NUMBER = 0;

export class JournalTail {
  readonly #disk: Disk;
  readonly #paths: JournalPaths;
  readonly journalId: Buffer;
  #backlog: DecodedFrame[] = [];
  #position: ChainPosition = { seq: 0, hash: NO_HASH };
  #file = 1;
  #offset = FILE_HEADER_BYTES;

  /** Throws JOURNAL_CORRUPT when the journal is not what was written. */
  constructor(disk: Disk, paths: JournalPaths, afterSeq: number) {
    this.#disk = disk;
    this.#paths = paths;
    const read = readCheckpoint(disk, paths.checkpoint);
    const acknowledged = read.kind === 'found' ? read.checkpoint.seq : 0;
    const scan = scanChain(disk, paths, (frame, name) => {
      if (frame.seq > acknowledged) return undefined;
      this.#moveTo(frame, Number.parseInt(name, 10) || RESERVE_FILE_NUMBER);
      return frame.seq > afterSeq ? this.#keep(frame) : undefined;
    });
    const first = scan.files[0];
    if (scan.fault !== undefined || first === undefined) {
      const what = scan.fault?.what ?? 'there is no journal yet';
      throw new DeltaringError(
        'JOURNAL_CORRUPT',
        `the journal in ${paths.journal} cannot be followed: ${what}. ` +
          'Run `deltaring audit verify`',
      );
    }
    this.journalId = first.header.journalId;
    if (this.#position.seq === 0) this.#position = { seq: 0, hash: genesisHash(this.journalId) };
  }

  /** What the records before those to be followed say is not asked: the chain to them is checked. */
  #keep(frame: ChainedFrame): string | undefined {
    const record = recordIn(frame.bytes);
    if ('fault' in record) return record.fault;
    this.#backlog.push({ ...frame, record });
    return undefined;
  }

  #moveTo(frame: ChainedFrame, file: number): void {
    this.#position = { seq: frame.seq, hash: frame.hash };
    this.#file = file;
    this.#offset = frame.end;
  }

  /** The records acknowledged since the last call, in order. */
  next(): readonly DecodedFrame[] {
    const frames = this.#backlog;
    this.#backlog = [];
    const read = readCheckpoint(this.#disk, this.#paths.checkpoint);
    if (read.kind === 'found') this.#follow(read.checkpoint, frames);
    return frames;
  }

  #follow(checkpoint: Checkpoint, frames: DecodedFrame[]): void {
    while (this.#position.seq < checkpoint.seq) {
      const before = this.#position.seq;
      const until = this.#file === checkpoint.file ? checkpoint.bytes : Number.POSITIVE_INFINITY;
      this.#readFile(until, checkpoint, frames);
      if (this.#position.seq > before) continue;
      if (this.#file === checkpoint.file) return;
      this.#nextFile(checkpoint);
    }
  }

  #nextFile(checkpoint: Checkpoint): void {
    const next = this.#file + 1;
    const exists = this.#disk.exists(join(this.#paths.journal, journalFileName(next)));
    this.#file = checkpoint.file === RESERVE_FILE_NUMBER && !exists ? RESERVE_FILE_NUMBER : next;
    this.#offset = FILE_HEADER_BYTES;
  }

  #path(): string {
    return this.#file === RESERVE_FILE_NUMBER
      ? this.#paths.reserve
      : join(this.#paths.journal, journalFileName(this.#file));
  }

  #readFile(until: number, checkpoint: Checkpoint, frames: DecodedFrame[]): void {
    const end = Math.min(until, this.#offset + MAX_READ_BYTES);
    const bytes = this.#disk.readRange(this.#path(), this.#offset, end);
    const forkHash = checkpoint.file === RESERVE_FILE_NUMBER ? this.#forkHash() : undefined;
    const maySkip = this.#file === RESERVE_FILE_NUMBER;
    let at = 0;
    // Past the fork the main file holds only what was never acknowledged.
    while (maySkip || forkHash === undefined || !this.#position.hash.equals(forkHash)) {
      const next = decodeFrame(bytes, at, this.#position, maySkip);
      if (next.kind !== 'frame') break;
      frames.push(next.frame);
      this.#position = { seq: next.frame.seq, hash: next.frame.hash };
      at = next.frame.end;
    }
    this.#offset += at;
  }

  #forkHash(): Buffer {
    const first = FILE_HEADER_BYTES;
    return framePrevHash(this.#disk.readRange(this.#paths.reserve, first, first * 2));
  }
}
