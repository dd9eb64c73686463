/** What a process of the scripted day left in its home: the kill latch, and the sealed log beside the journal. */
import { join } from 'node:path';
import { realDisk } from '../../../src/audit/disk.ts';
import { journalPaths } from '../../../src/audit/journal-paths.ts';
import { latchMark } from '../../../src/audit/kill-latch.ts';
import type { LogCheckpoint } from '../../../src/audit/log-checkpoint.ts';
import { parseCheckpoint } from '../../../src/audit/log-checkpoint.ts';
import { checkpointPath } from '../../../src/audit/log-layout.ts';
import { parseNote } from '../../../src/audit/signed-note.ts';
import { verifyJournal } from '../../../src/audit/verify.ts';
import type { VerifyReport } from '../../../src/audit/verify-report.ts';

export interface HomeFacts {
  readonly isLatched: boolean;
  readonly report: Pick<VerifyReport, 'exitCode' | 'findings' | 'lastSeq'>;
  /** Each numbered checkpoint's root, hex. */
  readonly roots: ReadonlyMap<number, string>;
  /** The last record that a numbered checkpoint covers; 0 where there is none. */
  readonly sealedSeq: number;
}

export function homeFacts(home: string): HomeFacts {
  const checkpoints = checkpointsIn(journalPaths(home).log);
  return {
    isLatched: latchMark(home) !== undefined,
    report: verifyJournal(home),
    roots: new Map(checkpoints.map(({ number, root }) => [number, root.toString('hex')])),
    sealedSeq: checkpoints.at(-1)?.lastSeq ?? 0,
  };
}

function checkpointsIn(folder: string): readonly LogCheckpoint[] {
  const found: LogCheckpoint[] = [];
  for (;;) {
    const path = join(folder, checkpointPath(found.length + 1));
    if (!realDisk.exists(path)) return found;
    const text = parseNote(realDisk.read(path).toString('utf8'))?.text;
    const checkpoint = parseCheckpoint(text ?? '');
    if (checkpoint === undefined) return found;
    found.push(checkpoint);
  }
}
