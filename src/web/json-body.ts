/** Reads a request's body as JSON, within limits. */
import type { IncomingMessage } from 'node:http';
import type { HttpFault } from './http-reply.ts';

/** No call of a tool comes near. */
export const MOST_BODY_BYTES = 64 * 1_024;
/** A body beyond the limit is read on so far, so that its sender can hear the answer. */
const MOST_DISCARDED_BYTES = 1_024 * 1_024;

const TOO_LARGE: HttpFault = {
  status: 413,
  code: 'BODY_TOO_LARGE',
  message: `the body is larger than ${MOST_BODY_BYTES / 1_024} KB`,
  headers: { Connection: 'close' },
};
const NOT_JSON: HttpFault = {
  status: 415,
  code: 'NOT_JSON',
  message: 'send the body as Content-Type: application/json',
};
const MALFORMED: HttpFault = {
  status: 400,
  code: 'MALFORMED_JSON',
  message: 'the body is not valid JSON',
};

function readBytes(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_BODY_BYTES) chunks.push(chunk);
      else if (bytes > MOST_DISCARDED_BYTES) resolve(undefined);
    });
    request.once('end', () =>
      resolve(bytes <= MOST_BODY_BYTES ? Buffer.concat(chunks) : undefined),
    );
    request.once('error', reject);
    request.once('close', () => resolve(undefined));
  });
}

export interface JsonBody {
  readonly json: unknown;
}

/** The body, or what is wrong with it. Rejects only when the connection broke. */
export async function readJsonBody(request: IncomingMessage): Promise<JsonBody | HttpFault> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return NOT_JSON;
  if (Number(request.headers['content-length'] ?? 0) > MOST_DISCARDED_BYTES) return TOO_LARGE;
  const bytes = await readBytes(request);
  if (bytes === undefined) return TOO_LARGE;
  try {
    return { json: JSON.parse(bytes.toString('utf8')) };
  } catch {
    return MALFORMED;
  }
}
