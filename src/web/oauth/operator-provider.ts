/**
 * The embedded authorization server's decisions: a client asks, the operator agrees with a pairing
 * code from the console, and codes and tokens follow (OAuth 2.1 with PKCE; RFC 8707 resource, RFC
 * 9207 issuer). Main thread only.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  InvalidGrantError,
  InvalidTargetError,
  InvalidTokenError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type {
  AuthorizationParams,
  OAuthServerProvider,
} from '@modelcontextprotocol/sdk/server/auth/provider.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type {
  OAuthClientInformationFull,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import type { Response } from 'express';
import type { ClientRights } from '../../engine/domain/client-rights.ts';
import { LRUMapWithDelete } from '../../engine/domain/lru-map.ts';
import type { Scope } from '../../mcp/scopes.ts';
import { isScope, SCOPES } from '../../mcp/scopes.ts';
import type { ClientDirectory } from './client-directory.ts';
import { plainName } from './client-directory.ts';
import type { ConsentView } from './consent-page.ts';
import type { GrantBook, GrantedClient, IssuedTokens } from './grant-book.ts';
import { ACCESS_SECONDS } from './grant-book.ts';
import type { PairingDesk } from './pairing.ts';

const REQUEST_SECONDS = 600;
const CODE_SECONDS = 60;
const MOST_REQUESTS = 64;
const CODE_BYTES = 32;
/** What a client gets that names no scope: everything but sending orders. */
const UNASKED_SCOPES = SCOPES.filter((scope) => scope !== 'trade.execute');

type Exchange = Parameters<OAuthServerProvider['exchangeAuthorizationCode']>;

interface AskedConsent {
  readonly client: OAuthClientInformationFull;
  readonly params: AuthorizationParams;
  readonly scopes: readonly Scope[];
  readonly untilSeconds: number;
}

interface Code extends GrantedClient {
  readonly params: AuthorizationParams;
  readonly untilSeconds: number;
  /** The access token that it was exchanged for. */
  access?: string;
}

/** What the operator answered on the consent page. */
export interface ConsentAnswer {
  readonly requestId: string;
  readonly allow: boolean;
  readonly pairingCode: string;
  readonly scopes: readonly string[];
  /** What it may do; undefined = what was written cannot be read. */
  readonly rights: ClientRights | undefined;
}

export type ConsentOutcome =
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'again'; readonly view: ConsentView }
  | { readonly kind: 'gone' };

export interface ProviderParts {
  readonly issuer: string;
  /** The URL of the MCP endpoint: what tokens are for. */
  readonly resource: string;
  readonly clients: ClientDirectory;
  readonly grants: GrantBook;
  readonly pairing: PairingDesk;
  readonly nowSeconds: () => number;
  /** Shows the consent page. */
  readonly show: (response: Response, view: ConsentView) => void;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const FAULTS = {
  dollars: 'Write the most that it may have at risk in whole dollars, as 500.',
  none: 'There is no pairing code that still lives: run `deltaring pair` for a new one.',
  wrong: 'That is not the code. After five wrong ones, run `deltaring pair` again.',
} as const;

export class OperatorProvider implements OAuthServerProvider {
  readonly #parts: ProviderParts;
  readonly #asked = new LRUMapWithDelete<string, AskedConsent>(MOST_REQUESTS);
  readonly #codes = new LRUMapWithDelete<string, Code>(MOST_REQUESTS);

  constructor(parts: ProviderParts) {
    this.#parts = parts;
  }

  get clientsStore(): ClientDirectory {
    return this.#parts.clients;
  }

