/** The few operations the audit sink needs of an object store with versions and object lock. */

/** One object to keep: immutable, under retention, refused where the key has a current version. */
export interface LockedObject {
  readonly key: string;
  readonly bytes: Buffer;
  /** SHA-256 of the bytes, hex; the store checks it. */
  readonly sha256: string;
  readonly retentionYears: number;
}

/** What the store said to a put. `retryable`: the same put may work later. */
export type PutResult =
  | { readonly kind: 'stored'; readonly versionId: string }
  | { readonly kind: 'exists' }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryable: boolean };

/** What the store holds under a key. */
export interface StoredObject {
  readonly versionId: string;
  readonly sha256: string | undefined;
  readonly bytes: number;
  readonly lockMode: string | undefined;
}

/** One version of one key, or a marker that hides it. */
export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
}

/** How long a version is kept. */
export interface Retention {
  readonly mode: string;
  /** Wall time, micros. */
  readonly untilMicros: number;
}

export interface ObjectStore {
  readonly bucket: string;
  /** Why the bucket cannot hold an audit log, in words; undefined when it can. */
  unfitReason(): Promise<string | undefined>;
  put(object: LockedObject): Promise<PutResult>;
  /** Undefined when there is none, or it cannot be asked. */
  head(key: string): Promise<StoredObject | undefined>;
  /** Every version below the prefix, delete markers too. Rejects when it cannot be listed. */
  versions(prefix: string): Promise<readonly ObjectVersion[]>;
  get(version: ObjectVersion): Promise<Buffer>;
  retention(version: ObjectVersion): Promise<Retention | undefined>;
}
