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
import type { ScanFault } from './journal-scan.ts';
import { type SealedBefore, sealedBefore } from './log-witness.ts';

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
  /** To be called once all were taken. */
  finish(): Read | Promise<Read>;
}

/** Frames handed on at once: enough to make the hand-over cheap, few enough for both to be busy. */
const RUN_BYTES = 1 << 20;

/** Gathers frames into runs for a reader. */
export class FrameRuns {
  readonly #reader: RecordReader;
  #run: FrameRun | undefined;

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

  /** Hands on what is gathered. */
  flush(): void {
    if (this.#run !== undefined) this.#reader.take(this.#run);
    this.#run = undefined;
  }
}

/** Hears of each record, in order, without the checks that it was judged by. `again` reads all of it:
 * whoever may want some of the records at the end need not keep all of them alive until then. */
export type RecordVisitor = (record: AuditRecord, again: () => AuditRecord) => void;

function recordAgain(frame: Buffer): AuditRecord {
  const record = recordIn(frame);
  assert(!('fault' in record), 'what was read once is read again');
  return record;
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
      this.#see(record, () => recordAgain(frame));
      at = end;
    }
  }

  finish(): RecordsRead {
    return { fault: this.#fault, sealed: this.#sealed };
  }
}
