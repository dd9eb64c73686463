/**
 * Verifies the batches in an object store: every version is looked at, not only every key, so that
 * a second version or a delete marker cannot hide anything.
 */
import type { Disk } from './disk.ts';
import { realDisk } from './disk.ts';
import type { ObjectStore, ObjectVersion } from './object-store.ts';
import type { VerifyFinding, VerifyReport } from './verify.ts';
import { verifyJournal, withFindings } from './verify.ts';

/** A folder that exists in memory only. */
const FOLDER = '/store/sealed';

/**
 * Verifies everything below `prefix`, which ends with a journal's id: one version a key, no delete
 * markers, COMPLIANCE retention beyond `nowMicros`, and the chain of the records. Never rejects:
 * what cannot be read is a finding and exit code 2. The tail is provable only against the engine's
 * own ledger or checkpoint, so a clean store by itself answers 2 with `tail unprovable`, unless
 * `expectedLastHash` (hex), from a checkpoint or a transcript, is given and found.
 */
export async function verifyStore(
  store: ObjectStore,
  prefix: string,
  options: { readonly nowMicros: number; readonly expectedLastHash?: string },
): Promise<VerifyReport> {
  const target = `s3://${store.bucket}/${prefix}`;
  try {
    const versions = await store.versions(prefix);
    const findings = [...versionFindings(versions)];
    const files = new Map<string, Buffer>();
    for (const version of versions.filter((each) => !each.isDeleteMarker)) {
      findings.push(...(await lockFindings(store, version, options.nowMicros)));
      const name = version.key.slice(version.key.lastIndexOf('/') + 1);
      files.set(name, await store.get(version));
    }
    const report = withFindings(target, verifyJournal(FOLDER, folderInMemory(files)), findings);
    return withTail(report, options.expectedLastHash);
  } catch (error) {
    const remedy = 'check the AWS variables and S3_ENDPOINT';
    const what = `${target} cannot be read: ${String(error)}: ${remedy}`;
    const findings: VerifyFinding[] = [{ severity: 'unchecked', what }];
    return { target, exitCode: 2, files: 0, records: 0, lastSeq: 0, lastHash: '', findings };
  }
}

function versionFindings(versions: readonly ObjectVersion[]): readonly VerifyFinding[] {
  const seen = new Set<string>();
  return versions.flatMap(({ key, isDeleteMarker }): VerifyFinding[] => {
    if (isDeleteMarker)
      return [{ severity: 'tampered', file: key, what: 'a delete marker hides it' }];
    if (seen.has(key))
      return [{ severity: 'tampered', file: key, what: 'it has several versions' }];
    seen.add(key);
    return [];
  });
}

async function lockFindings(
  store: ObjectStore,
  version: ObjectVersion,
  nowMicros: number,
): Promise<readonly VerifyFinding[]> {
  const file = version.key;
  const retention = await store.retention(version);
  if (retention?.mode !== 'COMPLIANCE') {
    return [{ severity: 'tampered', file, what: 'it is not under COMPLIANCE retention' }];
  }
  if (retention.untilMicros > nowMicros) return [];
  return [{ severity: 'notice', file, what: 'its retention has ended' }];
}

function folderInMemory(files: ReadonlyMap<string, Buffer>): Disk {
  return {
    ...realDisk,
    exists: (path) => files.has(path.slice(FOLDER.length + 1)) && path.startsWith(`${FOLDER}/`),
    list: (folder) => (folder === FOLDER ? [...files.keys()].sort() : []),
    read: (path) => files.get(path.slice(FOLDER.length + 1)) ?? Buffer.alloc(0),
  };
}

function withTail(report: VerifyReport, expectedLastHash: string | undefined): VerifyReport {
  if (expectedLastHash === undefined) return report;
  const isFound = report.lastHash === expectedLastHash;
  const rest = report.findings.filter((finding) => !finding.what.startsWith('tail unprovable'));
  const base: VerifyReport = { ...report, exitCode: 0, findings: [] };
  const what = 'the store does not end with the expected record';
  return withFindings(
    report.target,
    base,
    isFound ? rest : [...rest, { severity: 'tampered', what }],
  );
}
