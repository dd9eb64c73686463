/** Where a restore takes the log from: a bucket, a downloaded log, or a backup of a home. */
import { join } from 'node:path';
import { realDisk } from '../audit/disk.ts';
import { journalPaths } from '../audit/journal-paths.ts';
import { logFileNames } from '../audit/log-folder.ts';
import { CHECKPOINT_NAME } from '../audit/log-layout.ts';
import type { VerifyOptions } from '../audit/verify.ts';
import { verifyJournal } from '../audit/verify.ts';
import type { VerifyReport } from '../audit/verify-report.ts';
import type { Config } from '../config.ts';
import { verifyBucket } from './verify-bucket.ts';

export interface RestoreSource {
  readonly report: VerifyReport;
  /** The log's files by name; undefined where they could not be read. */
  readonly files: ReadonlyMap<string, Buffer> | undefined;
}

/** Reads and verifies the log at `target`. */
export async function logFilesOf(
  config: Config,
  target: string,
  options: VerifyOptions,
): Promise<RestoreSource> {
  if (target.startsWith('s3://')) {
    const { report, log } = await verifyBucket(config, target, options);
    return { report, files: log?.files };
  }
  const { log } = journalPaths(target);
  const folder = realDisk.exists(log) ? log : target;
  const report = verifyJournal(folder, realDisk, options);
  const names = logFileNames(realDisk, folder).filter((name) => name !== CHECKPOINT_NAME);
  if (names.length === 0) return { report, files: undefined };
  return {
    report,
    files: new Map(names.map((name) => [name, realDisk.read(join(folder, name))])),
  };
}
