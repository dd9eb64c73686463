/**
 * The records of a journal whose chain is checked elsewhere, read as it is: each payload must be a
 * record of a known kind with the number of its frame. One owner; nothing is kept here.
 */
import { assert } from '../engine/domain/assert.ts';
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import type { ChainedFrame } from './journal-format.ts';
import {
  FRAME_HEADER_BYTES,
  framePayloadBytes,
  frameSeq,
  leanRecordIn,
  recordIn,
} from './journal-format.ts';
import { type SealedBefore, sealedBefore } from './log-witness.ts';
import type { ScanFault } from './scanned-journal.ts';

/** Whole frames that follow one another in a file: `bytes[from, to)`. */
export interface FrameRun {
  readonly file: string;
  /** From the beginning of the file. */
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** What became of all of them. */
export interface RecordsRead {
  /** The first payload that is no record; nothing behind it was read. */
  readonly fault: ScanFault | undefined;
  /** What the newest start that tells of it saw sealed. */
  readonly sealed: SealedBefore | undefined;
}

/** Takes the frames of a journal in order, here or on another thread. */
export interface RecordReader<Read extends RecordsRead = RecordsRead> {
  take(run: FrameRun): void;
  /** Returns once the first `runs` that it took are read, so that their memory may be written again; false
   * where it gets nowhere. */
  hasRead(runs: number): boolean;
  /** To be called once all were taken. */
  finish(): Read | Promise<Read>;
}

/** Frames handed on at once: enough to make the hand-over cheap, few enough for both to be busy. */
const RUN_BYTES = 1 << 20;

/** Gathers frames into runs for a reader. */
export class FrameRuns {
  readonly #reader: RecordReader;
  #run: FrameRun | undefined;
  #handedOn = 0;

  constructor(reader: RecordReader) {
    this.#reader = reader;
  }

  /** Takes the next frame; its bytes lie in those of its whole file. */
  add({ bytes, end }: ChainedFrame, file: string): void {
    const from = end - bytes.length;
    if (this.#run?.file !== file) this.flush();
    const { buffer, byteOffset } = bytes;
    this.#run ??= { file, bytes: new Uint8Array(buffer, byteOffset - from), from, to: from };
    this.#run = { ...this.#run, to: end };
    if (end - this.#run.from >= RUN_BYTES) this.flush();
  }

  /** Hands on what is gathered. Returns how many were handed on so far. */
  flush(): number {
    if (this.#run !== undefined) {
      this.#handedOn += 1;
      this.#reader.take(this.#run);
    }
    this.#run = undefined;
    return this.#handedOn;
  }
}

/** Memory of a file whose frames were all handed on, with how many runs there were by then. */
interface FilledRoom {
  readonly memory: Buffer;
  readonly runs: number;
}

/** Sizes of memory are multiples of this, so that files of about one size take turns in it. */
const ROOM_BYTES = 1 << 22;

/**
 * Shared memory for files that are read one behind the other: two take turns in the same, each once all that
 * was handed on of the one before it there is read. New memory costs several times what reading and hashing
 * cost, and a journal of any length takes as little.
 */
export class MemoryInTurn {
  readonly #runs: Pick<FrameRuns, 'flush'>;
  readonly #reader: Pick<RecordReader, 'hasRead'>;
  /** This file's, and that of the one before. */
  #now: Buffer | undefined;
  #before: FilledRoom | undefined;

  constructor(runs: Pick<FrameRuns, 'flush'>, reader: Pick<RecordReader, 'hasRead'>) {
    this.#runs = runs;
    this.#reader = reader;
  }

  /** For the next file; of the one before the frames are all added. */
  room(bytes: number): Buffer {
    const runs = this.#runs.flush();
    const before = this.#before;
    this.#before = this.#now && { memory: this.#now, runs };
    this.#now = this.#isFree(before, bytes) ? before.memory : newRoom(bytes);
    return this.#now;
  }

  #isFree(room: FilledRoom | undefined, bytes: number): room is FilledRoom {
    return room !== undefined && room.memory.length >= bytes && this.#reader.hasRead(room.runs);
  }
}

function newRoom(bytes: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(Math.ceil(bytes / ROOM_BYTES) * ROOM_BYTES));
}

/** Hears of each record, in order, without the checks that it was judged by. The frame has them; its memory
 * may be written again later. */
export type RecordVisitor = (record: AuditRecord, frame: Buffer) => void;

/** Copies of the newest frames that are given, to read the whole records of them at the end. */
export class NewestFrames {
  readonly #copies: { memory: Buffer; bytes: number }[] = [];
  readonly #most: number;
  #next = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Keeps this one, and one of the oldest no more, in the memory of that where it has room. */
  keep(frame: Buffer): void {
    const copy = this.#copies[this.#next] ?? { memory: Buffer.alloc(0), bytes: 0 };
    if (copy.memory.length < frame.length) copy.memory = Buffer.alloc(2 * frame.length);
    copy.memory.set(frame);
    copy.bytes = frame.length;
    this.#copies[this.#next] = copy;
    this.#next = (this.#next + 1) % this.#most;
  }

  /** Oldest first. */
  records(): readonly AuditRecord[] {
    const inTurn = [...this.#copies.slice(this.#next), ...this.#copies.slice(0, this.#next)];
    return inTurn.map(({ memory, bytes }) => {
      const record = recordIn(memory.subarray(0, bytes));
      assert(!('fault' in record), 'what was read once is read again');
      return record;
    });
  }
}

/** Gives every record to `see`, and keeps none. */
export class RecordReading implements RecordReader {
  readonly #see: RecordVisitor;
  #fault: ScanFault | undefined;
  #sealed: SealedBefore | undefined;

  constructor(see: RecordVisitor) {
    this.#see = see;
  }

  take({ file, bytes, from, to }: FrameRun): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = from; at < to && this.#fault === undefined; ) {
      const end = at + FRAME_HEADER_BYTES + framePayloadBytes(buffer, at);
      const frame = buffer.subarray(at, end);
      const record = leanRecordIn(frame);
      if ('fault' in record) {
        this.#fault = { file, offset: at, seq: frameSeq(frame), what: record.fault };
        return;
      }
      this.#sealed = sealedBefore(record) ?? this.#sealed;
      this.#see(record, frame);
      at = end;
    }
  }

  /** `take` returns when it has. */
  hasRead(): boolean {
    return true;
  }

  finish(): RecordsRead {
    return { fault: this.#fault, sealed: this.#sealed };
  }
}
