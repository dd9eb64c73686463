/** Who calls: the bearer of a token, or, where none is needed, whoever is on this machine. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Bearer } from '../config.ts';
import type { ClientRights } from '../engine/domain/client-rights.ts';
import { FULL_RIGHTS } from '../engine/domain/client-rights.ts';
import type { Visitor } from '../mcp/face.ts';
import type { Scope } from '../mcp/scopes.ts';
import { SCOPES } from '../mcp/scopes.ts';
import type { HttpFault } from './http-reply.ts';
import type { OAuthRoom } from './oauth/oauth-room.ts';
import type { TokenHolder } from './oauth/token-holder.ts';

const PRINCIPAL_CHARACTERS = 16;
const SCHEME = /^Bearer +(\S+)$/i;

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function shortHash(hash: Buffer): string {
  return hash.toString('hex').slice(0, PRINCIPAL_CHARACTERS);
}

type OAuthTokens = Pick<OAuthRoom, 'resourceMetadataUrl' | 'holderOf'>;

/** Knows the operator's tokens by their hashes alone, and asks OAuth about every other. Immutable. */
export class BearerAuth {
  readonly #known: readonly { readonly hash: Buffer; readonly rights: ClientRights }[];
  readonly #oauth: OAuthTokens | undefined;

  constructor(bearers: readonly Bearer[], oauth?: OAuthTokens) {
    this.#known = bearers.map(({ token, rights }) => ({ hash: sha256(token), rights }));
    this.#oauth = oauth;
  }

  /** True where a token is needed. */
  get isOn(): boolean {
    return this.#known.length > 0 || this.#oauth !== undefined;
  }

  /** The caller of a request, or why there is none. Takes the same time for every wrong token of the
   * operator's. */
  async callerOf(request: IncomingMessage): Promise<Visitor | HttpFault> {
    if (!this.isOn) return { principal: 'local', ...FULL_RIGHTS };
    const token = SCHEME.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) {
      return this.#unauthorized('send the token as Authorization: Bearer …', undefined);
    }
    const given = sha256(token);
    let held: ClientRights | undefined;
    for (const { hash, rights } of this.#known) if (timingSafeEqual(hash, given)) held = rights;
    if (held !== undefined) return { principal: `bearer:${shortHash(given)}`, ...held };
    const holder = await this.#holderOf(token);
    if (holder !== undefined && 'status' in holder) return holder;
    if (holder === undefined) {
      const known = this.#oauth === undefined ? 'MCP_TOKEN' : 'MCP_TOKEN, or a live one of OAuth';
      return this.#unauthorized(
        `this token is not known; it is the one in ${known}`,
        'invalid_token',
      );
    }
    const principal = `oauth:${shortHash(sha256(holder.subject))}`;
    return { principal, ...holder.rights, scopes: holder.scopes };
  }

  /** The refusal of a token that lacks a scope, with what to ask for (RFC 6750, section 3.1). */
  insufficientScope(scope: Scope): HttpFault {
    return {
      status: 403,
      code: 'INSUFFICIENT_SCOPE',
      message: `this needs the scope ${scope}, which the token lacks: connect again and ask for it`,
      headers: { 'WWW-Authenticate': this.#challenge('insufficient_scope', scope) },
    };
  }

  async #holderOf(token: string): Promise<TokenHolder | HttpFault | undefined> {
    try {
      return await this.#oauth?.holderOf(token);
    } catch {
      const message = 'the authorization server does not answer, so tokens cannot be checked now';
      return { status: 503, code: 'AUTHORIZATION_SERVER_DOWN', message };
    }
  }

  #unauthorized(message: string, error: string | undefined): HttpFault {
    const headers = { 'WWW-Authenticate': this.#challenge(error, SCOPES.join(' ')) };
    return { status: 401, code: 'UNAUTHORIZED', message, headers };
  }

  #challenge(error: string | undefined, scope: string): string {
    const parts = ['realm="deltaring"'];
    if (error !== undefined) parts.push(`error="${error}"`);
    if (this.#oauth !== undefined) {
      parts.push(`scope="${scope}"`, `resource_metadata="${this.#oauth.resourceMetadataUrl}"`);
    }
    return `Bearer ${parts.join(', ')}`;
  }
}
