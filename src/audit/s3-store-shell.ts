/** The object store over S3. A shell: it speaks to the network and reads the clock. */
import { hash } from 'node:crypto';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import {
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { MICROS_PER_MILLI } from '../engine/domain/units.ts';
import type {
  BucketFitness,
  LockedObject,
  ObjectStore,
  ObjectVersion,
  PutResult,
  ReadObject,
  Retention,
  StoredObject,
} from './object-store.ts';
import { isFields } from './record-schema.ts';

/** Where the bucket is. Region and credentials come from the standard AWS variables and files. */
export interface S3StoreSettings {
  readonly bucket: string;
  /** Another server that speaks S3; addressed by path. */
  readonly endpoint?: string | undefined;
  /** How often a request is tried; once unless said, because who ships asks before it tries again. */
  readonly attempts?: number;
  /** For tests and servers without the standard sources. */
  readonly credentials?: S3ClientConfig['credentials'];
}

/** Where a bucket is that nothing names a region for. */
const DEFAULT_REGION = 'us-east-1';
const REQUEST_TIMEOUT_MILLIS = 10_000;
/** A year never counts fewer days than it has. */
const MILLIS_PER_YEAR = 366 * 86_400_000;
const NOT_FOUND = 404;
const PRECONDITION_FAILED = 412;
const NO_BUCKET = 'NoSuchBucket';
const NO_LOCK_IN_BUCKET = /^ObjectLockConfigurationNotFound/;
const NO_LOCK_ON_OBJECT = 'NoSuchObjectLockConfiguration';

/** What the variables name, else what the profile in use does. */
async function usualRegion(): Promise<string> {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const named = AWS_REGION || AWS_DEFAULT_REGION;
  if (named) return named;
  const plain = new S3Client();
  try {
    return await plain.config.region();
  } catch {
    return DEFAULT_REGION;
  } finally {
    plain.destroy();
  }
}

function statusOf(error: unknown): number | undefined {
  if (!isFields(error) || !isFields(error['$metadata'])) return undefined;
  const status = error['$metadata']['httpStatusCode'];
  return typeof status === 'number' ? status : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** A bucket that is not there or has no lock: nothing else that is answered says that it cannot hold a
 * log. A login that has expired and a machine that gives out no credentials just now are outages. */
function isProvenUnfit(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === NO_BUCKET || NO_LOCK_IN_BUCKET.test(error.name);
}

function hexFromBase64(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString('hex');
}

function versionOf(
  listed: {
    Key?: string | undefined;
    VersionId?: string | undefined;
    LastModified?: Date | undefined;
  },
  isDeleteMarker: boolean,
): ObjectVersion {
  const { Key: key = '', VersionId: versionId = '', LastModified } = listed;
  const storedMicros = (LastModified?.getTime() ?? 0) * MICROS_PER_MILLI;
  return { key, versionId, isDeleteMarker, storedMicros };
}

/** An S3 bucket as an object store. Every request has a time limit; retries are the caller's. */
export class S3Store implements ObjectStore {
  readonly bucket: string;
  readonly #client: S3Client;

  constructor(settings: S3StoreSettings) {
    this.bucket = settings.bucket;
    let region: Promise<string> | undefined;
    this.#client = new S3Client({
      region: () => (region ??= usualRegion()),
      followRegionRedirects: true,
      maxAttempts: settings.attempts ?? 1,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...(settings.endpoint && { endpoint: settings.endpoint, forcePathStyle: true }),
      ...(settings.credentials && { credentials: settings.credentials }),
    });
  }

  async fitness(): Promise<BucketFitness> {
    const Bucket = this.bucket;
    const unfit = (reason: string): BucketFitness => ({ kind: 'unfit', reason });
    try {
      const versioning = await this.#client.send(
        new GetBucketVersioningCommand({ Bucket }),
        limit(),
      );
      if (versioning.Status !== 'Enabled') return unfit('versioning is not enabled');
      const lock = await this.#client.send(
        new GetObjectLockConfigurationCommand({ Bucket }),
        limit(),
      );
      const isLocked = lock.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled';
      return isLocked ? { kind: 'fit' } : unfit('Object Lock is not enabled');
    } catch (error) {
      const reason = reasonOf(error);
      if (!isProvenUnfit(error)) return { kind: 'unreachable', reason };
      return unfit(reason.startsWith(NO_BUCKET) ? reason : 'Object Lock is not enabled');
    }
  }

  async put(object: LockedObject): Promise<PutResult> {
    const command = new PutObjectCommand({
      Bucket: this.bucket,
      Key: object.key,
      Body: object.bytes,
      ContentType: 'application/octet-stream',
      // Servers that know no SHA-256 check this one, and a locked put must carry one or the other.
      ContentMD5: hash('md5', object.bytes, 'base64'),
      ChecksumSHA256: Buffer.from(object.sha256, 'hex').toString('base64'),
      Metadata: { sha256: object.sha256 },
      IfNoneMatch: '*',
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date(Date.now() + object.retentionYears * MILLIS_PER_YEAR),
    });
    try {
      const { VersionId } = await this.#client.send(command, limit());
      if (VersionId !== undefined) return { kind: 'stored', versionId: VersionId };
      return { kind: 'failed', reason: 'the store named no version' };
    } catch (error) {
      const status = statusOf(error);
      if (status === PRECONDITION_FAILED) return { kind: 'exists' };
      return { kind: 'failed', reason: reasonOf(error) };
    }
  }

  async head(key: string): Promise<StoredObject | 'absent' | 'unknown'> {
    const command = new HeadObjectCommand({
      Bucket: this.bucket,
      Key: key,
      ChecksumMode: 'ENABLED',
    });
    try {
      const found = await this.#client.send(command, limit());
      return {
        versionId: found.VersionId ?? '',
        sha256: hexFromBase64(found.ChecksumSHA256) ?? found.Metadata?.['sha256'],
        bytes: found.ContentLength ?? 0,
        lockMode: found.ObjectLockMode,
      };
    } catch (error) {
      return statusOf(error) === NOT_FOUND ? 'absent' : 'unknown';
    }
  }

  async versions(prefix: string): Promise<readonly ObjectVersion[]> {
    const all: ObjectVersion[] = [];
    let KeyMarker: string | undefined;
    let VersionIdMarker: string | undefined;
    for (;;) {
      const page = await this.#client.send(
        new ListObjectVersionsCommand({
          Bucket: this.bucket,
          Prefix: prefix,
          KeyMarker,
          VersionIdMarker,
        }),
        limit(),
      );
      all.push(...(page.Versions ?? []).map((each) => versionOf(each, false)));
      all.push(...(page.DeleteMarkers ?? []).map((each) => versionOf(each, true)));
      if (page.IsTruncated !== true) return all;
      KeyMarker = page.NextKeyMarker;
      VersionIdMarker = page.NextVersionIdMarker;
    }
  }

  async get({ key, versionId }: ObjectVersion): Promise<ReadObject> {
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId });
    const { Body, Metadata } = await this.#client.send(command, limit());
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    return { bytes, claimedSha256: Metadata?.['sha256'] };
  }

  async retention({ key, versionId }: ObjectVersion): Promise<Retention | undefined> {
    const command = new GetObjectRetentionCommand({
      Bucket: this.bucket,
      Key: key,
      VersionId: versionId,
    });
    try {
      const { Retention: found } = await this.#client.send(command, limit());
      if (found?.Mode === undefined || found.RetainUntilDate === undefined) return undefined;
      return { mode: found.Mode, untilMicros: found.RetainUntilDate.getTime() * MICROS_PER_MILLI };
    } catch (error) {
      if (saysUnlocked(error)) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#client.destroy();
  }
}

/** An object without retention, or a bucket without Object Lock. */
function saysUnlocked(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, message } = error;
  if (name === 'InvalidRequest') return /missing object ?lock ?configuration/i.test(message);
  return name === NO_LOCK_ON_OBJECT || NO_LOCK_IN_BUCKET.test(name);
}

function limit(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MILLIS) };
}
