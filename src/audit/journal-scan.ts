/**
 * Reads a journal from its first byte to its last and follows the chain: the one reader behind
 * recovery and the verifier. Nothing is changed. The scan stops at the first fault.
 */
import { join } from 'node:path';
import type { CheckpointRead } from './checkpoint.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import type { ChainedFrame, ChainPosition, DecodedFrame, FileHeader } from './journal-format.ts';
import {
  allZeros,
  chainedFrame,
  decodeFileHeader,
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  framePrevHash,
  frameSeq,
  NO_HASH,
  recordIn,
  sha256,
} from './journal-format.ts';
import type { JournalPaths } from './journal-paths.ts';
import { isJournalFileName, journalFileName } from './journal-paths.ts';
import type {
  JournalNotice,
  JournalScan,
  KeptFile,
  ScanFault,
  ScannedFile,
} from './scanned-journal.ts';
import { isTornWrite } from './torn-tail.ts';

export type FrameVisitor = (frame: DecodedFrame, file: string) => void;
/** Says what is wrong with the frame's payload, if it looks at it. */
export type ChainVisitor = (frame: ChainedFrame, file: string) => string | undefined;

/** Reads and checks the journal; `visit` sees each record that counts, in order. Throws the
 * operating system's error when a file cannot be read. */
export function scanJournal(disk: Disk, paths: JournalPaths, visit: FrameVisitor): JournalScan {
  return scanChain(disk, paths, (frame, file) => {
    const record = recordIn(frame.bytes);
    if ('fault' in record) return record.fault;
    visit({ ...frame, record }, file);
    return undefined;
  });
}

/** The same but for the payloads: whether they are records is for `visit` to say, now or later. What
 * `readPassing` reads of a numbered file is looked at until the next one is asked for, that of the last for
 * good. */
export function scanChain(
  disk: Disk,
  paths: JournalPaths,
  visit: ChainVisitor,
  readPassing = disk.read,
): JournalScan {
  return new JournalScanner({ disk, paths, visit, readPassing }).run();
}

/** Raised inside the scan only, to leave it at the first fault. */
class ScanStopped extends Error {
  readonly fault: ScanFault;
  constructor(fault: ScanFault) {
    super(fault.what);
    this.fault = fault;
  }
}

interface PendingReserve {
  readonly header: FileHeader;
  readonly bytes: Buffer;
  /** Hash of the last record that was durable before the main file failed. */
  readonly forkHash: Buffer;
  readonly firstHash: Buffer;
}

interface ScanParts {
  readonly disk: Disk;
  readonly paths: JournalPaths;
  readonly visit: ChainVisitor;
  readonly readPassing: Disk['read'];
}

class JournalScanner {
  readonly #readPassing: Disk['read'];
  readonly #disk: Disk;
  readonly #paths: JournalPaths;
  readonly #visit: ChainVisitor;
  readonly #checkpoint: CheckpointRead;
  readonly #files: ScannedFile[] = [];
  #last: KeptFile | undefined;
  readonly #notices: JournalNotice[] = [];
  #position: ChainPosition = { seq: 0, hash: NO_HASH };
  #records = 0;
  #exactEnd = true;
  /** True where the last file holds no record yet, and nothing else. */
  #isLastFresh = false;
  #reserve: PendingReserve | undefined;
  #scannedReserve: KeptFile | undefined;
  #forkReached = false;
  #unacknowledged = 0;
  /** Where the frames of the file just read stop, those that do not count included. */
  #restOffset = 0;
  #restPosition: ChainPosition = { seq: 0, hash: NO_HASH };

  constructor({ disk, paths, visit, readPassing }: ScanParts) {
    this.#readPassing = readPassing;
    this.#disk = disk;
    this.#paths = paths;
    this.#visit = visit;
    this.#checkpoint = readCheckpoint(disk, paths.checkpoint);
  }

  run(): JournalScan {
    let fault: ScanFault | undefined;
    try {
      this.#scan();
    } catch (error) {
      if (!(error instanceof ScanStopped)) throw error;
      fault = error.fault;
    }
    return {
      files: this.#files,
      last: this.#last,
      reserve: this.#scannedReserve,
      position: this.#position,
      records: this.#records,
      exactEnd: this.#exactEnd,
      checkpoint: this.#checkpoint,
      notices: this.#notices,
      fault,
    };
  }

  #scan(): void {
    if (this.#checkpoint.kind === 'damaged') {
      this.#stop('checkpoint', 0, `the checkpoint is damaged: ${this.#checkpoint.detail}`);
    }
    this.#readReserve();
    const names = this.#disk.list(this.#paths.journal).filter(isJournalFileName);
    names.forEach((name, index) => {
      this.#scanFile(name, index + 1, index + 1 === names.length);
    });
    if (this.#reserve !== undefined) this.#scanReserve(this.#reserve);
    this.#compareWithCheckpoint(names);
    this.#noteUnacknowledged();
  }

