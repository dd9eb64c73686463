/** Verifies a log in an object store: how every version is kept, and what they say together. */
import type { BucketCheck, BucketLog } from './bucket-log.ts';
import { folderInMemory, logsInBucket, readBucketLog } from './bucket-log.ts';
import type { ObjectStore } from './object-store.ts';
import type { VerifyOptions } from './verify.ts';
import { verifyLogFolder } from './verify.ts';
import type { VerifyReport } from './verify-report.ts';
import { reportOf, unchecked } from './verify-report.ts';

/** A folder that exists in memory only. */
const FOLDER = '/log';

export interface StoreVerification {
  readonly report: VerifyReport;
  /** What was read, where there was one log to read. */
  readonly log: BucketLog | undefined;
}

/**
 * Verifies the one log below `prefix`. Never rejects: what cannot be read is a finding and exit code
 * 2. The tail is provable up to the newest checkpoint that was shipped: no version before it can be
 * deleted.
 */
export async function verifyStore(
  store: ObjectStore,
  prefix: string,
  check: BucketCheck,
  options: VerifyOptions = {},
): Promise<StoreVerification> {
  const target = `s3://${store.bucket}/${prefix}`;
  const fail = (what: string): StoreVerification => ({
    report: reportOf(target, [unchecked(what)]),
    log: undefined,
  });
  try {
    const logs = await logsInBucket(store, prefix);
    const [first] = logs;
    if (first === undefined) return fail(`there is no audit log below ${target}`);
    if (logs.size > 1) {
      return fail(`several logs are below ${target}: name one of ${[...logs.keys()].join(', ')}`);
    }
    const log = await readBucketLog(store, first[0], first[1], check);
    const disk = folderInMemory(log.files, FOLDER);
    const report = verifyLogFolder(target, options, disk, FOLDER);
    const findings = [...log.findings, ...report.findings];
    return { report: reportOf(target, findings, report), log };
  } catch (error) {
    const remedy = 'check the AWS variables and S3_ENDPOINT';
    return fail(`${target} cannot be read: ${String(error)}: ${remedy}`);
  }
}
