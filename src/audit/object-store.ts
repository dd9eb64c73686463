/** The few operations the audit sink needs of an object store with versions and object lock. */

/** One object to keep: immutable, under retention, refused where the key has a current version. */
export interface LockedObject {
  readonly key: string;
  readonly bytes: Buffer;
  /** SHA-256 of the bytes, hex; the store checks it. */
  readonly sha256: string;
  readonly retentionYears: number;
}

/** Whether a bucket can hold an audit log. `unfit` is proven; `unreachable`: it did not say, for an
 * outage, a login that has expired or a right that is missing. */
export type BucketFitness =
  | { readonly kind: 'fit' }
  | { readonly kind: 'unfit' | 'unreachable'; readonly reason: string };

/** What the store said to a put. `failed`: it may have been stored all the same. */
export type PutResult =
  | { readonly kind: 'stored'; readonly versionId: string }
  | { readonly kind: 'exists' }
  | { readonly kind: 'failed'; readonly reason: string };

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
  /** When the store took it, wall micros. */
  readonly storedMicros: number;
}

/** A version's bytes, and the SHA-256 (hex) noted when it was put. */
export interface ReadObject {
  readonly bytes: Buffer;
  readonly claimedSha256: string | undefined;
}

/** How long a version is kept. */
export interface Retention {
  readonly mode: string;
  /** Wall time, micros. */
  readonly untilMicros: number;
}

export interface ObjectStore {
  readonly bucket: string;
  /** Whether the bucket has versioning and Object Lock. */
  fitness(): Promise<BucketFitness>;
  put(object: LockedObject): Promise<PutResult>;
  /** What stands under a key; `unknown` when the store cannot be asked. */
  head(key: string): Promise<StoredObject | 'absent' | 'unknown'>;
  /** Every version below the prefix, delete markers too. Rejects when it cannot be listed. */
  versions(prefix: string): Promise<readonly ObjectVersion[]>;
  get(version: ObjectVersion): Promise<ReadObject>;
  /** Undefined where the store says that it is not locked. Rejects when it cannot be asked. */
  retention(version: ObjectVersion): Promise<Retention | undefined>;
}