  #stop(file: string, offset: number, what: string): never {
    throw new ScanStopped({ file, offset, seq: this.#position.seq + 1, what });
  }

  #header(name: string, bytes: Buffer): FileHeader {
    const header = decodeFileHeader(bytes);
    return 'fault' in header ? this.#stop(name, 0, header.fault) : header;
  }

  #readReserve(): void {
    if (!this.#disk.exists(this.#paths.reserve)) return;
    const bytes = this.#disk.read(this.#paths.reserve);
    const header = this.#header('reserve.journal', bytes);
    const frame = bytes.subarray(FILE_HEADER_BYTES);
    if (allZeros(frame, 0)) return;
    const forkHash = framePrevHash(frame);
    const first = chainedFrame(bytes, FILE_HEADER_BYTES, { seq: 0, hash: forkHash }, true);
    if (first.kind === 'frame') {
      this.#reserve = { header, bytes, forkHash, firstHash: first.frame.hash };
      return;
    }
    // A first write into the reserve that never finished was never acknowledged.
    if (this.#checkpoint.kind === 'found' && this.#checkpoint.checkpoint.file === 0) {
      this.#stop('reserve.journal', FILE_HEADER_BYTES, this.#faultText(first));
    }
    this.#note('tornTail', 'an unfinished, never acknowledged write in the reserve is left out');
  }

