/**
 * A small S3 server on loopback, for tests: path-style addresses over real HTTP; versions, delete
 * markers, Object Lock retention, conditional puts, SHA-256 checksums, and faults on demand. It does
 * not check signatures: any credentials will do.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StoredVersion {
  readonly key: string;
  readonly versionId: string;
  readonly body: Buffer;
  readonly isDeleteMarker: boolean;
  readonly sha256: string | undefined;
  readonly metadata: Record<string, string>;
  lockMode: string | undefined;
  retainUntil: string | undefined;
}

interface Bucket {
  readonly versioning: boolean;
  readonly objectLock: boolean;
  /** Oldest first. */
  readonly versions: StoredVersion[];
}

/** What happens to the next put: an error status, a cut connection, or a cut after it was stored. */
export type PutFault = { readonly status: number } | 'reset' | 'resetAfterStoring';

export class S3TestServer {
  readonly #buckets = new Map<string, Bucket>();
  readonly #putFaults: PutFault[] = [];
  readonly #server: Server;
  #lastVersion = 0;
  puts = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
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
    this.#buckets.set(name, { versioning, objectLock, versions: [] });
  }

  failNextPuts(...faults: PutFault[]): void {
    this.#putFaults.push(...faults);
  }

  versions(bucket: string): StoredVersion[] {
    return this.#buckets.get(bucket)?.versions ?? [];
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<ServerResponse> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, bucketName = '', ...rest] = url.pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bucket = this.#buckets.get(bucketName);
    if (bucket === undefined) return fail(response, 404, 'NoSuchBucket');
    if (key === '') return this.#onBucket(bucket, url, response);
    const call = { bucket, key, url, request, response, body: Buffer.concat(chunks) };
    if (url.searchParams.has('retention')) return onRetention(call);
    if (request.method === 'PUT') return this.#put(call);
    if (request.method === 'DELETE') return this.#delete(call);
    return get(call);
  }

  #onBucket(bucket: Bucket, url: URL, response: ServerResponse): ServerResponse {
    if (url.searchParams.has('versioning')) {
      const status = bucket.versioning ? '<Status>Enabled</Status>' : '';
      return xml(response, `<VersioningConfiguration>${status}</VersioningConfiguration>`);
    }
    if (url.searchParams.has('object-lock')) {
      if (!bucket.objectLock) return fail(response, 404, 'ObjectLockConfigurationNotFoundError');
      const enabled = '<ObjectLockEnabled>Enabled</ObjectLockEnabled>';
      return xml(response, `<ObjectLockConfiguration>${enabled}</ObjectLockConfiguration>`);
    }
    return xml(response, listing(bucket, url));
  }

  #put(call: Call): ServerResponse {
    this.puts++;
    const fault = this.#putFaults.shift();
    if (fault === 'reset') return call.response.destroy();
    if (typeof fault === 'object') return fail(call.response, fault.status, 'InjectedFault');
    const refused = putRefusal(call);
    if (refused !== undefined) return fail(call.response, ...refused);
    const stored = this.#store(call);
    if (fault === 'resetAfterStoring') return call.response.destroy();
    return call.response.setHeader('x-amz-version-id', stored.versionId).end();
  }

  #store({ bucket, key, request, body }: Call): StoredVersion {
    const header = (name: string): string | undefined => request.headers[name]?.toString();
    const stored: StoredVersion = {
      key,
      versionId: `v${++this.#lastVersion}`,
      body,
      isDeleteMarker: false,
      sha256: header('x-amz-checksum-sha256'),
      metadata: { 'x-amz-meta-sha256': header('x-amz-meta-sha256') ?? '' },
      lockMode: header('x-amz-object-lock-mode'),
      retainUntil: header('x-amz-object-lock-retain-until-date'),
    };
    bucket.versions.push(stored);
    return stored;
  }

  #delete({ bucket, key, url, response }: Call): ServerResponse {
    const versionId = url.searchParams.get('versionId');
    if (versionId === null) {
      bucket.versions.push({
        key,
        versionId: `v${++this.#lastVersion}`,
        body: Buffer.alloc(0),
        isDeleteMarker: true,
        sha256: undefined,
        metadata: {},
        lockMode: undefined,
        retainUntil: undefined,
      });
      return response.writeHead(204).end();
    }
    const index = bucket.versions.findIndex((each) => each.versionId === versionId);
    const found = bucket.versions[index];
    if (found?.retainUntil !== undefined && Date.parse(found.retainUntil) > Date.now()) {
      return fail(response, 403, 'AccessDenied');
    }
    if (index >= 0) bucket.versions.splice(index, 1);
    return response.writeHead(204).end();
  }
}

