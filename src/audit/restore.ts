/**
 * Rebuilds an engine's home from a sealed log alone: the journal with its checkpoint, the log itself
 * and the kill latch. For an empty machine after the loss of everything else.
 */
import { dirname, join } from 'node:path';
import { DeltaringError } from '../engine/domain/errors.ts';
import { epochMicros } from '../engine/domain/units.ts';
import type { AuditKey } from './audit-key.ts';
import { adoptAuditKey } from './audit-key.ts';
import { CheckpointWriter } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import type { DecodedFrame, JournalFileKind } from './journal-format.ts';
import { FILE_HEADER_BYTES, genesisHash, NO_HASH } from './journal-format.ts';
import type { JournalPaths } from './journal-paths.ts';
import { journalFileName, journalPaths } from './journal-paths.ts';
import { JournalSegment } from './journal-segment.ts';
import { addKeyStatement } from './key-rotation.ts';
import { engageKillLatch } from './kill-latch.ts';
import type { LogCheckpoint } from './log-checkpoint.ts';
import { journalIdOf, parseCheckpoint } from './log-checkpoint.ts';
import { readKeyNotes } from './log-folder.ts';
import { CHECKPOINT_NAME, checkpointPath } from './log-layout.ts';
import { isBeyond, recordsOfLog } from './log-records.ts';
import { writeWhole } from './sealed-log.ts';
import { parseNote } from './signed-note.ts';

export interface Restored {
  readonly records: number;
  /** So many of them lie beyond the log's newest checkpoint: no signature vouches for them. */
  readonly unsealed: number;
  /** Files of the log that what is sealed next collides with, where it is shipped to their bucket. */
  readonly foreign: readonly string[];
  readonly lastSeq: number;
  readonly isKilled: boolean;
  /** True when the log's key was not at hand and a new one was made for it. */
  readonly isNewKey: boolean;
}

export interface RestoreOptions {
  readonly systemMicros: number;
  /** True where the log is to go on in the bucket that it is restored from. */
  readonly shipsOn?: boolean;
}

/** Bytes of records in one restored journal file. */
const FILE_BYTES = 16 << 20;

/** Rebuilds `home` from a log, with the records beyond its newest checkpoint that are chained to it:
 * their names in the bucket are taken. Throws INPUT_INVALID where a journal is there already, the log has no checkpoint or it cannot go on there,
 * the operating system's error when it cannot be written. */
export function restoreHome(
  home: string,
  files: ReadonlyMap<string, Buffer>,
  disk: Disk,
  { systemMicros, shipsOn = false }: RestoreOptions,
): Restored {
  const paths = journalPaths(home);
  if (disk.list(paths.journal).length > 0 || disk.exists(paths.checkpoint)) {
    const what = `there is a journal in ${home} already: restore into an empty folder`;
    throw new DeltaringError('INPUT_INVALID', what);
  }
  const head = newestOf(files);
  const { frames, sealed, replaced, foreign } = recordsOfLog(files, head, (what) => {
    return new DeltaringError('JOURNAL_CORRUPT', `the log cannot be restored: ${what}`);
  });
  if (shipsOn && foreign.length > 0) throw cannotShipOn(foreign);
  disk.makeFolder(paths.journal);
  disk.makeFolder(paths.audit);
  writeJournal(disk, paths, head, frames);
  copyLog(disk, paths, new Map([...files, ...replaced]), head);
  const isNewKey = adoptKey(disk, paths, head, systemMicros);
  const isKilled = restoreLatch(home, frames.slice(0, sealed)) || restoreLatch(home, frames);
  return {
    records: frames.length,
    unsealed: frames.length - sealed,
    foreign,
    lastSeq: frames.at(-1)?.record.seq ?? head.lastSeq,
    isKilled,
    isNewKey,
  };
}

/** Nothing that is locked can be unsaid: other entries under a name that is taken would stop shipping,
 * or read as tampered. */
function cannotShipOn(foreign: readonly string[]): DeltaringError {
  return new DeltaringError(
    'INPUT_INVALID',
    `${foreign.length} files (${foreign[0]}, …) lie beyond the newest checkpoint and cannot be ` +
      'restored: the log cannot go on in this bucket. Set S3_AUDIT_BUCKET to a new one, which ' +
      'gets the whole log, and restore again; keep this one as it is',
  );
}

