/**
 * A small S3 server on loopback, for tests: path-style addresses over real HTTP; versions, delete
 * markers, Object Lock, conditional puts, MD5 and SHA-256 checksums, and faults on demand. It does
 * not check signatures: any credentials will do. The conformance suite holds it against a real
 * server with Object Lock.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NewObject, Retention, StoredVersion } from './s3/versioned-bucket.ts';
import { S3Refusal, VersionedBucket } from './s3/versioned-bucket.ts';

export type { StoredVersion } from './s3/versioned-bucket.ts';

/** What happens to the next put: an error status, a cut connection, or a cut after it was stored. */
export type PutFault = { readonly status: number } | 'reset' | 'resetAfterStoring';

/** A few versions a page, so that clients prove that they page. */
const PAGE_VERSIONS = 3;

interface Call {
  readonly bucket: VersionedBucket;
  readonly key: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

export class S3TestServer {
  readonly #buckets = new Map<string, VersionedBucket>();
  readonly #putFaults: PutFault[] = [];
  readonly #server: Server;
  /** The server's clock, for what must outlive its retention. */
  now = (): Date => new Date();
  puts = 0;
  /** What a request is answered with in place of the right answer; undefined: nothing. */
  refusal: (request: IncomingMessage) => S3Refusal | undefined = () => undefined;

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response).catch((error: unknown) => {
        if (error instanceof S3Refusal) fail(response, error);
        else response.destroy(error instanceof Error ? error : undefined);
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  createBucket(name: string, options: { versioning?: boolean; objectLock?: boolean } = {}): void {
    const { versioning = true, objectLock = true } = options;
    const now = (): Date => this.now();
    this.#buckets.set(name, new VersionedBucket({ versioning, objectLock, now }));
  }

  failNextPuts(...faults: PutFault[]): void {
    this.#putFaults.push(...faults);
  }

  versions(bucket: string): StoredVersion[] {
    return this.#buckets.get(bucket)?.versions ?? [];
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<ServerResponse> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, name = '', ...rest] = url.pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const refused = this.refusal(request);
    if (refused !== undefined) throw refused;
    if (key === '' && request.method === 'PUT' && url.search === '') {
      const objectLock = request.headers['x-amz-bucket-object-lock-enabled'] === 'true';
      this.createBucket(name, { objectLock, versioning: objectLock });
      return response.end();
    }
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new S3Refusal(404, 'NoSuchBucket');
    const call = { bucket, key, url, request, response, body };
    return key === '' ? onBucket(call) : this.#onObject(call);
  }

  #onObject(call: Call): ServerResponse {
    const { url, request } = call;
    if (url.searchParams.has('retention')) return onRetention(call);
    if (url.searchParams.has('legal-hold')) return onLegalHold(call);
    if (request.method === 'PUT') return this.#put(call);
    return request.method === 'DELETE' ? onDelete(call) : onGet(call);
  }

  #put(call: Call): ServerResponse {
    this.puts++;
    const fault = this.#putFaults.shift();
    if (fault === 'reset') return call.response.destroy();
    if (typeof fault === 'object') throw new S3Refusal(fault.status, 'InjectedFault');
    const object = newObject(call);
    checkConditions(call);
    const stored = call.bucket.put(object);
    if (fault === 'resetAfterStoring') return call.response.destroy();
    call.response.setHeader('etag', stored.etag);
    if (call.bucket.versioning !== undefined) {
      call.response.setHeader('x-amz-version-id', stored.versionId);
    }
    return call.response.end();
  }
}

function header({ request }: Call, name: string): string | undefined {
  return request.headers[name]?.toString();
}

function digest(algorithm: string, body: Buffer, encoding: 'base64' | 'hex'): string {
  return createHash(algorithm).update(body).digest(encoding);
}

