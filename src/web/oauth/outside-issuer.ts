/**
 * Access tokens of an authorization server elsewhere: JWTs signed by the keys it publishes, meant for
 * this engine's MCP endpoint (audience), not expired. Main thread only.
 */
import type { JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { ClientRights } from '../../engine/domain/client-rights.ts';
import { isScope } from '../../mcp/scopes.ts';
import type { CallLimits } from '../../ops/outgoing-call.ts';
import { OutgoingCalls } from '../../ops/outgoing-call.ts';
import type { TokenHolder } from './token-holder.ts';

const TIMEOUT_MILLIS = 5_000;
/** An issuer that fails is left alone for a while: whoever comes meanwhile, with whatever token, hears at
 * once that it cannot be checked. */
const CALLS: CallLimits = {
  callsPerMinute: 30,
  timeoutMillis: TIMEOUT_MILLIS,
  attempts: 1,
  firstWaitMillis: 1,
  mostWaitMillis: 1,
  failuresToOpen: 3,
  restMillis: 10_000,
};
const MOST_BYTES = 256 * 1_024;
const CLOCK_TOLERANCE_SECONDS = 5;
/** Where RFC 8414 and OpenID Connect put a server's metadata. */
const METADATA_PATHS = [
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
];
/** Signatures only: `none` and shared secrets prove nothing about the issuer. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
];

const metadataShape = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });
const claimsShape = z.looseObject({
  sub: z.string(),
  scope: z.string().optional(),
  scp: z.array(z.string()).optional(),
});

export interface OutsideIssuer {
  readonly issuer: string;
  /** The URL of the MCP endpoint: what tokens must be for. */
  readonly resource: string;
  /** What each of its clients may do. */
  readonly rights: ClientRights;
}

/** Loaded with the first token: most engines have no such issuer. */
function jose(): Promise<typeof import('jose')> {
  return import('jose');
}

function metadataUrls(issuer: string): readonly URL[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname === '/' ? '' : pathname.replace(/\/$/, '');
  const inserted = METADATA_PATHS.map((known) => new URL(`${known}${path}`, origin));
  return path === '' ? inserted : [...inserted, new URL(`${path}${METADATA_PATHS[1]}`, origin)];
}

/** The text that is there; throws where there is none, or too much. */
async function textFrom(url: string | URL, init: RequestInit): Promise<string> {
  const response = await fetch(url, { ...init, redirect: 'error' });
  const text = await response.text();
  if (!response.ok) throw new Error(`${String(url)} answered ${response.status}`);
  if (text.length > MOST_BYTES) throw new Error(`${String(url)} is too large`);
  return text;
}

async function jsonFrom(url: URL, signal: AbortSignal): Promise<unknown> {
  return JSON.parse(await textFrom(url, { signal }));
}

/** The address of the issuer's keys, from the first metadata document that is its own. */
async function keysUrl(issuer: string, signal: AbortSignal): Promise<URL> {
  for (const url of metadataUrls(issuer)) {
    const metadata = metadataShape.safeParse(await jsonFrom(url, signal).catch(() => undefined));
    if (metadata.success && metadata.data.issuer === issuer) return new URL(metadata.data.jwks_uri);
  }
  throw new Error(`${issuer} publishes no metadata with its keys`);
}

/** Verifies tokens; the keys are fetched at the first one, and again when they rotate. */
export class OutsideTokens {
  readonly #options: OutsideIssuer;
  readonly #calls = new OutgoingCalls(CALLS);
  #keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(options: OutsideIssuer) {
    this.#options = options;
  }

  /** Who holds the token; undefined where it is not one for this engine. Throws where the issuer's
   * keys cannot be had; it is asked a few times at most, however many tokens come. */
  async holderOf(token: string): Promise<TokenHolder | undefined> {
    const { issuer, resource, rights } = this.#options;
    const keys = await this.#keySet();
    const { errors, jwtVerify } = await jose();
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience: resource,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['exp', 'sub'],
      });
      const claims = claimsShape.parse(payload);
      const scopes = claims.scp ?? claims.scope?.split(' ') ?? [];
      const subject = `${issuer} ${claims.sub}`;
      return { subject, scopes: scopes.filter(isScope), rights };
    } catch (error) {
      const isUnreachable =
        error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError);
      if (isUnreachable && !(error instanceof z.ZodError)) throw error;
      return undefined;
    }
  }

  async #keySet(): Promise<JWTVerifyGetKey> {
    const { issuer } = this.#options;
    this.#keys ??= this.#calls
      .run((signal) => keysUrl(issuer, signal))
      .then(async (url) => {
        const library = await jose();
        return library.createRemoteJWKSet(url, {
          timeoutDuration: TIMEOUT_MILLIS,
          [library.customFetch]: (to, init) => this.#keysFrom(to, init),
        });
      });
    try {
      return await this.#keys;
    } catch (error) {
      this.#keys = undefined;
      throw error;
    }
  }

  /** Read whole within the call, for its signal ends with it. */
  async #keysFrom(
    url: string,
    init: RequestInit & { readonly signal: AbortSignal },
  ): Promise<Response> {
    const text = await this.#calls.run((signal) =>
      textFrom(url, { ...init, signal: AbortSignal.any([signal, init.signal]) }),
    );
    return new Response(text);
  }
}