function newestOf(files: ReadonlyMap<string, Buffer>): LogCheckpoint {
  let newest: LogCheckpoint | undefined;
  for (let number = 1; ; number++) {
    const note = files.get(checkpointPath(number))?.toString('utf8');
    if (note === undefined) break;
    newest = parseCheckpoint(parseNote(note)?.text ?? '') ?? newest;
  }
  if (newest !== undefined) return newest;
  throw new DeltaringError(
    'INPUT_INVALID',
    'the log has no checkpoint: there is nothing to restore',
  );
}

interface RestoredFile {
  readonly kind: JournalFileKind;
  readonly frames: DecodedFrame[];
}

/** Frames by file: a new one when the last is full, and one of the reserve's kind, which may leave
 * numbers out, from the first gap on. */
function filesOf(frames: readonly DecodedFrame[]): readonly RestoredFile[] {
  const files: RestoredFile[] = [];
  let bytes = 0;
  let lastSeq = 0;
  for (const frame of frames) {
    const isGap = frame.record.seq !== lastSeq + 1;
    const kind = isGap ? 'reserve' : (files.at(-1)?.kind ?? 'main');
    if (files.at(-1)?.kind !== kind || bytes + frame.bytes.length > FILE_BYTES) {
      files.push({ kind, frames: [] });
      bytes = 0;
    }
    files.at(-1)?.frames.push(frame);
    bytes += frame.bytes.length;
    lastSeq = frame.record.seq;
  }
  return files.length === 0 ? [{ kind: 'main', frames: [] }] : files;
}

function writeJournal(
  disk: Disk,
  paths: JournalPaths,
  head: LogCheckpoint,
  frames: readonly DecodedFrame[],
): void {
  const journalId = journalIdOf(head.origin);
  const files = filesOf(frames);
  let position = { seq: 0, hash: genesisHash(journalId) };
  let end = FILE_HEADER_BYTES;
  files.forEach(({ kind, frames: own }, index) => {
    const number = index + 1;
    const segment = JournalSegment.create(disk, {
      folder: paths.journal,
      name: journalFileName(number),
      header: {
        kind,
        number,
        journalId,
        firstSeq: own[0]?.record.seq ?? 1,
        prevHash: number === 1 ? NO_HASH : position.hash,
      },
      content: Buffer.concat(own.map((frame) => frame.bytes)),
      allocateBytes: 0,
    });
    end = segment.tail;
    segment.close();
    const last = own.at(-1);
    if (last !== undefined) position = { seq: last.record.seq, hash: last.hash };
  });
  const { audit, checkpoint } = paths;
  const at = { ...position, journalId, file: files.length, bytes: end, closed: true };
  new CheckpointWriter(disk, audit, checkpoint, at).close();
}

function copyLog(
  disk: Disk,
  paths: JournalPaths,
  files: ReadonlyMap<string, Buffer>,
  head: LogCheckpoint,
): void {
  for (const [name, bytes] of files) {
    // The next start seals what lies beyond, from the journal.
    if (isBeyond(name, head.size)) continue;
    const path = join(paths.log, name);
    disk.makeFolder(dirname(path));
    writeWhole(disk, path, bytes);
    disk.makeReadOnly(path);
  }
  const note = files.get(checkpointPath(head.number));
  if (note !== undefined) writeWhole(disk, join(paths.log, CHECKPOINT_NAME), note);
}

/** Without the key that signed the log a new one takes over, and the log says so. */
function adoptKey(
  disk: Disk,
  paths: JournalPaths,
  head: LogCheckpoint,
  systemMicros: number,
): boolean {
  const key: AuditKey = adoptAuditKey(paths.home, disk);
  return addKeyStatement({
    disk,
    folder: paths.log,
    notes: readKeyNotes(disk, paths.log),
    head,
    key,
    signedBy: undefined,
    systemMicros,
  });
}

/** A kill that nobody released stands again; a release that no signature vouches for ends none. */
function restoreLatch(home: string, frames: readonly DecodedFrame[]): boolean {
  const last = frames.findLast(({ record: { body } }) => body.kind.startsWith('kill'))?.record;
  if (last?.body.kind !== 'killEngaged') return false;
  const { principal, reason } = last.body;
  engageKillLatch(home, { principal, reason, wallMicros: epochMicros(last.at.wall) });
  return true;
}
