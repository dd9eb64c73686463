/**
 * A log as a bucket holds it, by versions: every version is looked at, not only every key, so that a
 * second version or a delete marker cannot hide anything.
 */
import type { Disk } from './disk.ts';
import { realDisk } from './disk.ts';
import { sha256 } from './journal-format.ts';
import type { ObjectStore, ObjectVersion, Retention } from './object-store.ts';
import type { ShippedFile } from './shipped-ledger.ts';
import type { VerifyFinding } from './verify-report.ts';
import { notice, tampered } from './verify-report.ts';

export interface BucketCheck {
  /** Wall time, micros. */
  readonly nowMicros: number;
  /** How long every object is wished to be kept from when it was stored, years: the reader's setting,
   * which need not be the one it was shipped under. */
  readonly retentionYears: number;
  /** What the engine noted as accepted; empty where its home is not at hand. */
  readonly shipped: readonly ShippedFile[];
}

export interface BucketLog {
  /** Prefix of the log's keys, ending with a slash. */
  readonly root: string;
  /** The first version of each file, by its name in the log. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly versions: readonly ObjectVersion[];
  readonly findings: readonly VerifyFinding[];
}

const AT_ONCE = 16;
const MICROS_PER_YEAR = 365 * 86_400 * 1_000_000;
const LOG_KEY = /^(.*?)(?:tile|keys|checkpoints)\//;

/** The logs below a prefix. Rejects when the bucket cannot be listed. */
export async function logsInBucket(
  store: ObjectStore,
  prefix: string,
): Promise<ReadonlyMap<string, readonly ObjectVersion[]>> {
  const versions = await store.versions(prefix);
  return Map.groupBy(versions, ({ key }) => LOG_KEY.exec(key)?.[1] ?? '');
}

/** Reads all of one log and checks how it is kept. Rejects when a version cannot be read. */
export async function readBucketLog(
  store: ObjectStore,
  root: string,
  versions: readonly ObjectVersion[],
  check: BucketCheck,
): Promise<BucketLog> {
  const findings: VerifyFinding[] = [];
  const files = new Map<string, Buffer>();
  let short = 0;
  const oldestFirst = versions.toSorted((a, b) => a.storedMicros - b.storedMicros);
  for (let at = 0; at < oldestFirst.length; at += AT_ONCE) {
    const some = oldestFirst.slice(at, at + AT_ONCE);
    const read = await Promise.all(some.map((version) => readVersion(store, version, check)));
    for (const { version, bytes, faults, isShort } of read) {
      findings.push(...faults);
      if (isShort) short++;
      if (bytes !== undefined) findings.push(...keep(files, version.key.slice(root.length), bytes));
    }
  }
  if (short > 0) {
    const wish = `the ${check.retentionYears} years that are asked for here (S3_RETENTION_YEARS)`;
    findings.push(notice(`${short} objects are locked for less than ${wish}`));
  }
  findings.push(...missingVersions(store.bucket, versions, check.shipped));
  return { root, files, versions, findings };
}

interface ReadVersion {
  readonly version: ObjectVersion;
  readonly bytes: Buffer | undefined;
  readonly faults: readonly VerifyFinding[];
  /** True where it is locked for less than is wished. */
  readonly isShort: boolean;
}

async function readVersion(
  store: ObjectStore,
  version: ObjectVersion,
  check: BucketCheck,
): Promise<ReadVersion> {
  const file = version.key;
  if (version.isDeleteMarker) {
    const faults = [tampered('a delete marker hides it', { file })];
    return { version, bytes: undefined, faults, isShort: false };
  }
  const [retention, { bytes, claimedSha256 }] = await Promise.all([
    store.retention(version),
    store.get(version),
  ]);
  const fault = lockFault(retention);
  const faults = fault === undefined ? [] : [tampered(fault, { file })];
  if (claimedSha256 !== undefined && claimedSha256 !== sha256(bytes).toString('hex')) {
    faults.push(tampered('it is not what was put: its SHA-256 differs', { file }));
  }
  const dueMicros = version.storedMicros + check.retentionYears * MICROS_PER_YEAR;
  const isShort = (retention?.untilMicros ?? dueMicros) < dueMicros && check.nowMicros < dueMicros;
  return { version, bytes, faults, isShort };
}

function lockFault(retention: Retention | undefined): string | undefined {
  if (retention === undefined) return 'it is not locked';
  const { mode } = retention;
  return mode === 'COMPLIANCE' ? undefined : `it is locked in mode ${mode}, not COMPLIANCE`;
}

/** The oldest version counts. Where a lost answer made a put happen twice the bytes are the same. */
function keep(files: Map<string, Buffer>, name: string, bytes: Buffer): readonly VerifyFinding[] {
  const first = files.get(name);
  if (first === undefined) {
    files.set(name, bytes);
    return [];
  }
  if (first.equals(bytes)) return [notice('it was stored twice, the same bytes', { file: name })];
  return [tampered('a later version of it says something else', { file: name })];
}

function missingVersions(
  bucket: string,
  versions: readonly ObjectVersion[],
  shipped: readonly ShippedFile[],
): readonly VerifyFinding[] {
  const known = new Set(versions.map(({ key, versionId }) => `${key} ${versionId}`));
  return shipped
    .filter((file) => file.bucket === bucket && !known.has(`${file.key} ${file.versionId}`))
    .map(({ key: file, versionId }) => {
      return tampered(`version ${versionId}, which the store accepted, is gone`, { file });
    });
}

/** The files as a folder that exists in memory only. */
export function folderInMemory(files: ReadonlyMap<string, Buffer>, folder: string): Disk {
  const nameOf = (path: string): string => path.slice(folder.length + 1);
  const names = [...files.keys()];
  const children = new Map<string, Set<string>>();
  for (const name of names) {
    const parts = name.split('/');
    parts.forEach((part, depth) => {
      const parent = parts.slice(0, depth).join('/');
      const inside = children.get(parent) ?? new Set<string>();
      children.set(parent, inside.add(part));
    });
  }
  return {
    ...realDisk,
    exists: (path) => files.has(nameOf(path)) || children.has(nameOf(path)),
    list: (path) => [...(children.get(nameOf(path)) ?? [])].sort(),
    read: (path) => files.get(nameOf(path)) ?? Buffer.alloc(0),
  };
}