  /** Shows the consent page, or sends the client away with what is wrong. */
  async authorize(
    client: OAuthClientInformationFull,
    params: AuthorizationParams,
    response: Response,
  ): Promise<void> {
    const asked = params.scopes?.filter((scope) => scope !== '') ?? [];
    const scopes = asked.length === 0 ? UNASKED_SCOPES : asked.filter(isScope);
    if (scopes.length === 0) {
      response.redirect(302, this.#away(params, { error: 'invalid_scope' }));
      return;
    }
    if (!this.#isOurs(params.resource)) {
      response.redirect(302, this.#away(params, { error: 'invalid_target' }));
      return;
    }
    const untilSeconds = this.#parts.nowSeconds() + REQUEST_SECONDS;
    const requestId = randomUUID();
    const request = { client, params, scopes, untilSeconds };
    this.#asked.set(requestId, request);
    this.#parts.show(response, this.#view(requestId, request));
  }

  /** Acts on the consent page's form. */
  consent(answer: ConsentAnswer): ConsentOutcome {
    const { requestId } = answer;
    const request = this.#asked.get(requestId);
    if (request === undefined || request.untilSeconds < this.#parts.nowSeconds()) {
      return { kind: 'gone' };
    }
    const { params } = request;
    if (!answer.allow) {
      this.#asked.delete(requestId);
      return { kind: 'redirect', to: this.#away(params, { error: 'access_denied' }) };
    }
    const scopes = request.scopes.filter((scope) => answer.scopes.includes(scope));
    if (scopes.length === 0) {
      const fault = 'Nothing is ticked: allow something, or refuse.';
      return { kind: 'again', view: this.#view(requestId, request, fault) };
    }
    const { rights } = answer;
    if (rights === undefined) {
      return { kind: 'again', view: this.#view(requestId, request, FAULTS.dollars) };
    }
    const verdict = this.#parts.pairing.redeem(answer.pairingCode);
    if (verdict !== 'right') {
      return { kind: 'again', view: this.#view(requestId, request, FAULTS[verdict]) };
    }
    this.#asked.delete(requestId);
    return {
      kind: 'redirect',
      to: this.#away(params, { code: this.#mint(request, scopes, rights) }),
    };
  }

  async challengeForAuthorizationCode(
    client: OAuthClientInformationFull,
    code: string,
  ): Promise<string> {
    return this.#codeOf(client, code).params.codeChallenge;
  }

  async exchangeAuthorizationCode(
    ...[client, code, , redirectUri, resource]: Exchange
  ): Promise<OAuthTokens> {
    const held = this.#codeOf(client, code);
    if (redirectUri !== undefined && redirectUri !== held.params.redirectUri) {
      throw new InvalidGrantError('redirect_uri is not the one that the code was asked for');
    }
    if (!this.#isOurs(resource))
      throw new InvalidTargetError('this server serves no such resource');
    const tokens = this.#parts.grants.open(held);
    held.access = tokens.access;
    return wireTokens(tokens);
  }

  async exchangeRefreshToken(
    client: OAuthClientInformationFull,
    refreshToken: string,
    scopes?: string[],
    resource?: URL,
  ): Promise<OAuthTokens> {
    if (!this.#isOurs(resource))
      throw new InvalidTargetError('this server serves no such resource');
    const { grants } = this.#parts;
    const isNamed = scopes?.some((scope) => scope !== '') === true;
    const narrowed = isNamed ? scopes.filter(isScope) : undefined;
    const tokens = grants.refresh(client.client_id, refreshToken, narrowed);
    if (tokens === undefined) throw new InvalidGrantError('this refresh token is not valid');
    return wireTokens(tokens);
  }

  async verifyAccessToken(token: string): Promise<AuthInfo> {
    const grant = this.#parts.grants.find(token);
    if (grant === undefined) throw new InvalidTokenError('this access token is not valid');
    const { clientId, scopes, accessUntilSeconds } = grant;
    const resource = new URL(this.#parts.resource);
    return { token, clientId, scopes, expiresAt: accessUntilSeconds, resource };
  }

  async revokeToken(client: OAuthClientInformationFull, request: { token: string }): Promise<void> {
    this.#parts.grants.revoke(client.client_id, request.token);
  }

  #isOurs(resource: URL | undefined): boolean {
    return resource === undefined || resource.href === new URL(this.#parts.resource).href;
  }

  #view(requestId: string, asked: AskedConsent, fault?: string): ConsentView {
    const { client, params, scopes } = asked;
    const clientName = nameOf(client);
    const { redirectUri } = params;
    return { requestId, clientName, clientId: client.client_id, redirectUri, scopes, fault };
  }

  /** Back to the client, with who answers (RFC 9207) and the state it sent. */
  #away(params: AuthorizationParams, answer: Readonly<Record<string, string>>): string {
    const url = new URL(params.redirectUri);
    for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
    if (params.state !== undefined) url.searchParams.set('state', params.state);
    url.searchParams.set('iss', this.#parts.issuer);
    return url.href;
  }

  #mint({ client, params }: AskedConsent, scopes: readonly Scope[], rights: ClientRights): string {
    const code = randomBytes(CODE_BYTES).toString('base64url');
    this.#codes.set(sha256(code), {
      clientId: client.client_id,
      clientName: nameOf(client),
      params,
      scopes,
      rights,
      untilSeconds: this.#parts.nowSeconds() + CODE_SECONDS,
    });
    return code;
  }

  /** A code serves once; one that comes back ends what it was exchanged for (RFC 6749, 4.1.2). */
  #codeOf(client: OAuthClientInformationFull, code: string): Code {
    const held = this.#codes.get(sha256(code));
    const isTheirs = held?.clientId === client.client_id;
    if (held !== undefined && isTheirs && held.access !== undefined) {
      this.#parts.grants.revoke(held.clientId, held.access);
      this.#codes.delete(sha256(code));
    }
    const isLive = held !== undefined && held.untilSeconds >= this.#parts.nowSeconds();
    if (!isLive || !isTheirs || held.access !== undefined) {
      throw new InvalidGrantError('this authorization code is not valid: ask for consent again');
    }
    return held;
  }
}

function nameOf(client: OAuthClientInformationFull): string {
  return plainName(client.client_name, 'A client without a name');
}

function wireTokens({ access, refresh, scopes }: IssuedTokens): OAuthTokens {
  return {
    access_token: access,
    token_type: 'Bearer',
    expires_in: ACCESS_SECONDS,
    refresh_token: refresh,
    scope: scopes.join(' '),
  };
}
