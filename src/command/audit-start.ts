/** What a start knows of the sealed log, before any thread runs. */
import { ensureAuditKey, keyFingerprint } from '../audit/audit-key.ts';
import { realDisk } from '../audit/disk.ts';
import { journalPaths } from '../audit/journal-paths.ts';
import { logOpeningError, newestCheckpoint } from '../audit/log-folder.ts';
import { emptyRoot } from '../audit/merkle-tree.ts';
import type { AuditStart } from '../desk/desk-config.ts';

/** What a start record says about the sealed log of a home, whose key is made now if need be. Throws
 * AUDIT_SINK_FAILED or DISK_FULL. */
export function auditStart(home: string): AuditStart {
  const { log } = journalPaths(home);
  try {
    return startOf(home, log);
  } catch (error) {
    throw logOpeningError(log, error);
  }
}

function startOf(home: string, log: string): AuditStart {
  const newest = newestCheckpoint(realDisk, log);
  const head = newest === 'damaged' ? undefined : newest?.checkpoint;
  return {
    logSize: head?.size ?? 0,
    logRoot: (head?.root ?? emptyRoot()).toString('hex'),
    auditKey: keyFingerprint(ensureAuditKey(home).publicKey),
  };
}