function newObject(call: Call): NewObject {
  const { key, body } = call;
  const sha256 = header(call, 'x-amz-checksum-sha256');
  const md5 = header(call, 'content-md5');
  const retention = lockHeaders(call);
  const legalHold = header(call, 'x-amz-object-lock-legal-hold') === 'ON';
  if (sha256 !== undefined && sha256 !== digest('sha256', body, 'base64')) {
    throw new S3Refusal(400, 'BadDigest');
  }
  if (md5 !== undefined && md5 !== digest('md5', body, 'base64')) {
    throw new S3Refusal(400, 'BadDigest');
  }
  const isLocked = retention !== undefined || legalHold;
  if (isLocked && sha256 === undefined && md5 === undefined && !hasCrc(call)) {
    throw new S3Refusal(400, 'InvalidRequest');
  }
  const metadata = { 'x-amz-meta-sha256': header(call, 'x-amz-meta-sha256') ?? '' };
  const etag = `"${digest('md5', body, 'hex')}"`;
  return { key, body, etag, sha256, metadata, retention, legalHold };
}

function hasCrc(call: Call): boolean {
  return header(call, 'x-amz-checksum-crc32') !== undefined;
}

/** Mode and date go together. */
function lockHeaders(call: Call): Retention | undefined {
  const mode = header(call, 'x-amz-object-lock-mode');
  const until = header(call, 'x-amz-object-lock-retain-until-date');
  if (mode === undefined && until === undefined) return undefined;
  if (mode === undefined || until === undefined) throw new S3Refusal(400, 'InvalidArgument');
  return { mode, until: new Date(until) };
}

/** Conditions look at the current version only. */
function checkConditions(call: Call): void {
  const current = call.bucket.current(call.key);
  if (header(call, 'if-none-match') === '*' && current !== undefined) {
    throw new S3Refusal(412, 'PreconditionFailed');
  }
  const match = header(call, 'if-match');
  if (match === undefined) return;
  if (current === undefined) throw new S3Refusal(404, 'NoSuchKey');
  if (match !== current.etag) throw new S3Refusal(412, 'PreconditionFailed');
}

function versionOf({ bucket, key, url }: Call): StoredVersion {
  return bucket.find(key, url.searchParams.get('versionId') ?? undefined);
}

function mayBypass(call: Call): boolean {
  return header(call, 'x-amz-bypass-governance-retention') === 'true';
}

function onGet(call: Call): ServerResponse {
  const { response, request } = call;
  const found = versionOf(call);
  if (found.isDeleteMarker) throw new S3Refusal(405, 'MethodNotAllowed');
  response.setHeader('x-amz-version-id', found.versionId);
  response.setHeader('etag', found.etag);
  for (const [name, value] of Object.entries(found.metadata)) response.setHeader(name, value);
  if (found.sha256 !== undefined && request.headers['x-amz-checksum-mode'] === 'ENABLED') {
    response.setHeader('x-amz-checksum-sha256', found.sha256);
  }
  if (found.retention !== undefined) {
    response.setHeader('x-amz-object-lock-mode', found.retention.mode);
    const until = found.retention.until.toISOString();
    response.setHeader('x-amz-object-lock-retain-until-date', until);
  }
  response.setHeader('content-length', found.body.length);
  return response.end(request.method === 'HEAD' ? undefined : found.body);
}

function onDelete(call: Call): ServerResponse {
  const { bucket, key, url, response } = call;
  const marker = bucket.delete(
    key,
    url.searchParams.get('versionId') ?? undefined,
    mayBypass(call),
  );
  if (marker !== undefined) response.setHeader('x-amz-delete-marker', 'true');
  return response.writeHead(204).end();
}

function onRetention(call: Call): ServerResponse {
  const { bucket, request, response, body } = call;
  const found = versionOf(call);
  if (request.method === 'PUT') {
    const text = body.toString();
    const mode = /<Mode>(\w+)</.exec(text)?.[1] ?? '';
    const until = new Date(/<RetainUntilDate>([^<]+)</.exec(text)?.[1] ?? '');
    bucket.setRetention(found, { mode, until }, mayBypass(call));
    return response.end();
  }
  if (found.retention === undefined) throw new S3Refusal(404, 'NoSuchObjectLockConfiguration');
  const { mode, until } = found.retention;
  const date = `<RetainUntilDate>${until.toISOString()}</RetainUntilDate>`;
  return xml(response, `<Retention><Mode>${mode}</Mode>${date}</Retention>`);
}

function onLegalHold(call: Call): ServerResponse {
  const { bucket, request, response, body } = call;
  const found = versionOf(call);
  if (request.method === 'PUT') {
    bucket.setLegalHold(found, body.toString().includes('<Status>ON<'));
    return response.end();
  }
  return xml(response, `<LegalHold><Status>${found.legalHold ? 'ON' : 'OFF'}</Status></LegalHold>`);
}