  #faultText(read: { kind: 'end' } | { kind: 'bad'; fault: string }): string {
    return read.kind === 'bad' ? read.fault : 'a record is missing';
  }

  #scanFile(name: string, number: number, isLast: boolean): void {
    const path = join(this.#paths.journal, name);
    const bytes = isLast ? this.#disk.read(path) : this.#readPassing(path);
    const header = this.#header(name, bytes);
    this.#checkPlace(name, number, header);
    if (number === 1) {
      this.#position = { seq: 0, hash: sha256(bytes.subarray(0, FILE_HEADER_BYTES)) };
      this.#forkReached = this.#isFork(this.#position.hash);
      this.#compareRecord('000001.journal', 0);
    }
    if (this.#holdsReserve(header, bytes)) {
      this.#reserve = undefined;
      this.#forkReached = false;
    }
    const end = this.#scanFrames(name, { header, bytes });
    this.#checkRest(name, bytes, isLast && this.#reserve === undefined);
    this.#files.push({ name, header, end });
    this.#last = { name, header, end, bytes };
  }

  #checkPlace(name: string, number: number, header: FileHeader): void {
    if (name !== journalFileName(number)) {
      this.#stop(journalFileName(number), 0, `the file is missing (the next one is ${name})`);
    }
    if (header.number !== number) {
      this.#stop(name, 0, `the file is number ${header.number} by its header: files out of order`);
    }
    const first = this.#files[0]?.header.journalId;
    if (first !== undefined && !first.equals(header.journalId)) {
      this.#stop(name, 0, 'the file belongs to another journal');
    }
    const expected = this.#position.seq + 1;
    if (
      header.firstSeq !== expected &&
      !(header.kind === 'reserve' && header.firstSeq > expected)
    ) {
      this.#stop(name, 0, `the file begins with record ${header.firstSeq}, not ${expected}`);
    }
    if (!header.prevHash.equals(this.#position.hash)) {
      this.#stop(name, 0, 'the file does not follow the one before it (previous hash differs)');
    }
  }

  /** Follows the frames of one file. Returns the offset after the last that counts. */
  #scanFrames(name: string, file: { header: FileHeader; bytes: Buffer }): number {
    const maySkip = file.header.kind === 'reserve';
    let offset = FILE_HEADER_BYTES;
    let kept = offset;
    let position = this.#position;
    for (;;) {
      const next = chainedFrame(file.bytes, offset, position, maySkip);
      if (next.kind !== 'frame') break;
      offset = next.frame.end;
      const before = position;
      position = { seq: next.frame.seq, hash: next.frame.hash };
      if (this.#forkReached) {
        this.#unacknowledged++;
        continue;
      }
      this.#take(next.frame, name, before);
      kept = offset;
    }
    this.#restOffset = offset;
    this.#restPosition = maySkip ? beforeNext(file.bytes, offset, position) : position;
    return kept;
  }

  #take(frame: ChainedFrame, name: string, before: ChainPosition): void {
    const { seq, hash, bytes, end } = frame;
    const offset = end - bytes.length;
    this.#position = { seq, hash };
    this.#records++;
    this.#compareRecord(name, offset);
    const fault = this.#visit(frame, name);
    if (fault !== undefined) {
      this.#position = before;
      this.#records--;
      this.#stop(name, offset, fault);
    }
    if (seq > before.seq + 1) {
      const skipped = `${before.seq + 1} to ${seq - 1}`;
      this.#note(
        'reserveGap',
        `records ${skipped} were reported as not durable; the reserve goes on after them`,
      );
    }
    if (this.#isFork(hash)) this.#forkReached = true;
  }

  /** True for a file that took in what still stands in the reserve: a start gives it its place before
   * it empties the reserve, and may have ended between the two. */
  #holdsReserve(header: FileHeader, bytes: Buffer): boolean {
    if (this.#reserve === undefined || header.kind !== 'reserve') return false;
    const first = chainedFrame(bytes, FILE_HEADER_BYTES, this.#position, true);
    return first.kind === 'frame' && first.frame.hash.equals(this.#reserve.firstHash);
  }

  #isFork(recordHash: Buffer): boolean {
    return this.#reserve?.forkHash.equals(recordHash) ?? false;
  }

  /** What follows the last good frame of a file must be nothing, zeros, or one torn write. */
  #checkRest(name: string, bytes: Buffer, isTail: boolean): void {
    const offset = this.#restOffset;
    const isZeros = allZeros(bytes, offset);
    // A start makes a file of its own behind the reserve's, and may end before it notes that.
    const isFresh = offset === FILE_HEADER_BYTES && this.#files.at(-1)?.header.kind === 'reserve';
    this.#isLastFresh = isTail && isFresh && isZeros;
    this.#exactEnd = offset === bytes.length;
    if (isZeros) return;
    const next = chainedFrame(bytes, offset, this.#restPosition);
    const what = next.kind === 'bad' ? next.fault : 'bytes that are no record follow the last one';
    const acknowledged = isTail ? this.#isAcknowledged() : !this.#forkReached;
    if (acknowledged || !isTornWrite(bytes, offset, this.#restPosition)) {
      this.#stop(name, offset, what);
    }
    this.#note(
      'tornTail',
      `${name}: an unfinished write after record ${this.#restPosition.seq} ` +
        `(offset ${offset}) was never acknowledged and is left out`,
    );
  }

  /** True when a record that should stand after the current position was acknowledged. */
  #isAcknowledged(): boolean {
    if (this.#checkpoint.kind !== 'found') return false;
    const { seq, closed } = this.#checkpoint.checkpoint;
    return closed || seq > this.#position.seq;
  }

  #scanReserve(reserve: PendingReserve): void {
    const name = 'reserve.journal';
    if (!this.#forkReached) {
      this.#stop(name, FILE_HEADER_BYTES, 'the reserve does not continue this journal');
    }
    if (!reserve.header.journalId.equals(this.#files[0]?.header.journalId ?? NO_HASH)) {
      this.#stop(name, 0, 'the reserve belongs to another journal');
    }
    this.#reserve = undefined;
    this.#forkReached = false;
    const end = this.#scanFrames(name, reserve);
    this.#checkRest(name, reserve.bytes, true);
    this.#exactEnd = false;
    this.#scannedReserve = { name, header: reserve.header, bytes: reserve.bytes, end };
  }

  #compareRecord(name: string, offset: number): void {
    if (this.#checkpoint.kind !== 'found') return;
    const { seq, hash } = this.#checkpoint.checkpoint;
    if (seq === this.#position.seq && !hash.equals(this.#position.hash)) {
      this.#stop(name, offset, `record ${seq} is not the one the checkpoint witnessed`);
    }
  }

  #compareWithCheckpoint(names: readonly string[]): void {
    if (this.#checkpoint.kind !== 'found') {
      if (this.#records > 0) {
        this.#note('checkpointMissing', 'tail unprovable: there is no checkpoint to compare with');
      }
      return;
    }
    const { seq, closed } = this.#checkpoint.checkpoint;
    const last = names.at(-1) ?? journalFileName(1);
    const end = this.#files.at(-1)?.end ?? 0;
    if (names.length === 0 || seq > this.#position.seq) {
      const found = names.length === 0 ? 'is gone' : `ends after record ${this.#position.seq}`;
      this.#stop(last, end, `the journal ${found}, but the checkpoint witnessed record ${seq}`);
    }
    if (closed && seq < this.#position.seq) {
      this.#stop(last, end, `records follow ${seq}, at which the journal was closed`);
    }
    if (closed && !this.#exactEnd && !this.#isLastFresh) {
      this.#stop(last, end, 'bytes were added after the journal was closed');
    }
    if (seq < this.#position.seq) {
      this.#note(
        'beyondCheckpoint',
        `records ${seq + 1} to ${this.#position.seq} are past the checkpoint`,
      );
    }
  }

  #noteUnacknowledged(): void {
    if (this.#unacknowledged === 0) return;
    this.#note(
      'unacknowledged',
      `${this.#unacknowledged} records of a failed, never acknowledged write are left out`,
    );
  }

  #note(kind: JournalNotice['kind'], text: string): void {
    this.#notices.push({ kind, text });
  }
}

/** Where numbers may be left out, an unfinished frame is judged by the number it claims. */
function beforeNext(bytes: Buffer, offset: number, position: ChainPosition): ChainPosition {
  const frame = bytes.subarray(offset);
  const claimed = frame.length < FRAME_HEADER_BYTES ? 0 : frameSeq(frame);
  return claimed > position.seq ? { seq: claimed - 1, hash: position.hash } : position;
}
