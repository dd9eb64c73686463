/**
 * Opens the journal for writing, and reads it for recovery. What an unclean end left is put right
 * in a fresh copy that replaces the file in one atomic step: no byte is written into a file whose
 * last sync may have failed.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { CheckedJournal, OpeningScan } from './checked-journal.ts';
import { checkedJournal, hashOf, openingScan, scanOf } from './checked-journal.ts';
import { CheckpointWriter } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import { realDisk, sharingDisk, systemCode } from './disk.ts';
import { JournalWriter } from './journal-file.ts';
import type { ChainPosition } from './journal-format.ts';
import {
  FILE_HEADER_BYTES,
  framePrevHash,
  frameSeq,
  genesisHash,
  JOURNAL_ID_BYTES,
  NO_HASH,
} from './journal-format.ts';
import type { JournalLimits } from './journal-limits.ts';
import { DEFAULT_JOURNAL_LIMITS } from './journal-limits.ts';
import type { JournalPaths } from './journal-paths.ts';
import { journalFileName, journalPaths } from './journal-paths.ts';
import type { ChainVisitor, FrameVisitor } from './journal-scan.ts';
import { scanChain, scanJournal } from './journal-scan.ts';
import { JournalSegment } from './journal-segment.ts';
import { witnessLog, witnessRecords } from './log-witness.ts';
import type { RecordReader, RecordsRead } from './record-reading.ts';
import { FrameRuns, MemoryInTurn } from './record-reading.ts';
import type { JournalNotice, JournalScan, KeptFile, ScanFault } from './scanned-journal.ts';

export interface JournalOpenOptions {
  readonly home: string;
  readonly disk?: Disk;
  readonly limits?: JournalLimits;
  /** What was read and checked already, under the same lock; it is read here where absent. */
  readonly checked?: CheckedJournal | undefined;
}

export interface OpenedJournal {
  readonly writer: JournalWriter;
  readonly lastSeq: number;
  readonly lastHash: string;
  readonly notices: readonly JournalNotice[];
}

/** All records of a journal, for recovery. */
export interface JournalContents {
  readonly records: readonly AuditRecord[];
  /** 0 in an empty journal. */
  readonly lastSeq: number;
  /** Hex; of an empty journal the hash its chain starts at, or '' where there is none yet. */
  readonly lastHash: string;
  readonly notices: readonly JournalNotice[];
}

/** Reads and checks the whole journal, oldest record first, and changes nothing. Throws
 * JOURNAL_CORRUPT naming file, offset and record when it is not what was written. */
export function readJournal(home: string, disk: Disk = realDisk): JournalContents {
  const records: AuditRecord[] = [];
  const scan = checkedScan(disk, journalPaths(home), ({ record }) => records.push(record));
  const { position, notices } = scan;
  return { records, lastSeq: position.seq, lastHash: hashOf(scan), notices };
}

/**
 * The same once for all threads of a start: the chain is checked here, and the frames go to `reader` as
 * far as they are, so that another thread can read their records meanwhile. Rejects as `readJournal`
 * throws, when both are through.
 */
export async function readForStart<Read extends RecordsRead>(
  home: string,
  reader: RecordReader<Read>,
  disk: Disk = sharingDisk,
): Promise<{ readonly checked: CheckedJournal; readonly read: Read }> {
  const paths = journalPaths(home);
  const witness = witnessLog(disk, paths);
  const runs = new FrameRuns(reader);
  const memory = new MemoryInTurn(runs, reader);
  const visit: ChainVisitor = (frame, file) => {
    witness.see(frame);
    runs.add(frame, file);
    return undefined;
  };
  const readPassing: Disk['read'] = (path) => disk.readInto(path, (bytes) => memory.room(bytes));
  const scan = scanChain(disk, paths, visit, readPassing);
  runs.flush();
  const read = await reader.finish();
  assertSound(paths, read.fault ?? scan.fault ?? witness.fault(scan.position.seq, read.sealed));
  return { checked: checkedJournal(scan), read };
}

/**
 * Opens the journal for appending; makes it where there is none. Throws JOURNAL_CORRUPT when it is
 * not what was written, DISK_FULL or JOURNAL_FAILED when it cannot be prepared.
 */
export function openJournal(options: JournalOpenOptions): OpenedJournal {
  const { disk = realDisk, limits = DEFAULT_JOURNAL_LIMITS, checked } = options;
  const paths = journalPaths(options.home);
  try {
    disk.makeFolder(paths.journal);
    disk.makeFolder(paths.audit);
    const scan =
      checked === undefined
        ? openingScan(checkedScan(disk, paths, () => undefined))
        : scanOf(disk, paths, checked);
    const writer = new JournalPreparation({ disk, paths, limits, scan }).run();
    const { seq, hash } = writer.position;
    return { writer, lastSeq: seq, lastHash: hash.toString('hex'), notices: scan.notices };
  } catch (error) {
    throw error instanceof DeltaringError ? error : openingError(paths, error);
  }
}

function openingError(paths: JournalPaths, error: unknown): DeltaringError {
  const code = systemCode(error);
  return code === 'ENOSPC'
    ? new DeltaringError(
        'DISK_FULL',
        `no space for the journal in ${paths.journal}: free some and start again`,
        error,
      )
    : new DeltaringError(
        'JOURNAL_FAILED',
        `the journal in ${paths.journal} cannot be opened (${code}): ` +
          "check the folder's owner and the disk",
        error,
      );
}

