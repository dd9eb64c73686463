/** Reads and verifies the sealed log in a bucket, and holds it against this home's own. */
import { readAuditKey } from '../audit/audit-key.ts';
import type { BucketLog } from '../audit/bucket-log.ts';
import type { Disk } from '../audit/disk.ts';
import { realDisk, systemCode } from '../audit/disk.ts';
import { journalPaths } from '../audit/journal-paths.ts';
import { scanLog } from '../audit/log-scan.ts';
import { S3Store } from '../audit/s3-store-shell.ts';
import { readShipped } from '../audit/shipped-ledger.ts';
import type { VerifyOptions } from '../audit/verify.ts';
import { readBesideEngine } from '../audit/verify.ts';
import type { VerifiedHead, VerifyFinding, VerifyReport } from '../audit/verify-report.ts';
import { notice, reportOf, tampered, unchecked } from '../audit/verify-report.ts';
import { verifyStore } from '../audit/verify-store.ts';
import type { Config } from '../config.ts';
import { wallMicros } from '../engine/domain/clock.ts';

const READ_ATTEMPTS = 4;

export interface VerifiedBucket {
  readonly report: VerifyReport;
  readonly log: BucketLog | undefined;
}

/** `s3://BUCKET/PREFIX`; one log must be below the prefix. Trusts this home's key unless told
 * another. */
export async function verifyBucket(
  config: Config,
  url: string,
  options: VerifyOptions = {},
  disk: Disk = realDisk,
): Promise<VerifiedBucket> {
  const { hostname: bucket, pathname } = new URL(url);
  const store = new S3Store({ bucket, endpoint: config.S3_ENDPOINT, attempts: READ_ATTEMPTS });
  const own = readAuditKey(config.home)?.publicKey;
  const trusted = options.trusted ?? (own === undefined ? [] : [own]);
  try {
    const { shipped } = journalPaths(config.home);
    const check = {
      nowMicros: wallMicros(),
      retentionYears: config.S3_RETENTION_YEARS,
      shipped: readShipped(realDisk, shipped).filter(({ key }) =>
        key.startsWith(pathname.slice(1)),
      ),
    };
    const { report, log } = await verifyStore(store, pathname.slice(1), check, {
      ...options,
      trusted,
    });
    const more = report.head === null ? [] : compareWithHome(config.home, report.head, disk);
    return { report: reportOf(report.target, [...report.findings, ...more], report), log };
  } finally {
    store.close();
  }
}

/** What cannot be compared takes nothing from what the bucket itself has proven. */
function compareWithHome(home: string, head: VerifiedHead, disk: Disk): readonly VerifyFinding[] {
  const paths = journalPaths(home);
  try {
    return readBesideEngine(
      paths,
      disk,
      () => compareWithLog(paths.log, head, disk),
      (findings) => findings.every(({ severity }) => severity === 'notice'),
    );
  } catch (error) {
    const what = `this home's log cannot be read beside the bucket (${systemCode(error)}): verify again`;
    return [unchecked(what)];
  }
}

/** A log has one history: where this home holds the same log, the shorter is the beginning of the
 * longer, and the home's is not the shorter. */
function compareWithLog(folder: string, head: VerifiedHead, disk: Disk): readonly VerifyFinding[] {
  const local = scanLog(disk, folder, { trusted: [] });
  if (local.head === undefined || local.origin !== head.origin) return [];
  const { size } = local.head;
  if (size < head.size) {
    return [tampered(`the bucket holds ${head.size} entries, this home's log only ${size}`)];
  }
  if (local.rootAt(head.size)?.toString('hex') !== head.root) {
    return [tampered("the log in the bucket and this home's are different histories: a fork")];
  }
  if (size === head.size) return [];
  return [notice(`the bucket is ${size - head.size} entries behind this home`)];
}