function onBucket(call: Call): ServerResponse {
  const { url, request, response } = call;
  const isPut = request.method === 'PUT';
  if (url.searchParams.has('versioning')) return isPut ? putVersioning(call) : getVersioning(call);
  if (url.searchParams.has('object-lock')) return isPut ? putLock(call) : getLock(call);
  if (url.searchParams.has('delete')) return bulkDelete(call);
  return xml(response, listing(call));
}

function putVersioning({ bucket, body, response }: Call): ServerResponse {
  bucket.setVersioning(body.toString().includes('>Enabled<') ? 'Enabled' : 'Suspended');
  return response.end();
}

function getVersioning({ bucket, response }: Call): ServerResponse {
  const { versioning } = bucket;
  const status = versioning === undefined ? '' : `<Status>${versioning}</Status>`;
  return xml(response, `<VersioningConfiguration>${status}</VersioningConfiguration>`);
}

function putLock({ bucket, body, response }: Call): ServerResponse {
  const text = body.toString();
  const mode = /<Mode>(\w+)</.exec(text)?.[1] ?? '';
  bucket.setDefaultRetention({ mode, days: Number(/<Days>(\d+)</.exec(text)?.[1]) });
  return response.end();
}

function getLock({ bucket, response }: Call): ServerResponse {
  if (!bucket.objectLock) throw new S3Refusal(404, 'ObjectLockConfigurationNotFoundError');
  const rule = bucket.defaultRetention;
  const text =
    rule === undefined
      ? ''
      : `<Rule><DefaultRetention><Mode>${rule.mode}</Mode><Days>${rule.days}</Days></DefaultRetention></Rule>`;
  const enabled = '<ObjectLockEnabled>Enabled</ObjectLockEnabled>';
  return xml(response, `<ObjectLockConfiguration>${enabled}${text}</ObjectLockConfiguration>`);
}

function bulkDelete(call: Call): ServerResponse {
  const results = [...call.body.toString().matchAll(/<Object>(.*?)<\/Object>/gs)].map(
    ([, item]) => {
      const key = /<Key>([^<]*)</.exec(item ?? '')?.[1] ?? '';
      const versionId = /<VersionId>([^<]*)</.exec(item ?? '')?.[1];
      try {
        call.bucket.delete(key, versionId, mayBypass(call));
        return `<Deleted><Key>${key}</Key></Deleted>`;
      } catch (error) {
        const code = error instanceof S3Refusal ? error.code : 'InternalError';
        return `<Error><Key>${key}</Key><Code>${code}</Code></Error>`;
      }
    },
  );
  return xml(call.response, `<DeleteResult>${results.join('')}</DeleteResult>`);
}

function listing({ bucket, url }: Call): string {
  const prefix = url.searchParams.get('prefix') ?? '';
  const all = bucket.versions.filter((each) => each.key.startsWith(prefix));
  const marker = url.searchParams.get('version-id-marker');
  const start = marker === null ? 0 : all.findIndex((each) => each.versionId === marker) + 1;
  const page = all.slice(start, start + PAGE_VERSIONS);
  const last = page.at(-1);
  const items = page.map(({ key, versionId, isDeleteMarker, storedAt }) => {
    const tag = isDeleteMarker ? 'DeleteMarker' : 'Version';
    const date = `<LastModified>${storedAt.toISOString()}</LastModified>`;
    return `<${tag}><Key>${key}</Key><VersionId>${versionId}</VersionId>${date}</${tag}>`;
  });
  const isTruncated = start + page.length < all.length;
  const next = isTruncated
    ? `<NextKeyMarker>${last?.key}</NextKeyMarker><NextVersionIdMarker>${last?.versionId}</NextVersionIdMarker>`
    : '';
  return `<ListVersionsResult><IsTruncated>${isTruncated}</IsTruncated>${next}${items.join('')}</ListVersionsResult>`;
}

function xml(response: ServerResponse, text: string): ServerResponse {
  response.setHeader('content-type', 'application/xml');
  return response.end(`<?xml version="1.0" encoding="UTF-8"?>${text}`);
}

function fail(response: ServerResponse, { status, code, headers }: S3Refusal): ServerResponse {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  return xml(response, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
