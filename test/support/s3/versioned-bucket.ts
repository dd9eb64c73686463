/**
 * What a bucket with versions and Object Lock does, by the S3 API reference: data in, answers out, no
 * HTTP. Refusals carry S3's status and code.
 */

export class S3Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: string, headers: Readonly<Record<string, string>> = {}) {
    super(code);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export interface Retention {
  readonly mode: string;
  readonly until: Date;
}

export interface StoredVersion {
  readonly key: string;
  readonly versionId: string;
  readonly body: Buffer;
  readonly isDeleteMarker: boolean;
  readonly storedAt: Date;
  readonly etag: string;
  /** Base64, as it came; undefined when none was given. */
  readonly sha256: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  retention: Retention | undefined;
  legalHold: boolean;
}

export interface NewObject {
  readonly key: string;
  readonly body: Buffer;
  readonly etag: string;
  readonly sha256: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly retention: Retention | undefined;
  readonly legalHold: boolean;
}

export interface DefaultRetention {
  readonly mode: string;
  readonly days: number;
}

const MODES: readonly string[] = ['GOVERNANCE', 'COMPLIANCE'];
const MILLIS_PER_DAY = 86_400_000;

export class VersionedBucket {
  readonly objectLock: boolean;
  versioning: 'Enabled' | 'Suspended' | undefined;
  defaultRetention: DefaultRetention | undefined;
  /** Oldest first. */
  readonly versions: StoredVersion[] = [];
  readonly #now: () => Date;
  #lastVersion = 0;

  constructor(options: { objectLock: boolean; versioning: boolean; now: () => Date }) {
    this.objectLock = options.objectLock;
    this.versioning = options.versioning ? 'Enabled' : undefined;
    this.#now = options.now;
  }

  setVersioning(status: 'Enabled' | 'Suspended'): void {
    if (this.objectLock && status === 'Suspended') throw new S3Refusal(409, 'InvalidBucketState');
    this.versioning = status;
  }

  setDefaultRetention(retention: DefaultRetention): void {
    if (!this.objectLock) throw new S3Refusal(409, 'InvalidBucketState');
    this.defaultRetention = retention;
  }

  current(key: string): StoredVersion | undefined {
    const newest = this.versions.findLast((each) => each.key === key);
    return newest?.isDeleteMarker === true ? undefined : newest;
  }

  /** A version by its id, or the current one. */
  find(key: string, versionId: string | undefined): StoredVersion {
    const found =
      versionId === undefined
        ? this.current(key)
        : this.versions.find((each) => each.key === key && each.versionId === versionId);
    if (found !== undefined) return found;
    throw new S3Refusal(404, versionId === undefined ? 'NoSuchKey' : 'NoSuchVersion');
  }

  put(object: NewObject): StoredVersion {
    const { retention, legalHold } = object;
    if ((retention !== undefined || legalHold) && !this.objectLock) {
      throw new S3Refusal(400, 'InvalidRequest');
    }
    if (retention !== undefined) this.#checkRetention(retention);
    const inherited = retention ?? this.#inherited();
    return this.#add({ ...object, retention: inherited, isDeleteMarker: false });
  }

  /** Without a version id the object is hidden, with one it is gone unless it is locked. */
  delete(key: string, versionId: string | undefined, bypass: boolean): StoredVersion | undefined {
    if (versionId === undefined) {
      const nothing = { body: Buffer.alloc(0), etag: '', sha256: undefined, metadata: {} };
      const marker = { key, ...nothing, retention: undefined, legalHold: false };
      return this.#add({ ...marker, isDeleteMarker: true });
    }
    const at = this.versions.findIndex((each) => each.key === key && each.versionId === versionId);
    const found = this.versions[at];
    if (found === undefined) return undefined;
    this.#refuseLocked(found, bypass);
    this.versions.splice(at, 1);
    return undefined;
  }

  setRetention(version: StoredVersion, retention: Retention, bypass: boolean): void {
    this.#checkRetention(retention);
    const { retention: stands } = version;
    if (stands !== undefined && stands.until > this.#now()) {
      const isWeaker = retention.until < stands.until || retention.mode !== stands.mode;
      const mayWeaken = stands.mode === 'GOVERNANCE' && bypass;
      const isStronger = stands.mode === 'GOVERNANCE' && retention.until >= stands.until;
      if (isWeaker && !mayWeaken && !isStronger) throw new S3Refusal(403, 'AccessDenied');
    }
    version.retention = retention;
  }

  setLegalHold(version: StoredVersion, on: boolean): void {
    if (!this.objectLock) throw new S3Refusal(400, 'InvalidRequest');
    version.legalHold = on;
  }

  #checkRetention({ mode, until }: Retention): void {
    if (!this.objectLock) throw new S3Refusal(400, 'InvalidRequest');
    if (!MODES.includes(mode)) throw new S3Refusal(400, 'MalformedXML');
    if (!(until > this.#now())) throw new S3Refusal(400, 'InvalidArgument');
  }

  #inherited(): Retention | undefined {
    if (this.defaultRetention === undefined) return undefined;
    const { mode, days } = this.defaultRetention;
    return { mode, until: new Date(this.#now().getTime() + days * MILLIS_PER_DAY) };
  }

  #refuseLocked({ retention, legalHold }: StoredVersion, bypass: boolean): void {
    if (legalHold) throw new S3Refusal(403, 'AccessDenied');
    if (retention === undefined || retention.until <= this.#now()) return;
    if (retention.mode === 'GOVERNANCE' && bypass) return;
    throw new S3Refusal(403, 'AccessDenied');
  }

  #add(version: Omit<StoredVersion, 'versionId' | 'storedAt'>): StoredVersion {
    const stored = { ...version, versionId: `v${++this.#lastVersion}`, storedAt: this.#now() };
    this.versions.push(stored);
    return stored;
  }
}
