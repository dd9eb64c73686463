/** Who calls: the bearer of a token, or, where none is set, whoever is on this machine. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../desk/engine-api.ts';
import type { HttpFault } from './http-reply.ts';

const PRINCIPAL_CHARACTERS = 16;
const SCHEME = /^Bearer +(\S+)$/i;

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Knows tokens by their hashes alone. Immutable. */
export class BearerAuth {
  readonly #hashes: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#hashes = tokens.map(sha256);
  }

  /** True where a token is needed. */
  get isOn(): boolean {
    return this.#hashes.length > 0;
  }

  /** The caller of a request, or why there is none. Takes the same time for every wrong token. */
  callerOf(request: IncomingMessage): Caller | HttpFault {
    if (!this.isOn) return { principal: 'local', authority: 'open' };
    const token = SCHEME.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return unauthorized('send the token as Authorization: Bearer …');
    const given = sha256(token);
    let isKnown = false;
    for (const hash of this.#hashes) isKnown = timingSafeEqual(hash, given) || isKnown;
    if (!isKnown) return unauthorized('this token is not known; it is the one in MCP_TOKEN');
    const principal = `bearer:${given.toString('hex').slice(0, PRINCIPAL_CHARACTERS)}`;
    return { principal, authority: 'open' };
  }
}

function unauthorized(message: string): HttpFault {
  const headers = { 'WWW-Authenticate': 'Bearer realm="deltaring"' };
  return { status: 401, code: 'UNAUTHORIZED', message, headers };
}
