/** Gives a log a new signing key, with a statement in the log signed by the old one. */
import { dirname, join } from 'node:path';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { AuditKey } from './audit-key.ts';
import {
  generateAuditKey,
  KEY_REMEDY,
  keyFingerprint,
  readAuditKey,
  readAuditKeyAt,
  writeAuditKey,
} from './audit-key.ts';
import type { Disk } from './disk.ts';
import { journalPaths } from './journal-paths.ts';
import { readKeyRing, statementText } from './key-statement.ts';
import type { LogCheckpoint } from './log-checkpoint.ts';
import { newestCheckpoint, readKeyNotes } from './log-folder.ts';
import { keyPath } from './log-layout.ts';
import { writeWhole } from './sealed-log.ts';
import { signNote, verifierKeyText } from './signed-note.ts';

export interface KeyStatementParts {
  readonly disk: Disk;
  readonly folder: string;
  readonly notes: readonly string[];
  readonly head: LogCheckpoint;
  readonly key: AuditKey;
  /** The key before, where it is at hand; undefined states that it was lost. */
  readonly signedBy: AuditKey | undefined;
  readonly systemMicros: number;
}

/** States that `key` signs from the next checkpoint on. False when it is the log's key already. */
export function addKeyStatement(parts: KeyStatementParts): boolean {
  const { disk, folder, notes, head, key, signedBy, systemMicros } = parts;
  const { keys, fault } = readKeyRing(notes, head.origin);
  const newest = keys.at(-1)?.statement;
  if (fault !== undefined || newest === undefined) {
    throw new DeltaringError('AUDIT_SINK_FAILED', `the keys of the log cannot be read: ${fault}`);
  }
  if (newest.key.publicKey.equals(key.publicKey)) return false;
  const text = statementText({
    number: newest.number + 1,
    key: { name: head.origin, publicKey: key.publicKey },
    fromCheckpoint: head.number + 1,
    replaces: signedBy === undefined ? 'lost' : 'signed',
    previous: keyFingerprint(newest.key.publicKey),
    systemMicros,
  });
  const signers = signedBy === undefined ? [key] : [signedBy, key];
  const note = signNote(text, ...signers.map((each) => ({ name: head.origin, ...each })));
  const path = join(folder, keyPath(newest.number + 1));
  disk.makeFolder(dirname(path));
  writeWhole(disk, path, Buffer.from(note, 'utf8'));
  disk.makeReadOnly(path);
  disk.syncFolder(dirname(path));
  return true;
}

/** A statement that another key than the log's signed would be refused at every reading, and nothing
 * written later could mend it. Throws INPUT_INVALID. */
function assertLogKey(
  notes: readonly string[],
  origin: string,
  { signedBy, next }: { readonly signedBy: AuditKey; readonly next: AuditKey },
): void {
  const keys = readKeyRing(notes, origin).keys.map(({ statement }) => statement.key.publicKey);
  // A rotation that was cut off has stated the next key already.
  const isStated = keys.at(-1)?.equals(next.publicKey) === true;
  if (keys.at(isStated ? -2 : -1)?.equals(signedBy.publicKey) === true) return;
  throw new DeltaringError('INPUT_INVALID', `audit.key is not the log's: ${KEY_REMEDY}`);
}

/**
 * Replaces the key of a home whose engine does not run; the next start records the change in the
 * journal too. `lost`: the old key is not at hand, the new one stands alone. Answers with the new key
 * as verifiers write it. Throws AUDIT_SINK_FAILED or INPUT_INVALID with what to do.
 */
export function rotateAuditKey(
  home: string,
  lost: boolean,
  disk: Disk,
  systemMicros: number,
): string {
  const paths = journalPaths(home);
  const newest = newestCheckpoint(disk, paths.log);
  if (newest === undefined || newest === 'damaged') {
    const what = `there is no sealed log in ${paths.log}: start the engine once first`;
    throw new DeltaringError('INPUT_INVALID', what);
  }
  const next = `${paths.key}.next`;
  // A rotation that a crash interrupted goes on with the key it had made.
  const key = disk.exists(next) ? readAuditKeyAt(disk, next) : generateAuditKey();
  const signedBy = lost ? undefined : readAuditKey(home, disk);
  if (!lost && signedBy === undefined) {
    const what = `there is no key in ${paths.key}: put it back, or say --lost`;
    throw new DeltaringError('INPUT_INVALID', what);
  }
  const notes = readKeyNotes(disk, paths.log);
  const { checkpoint: head } = newest;
  if (signedBy !== undefined) assertLogKey(notes, head.origin, { signedBy, next: key });
  writeAuditKey(disk, next, key);
  addKeyStatement({ disk, folder: paths.log, notes, head, key, signedBy, systemMicros });
  disk.rename(next, paths.key);
  disk.syncFolder(home);
  return verifierKeyText({ name: head.origin, publicKey: key.publicKey });
}