interface Call {
  readonly bucket: Bucket;
  readonly key: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

function putRefusal({ bucket, key, request, body }: Call): [number, string] | undefined {
  const current = bucket.versions.filter((each) => each.key === key).at(-1);
  const exists = current !== undefined && !current.isDeleteMarker;
  if (request.headers['if-none-match'] === '*' && exists) return [412, 'PreconditionFailed'];
  const claimed = request.headers['x-amz-checksum-sha256'];
  const actual = createHash('sha256').update(body).digest('base64');
  if (claimed !== undefined && claimed !== actual) return [400, 'BadDigest'];
  const mode = request.headers['x-amz-object-lock-mode'];
  if (mode === undefined) return undefined;
  if (!bucket.objectLock) return [400, 'InvalidRequest'];
  if (claimed === undefined && request.headers['content-md5'] === undefined)
    return [400, 'InvalidRequest'];
  const until = Date.parse(String(request.headers['x-amz-object-lock-retain-until-date']));
  return until > Date.now() ? undefined : [400, 'InvalidArgument'];
}

function versionOf({ bucket, key, url }: Call): StoredVersion | undefined {
  const versionId = url.searchParams.get('versionId');
  const versions = bucket.versions.filter((each) => each.key === key);
  return versionId === null
    ? versions.at(-1)
    : versions.find((each) => each.versionId === versionId);
}

function get(call: Call): ServerResponse {
  const { response, request } = call;
  const found = versionOf(call);
  if (found === undefined || found.isDeleteMarker) return fail(response, 404, 'NoSuchKey');
  response.setHeader('x-amz-version-id', found.versionId);
  for (const [name, value] of Object.entries(found.metadata)) response.setHeader(name, value);
  if (found.sha256 !== undefined && request.headers['x-amz-checksum-mode'] === 'ENABLED') {
    response.setHeader('x-amz-checksum-sha256', found.sha256);
  }
  if (found.lockMode !== undefined) response.setHeader('x-amz-object-lock-mode', found.lockMode);
  response.setHeader('content-length', found.body.length);
  return response.end(request.method === 'HEAD' ? undefined : found.body);
}

function onRetention(call: Call): ServerResponse {
  const { request, response, body } = call;
  const found = versionOf(call);
  if (found === undefined) return fail(response, 404, 'NoSuchKey');
  if (request.method === 'PUT') {
    const until = /<RetainUntilDate>([^<]+)</.exec(body.toString())?.[1];
    const isShorter = Date.parse(until ?? '') < Date.parse(found.retainUntil ?? '');
    if (until === undefined || isShorter) return fail(response, 403, 'AccessDenied');
    found.retainUntil = until;
    return response.end();
  }
  if (found.lockMode === undefined) return fail(response, 404, 'NoSuchObjectLockConfiguration');
  const text = `<Mode>${found.lockMode}</Mode><RetainUntilDate>${found.retainUntil}</RetainUntilDate>`;
  return xml(response, `<Retention>${text}</Retention>`);
}

const PAGE_VERSIONS = 3;

/** A few versions a page, so that clients prove that they page. */
function listing(bucket: Bucket, url: URL): string {
  const prefix = url.searchParams.get('prefix') ?? '';
  const all = bucket.versions.filter((each) => each.key.startsWith(prefix));
  const marker = url.searchParams.get('version-id-marker');
  const start = marker === null ? 0 : all.findIndex((each) => each.versionId === marker) + 1;
  const page = all.slice(start, start + PAGE_VERSIONS);
  const last = page.at(-1);
  const items = page.map(({ key, versionId, isDeleteMarker }) => {
    const tag = isDeleteMarker ? 'DeleteMarker' : 'Version';
    return `<${tag}><Key>${key}</Key><VersionId>${versionId}</VersionId></${tag}>`;
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

function fail(response: ServerResponse, status: number, code: string): ServerResponse {
  response.statusCode = status;
  return xml(response, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