function checkedScan(disk: Disk, paths: JournalPaths, visit: FrameVisitor): JournalScan {
  const witness = witnessRecords(disk, paths);
  const scan = scanJournal(disk, paths, (frame, file) => {
    witness.see(frame);
    visit(frame, file);
  });
  assertSound(paths, scan.fault ?? witness.fault(scan.position.seq));
  return scan;
}

function assertSound(paths: JournalPaths, fault: ScanFault | undefined): void {
  if (fault === undefined) return;
  throw new DeltaringError(
    'JOURNAL_CORRUPT',
    `the journal is not what was written: ${join(paths.journal, fault.file)}, ` +
      `offset ${fault.offset}, record ${fault.seq}: ${fault.what}. Nothing was changed. ` +
      'Run `deltaring audit verify` for the full report, then restore the folders journal and ' +
      'audit from a backup',
  );
}

/** Brings a scanned journal into a state that can be appended to. */
class JournalPreparation {
  readonly #disk: Disk;
  readonly #paths: JournalPaths;
  readonly #limits: JournalLimits;
  readonly #scan: OpeningScan;
  readonly #journalId: Buffer;
  readonly #position: ChainPosition;

  constructor(parts: {
    disk: Disk;
    paths: JournalPaths;
    limits: JournalLimits;
    scan: OpeningScan;
  }) {
    this.#disk = parts.disk;
    this.#paths = parts.paths;
    this.#limits = parts.limits;
    this.#scan = parts.scan;
    const { journalId, position } = parts.scan;
    this.#journalId = journalId ?? randomBytes(JOURNAL_ID_BYTES);
    this.#position =
      journalId === undefined ? { seq: 0, hash: genesisHash(this.#journalId) } : position;
  }

  run(): JournalWriter {
    const segment = this.#prepareSegment();
    const reserve = this.#freshReserve();
    const first = {
      ...this.#position,
      journalId: this.#journalId,
      file: segment.header.number,
      bytes: segment.tail,
      closed: false,
    };
    const { audit, checkpoint } = this.#paths;
    return new JournalWriter({
      disk: this.#disk,
      paths: this.#paths,
      limits: this.#limits,
      journalId: this.#journalId,
      position: this.#position,
      segment,
      reserve,
      checkpoint: new CheckpointWriter(this.#disk, audit, checkpoint, first),
    });
  }

  #prepareSegment(): JournalSegment {
    const { last } = this.#scan;
    if (last === undefined) return this.#newSegment(1);
    const { reserve } = this.#scan;
    const number = last.header.number;
    if (reserve !== undefined) {
      if (last.header.kind === 'main') this.#copy(last).close();
      this.#foldReserve(reserve, number + 1);
      return this.#newSegment(number + 2);
    }
    if (last.header.kind !== 'main') return this.#newSegment(number + 1);
    return this.#wasClosed() ? this.#reopen(last) : this.#copy(last);
  }

  #wasClosed(): boolean {
    const { checkpoint, exactEnd } = this.#scan;
    return exactEnd && checkpoint.kind === 'found' && checkpoint.checkpoint.closed;
  }

  #reopen(file: KeptFile): JournalSegment {
    const path = join(this.#paths.journal, file.name);
    return JournalSegment.reopen(this.#disk, path, file.header, file.end);
  }

  #newSegment(number: number): JournalSegment {
    const firstSeq = this.#position.seq + 1;
    const prevHash = number === 1 ? NO_HASH : this.#position.hash;
    return JournalSegment.create(this.#disk, {
      folder: this.#paths.journal,
      name: journalFileName(number),
      header: { kind: 'main', number, journalId: this.#journalId, firstSeq, prevHash },
      allocateBytes: this.#limits.growthBytes,
    });
  }

  /** The records that count, in a fresh file under the old name. */
  #copy(file: KeptFile): JournalSegment {
    return JournalSegment.create(this.#disk, {
      folder: this.#paths.journal,
      name: file.name,
      header: file.header,
      content: file.bytes.subarray(FILE_HEADER_BYTES, file.end),
      allocateBytes: this.#limits.growthBytes,
    });
  }

  /** Gives the reserve's records their place among the numbered files. */
  #foldReserve(reserve: KeptFile, number: number): void {
    const content = reserve.bytes.subarray(FILE_HEADER_BYTES, reserve.end);
    const header = {
      kind: 'reserve',
      number,
      journalId: this.#journalId,
      firstSeq: frameSeq(content),
      prevHash: framePrevHash(content),
    } as const;
    const { journal: folder } = this.#paths;
    const name = journalFileName(number);
    JournalSegment.create(this.#disk, { folder, name, header, content, allocateBytes: 0 }).close();
  }

  #freshReserve(): JournalSegment {
    return JournalSegment.create(this.#disk, {
      folder: this.#paths.journal,
      name: 'reserve.journal',
      header: {
        kind: 'reserve',
        number: 0,
        journalId: this.#journalId,
        firstSeq: 0,
        prevHash: NO_HASH,
      },
      allocateBytes: this.#limits.reserveBytes,
    });
  }
}
