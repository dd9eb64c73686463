/** OAuth of the stub: refresh grants only, flat answers, errors of RFC 6749. */
import type { StubClock } from './stub-clock.ts';
import type { StubReply } from './stub-wire.ts';

const BEARER = 'Bearer ';

export class StubLogin {
  readonly clientSecret = 'stub-client-secret';
  refreshToken = 'stub-refresh-token';
  /** Seconds that an access token lives. */
  lifeSeconds = 900;
  /** Renews the refresh token with each login, and takes the old one no more. */
  rotates = false;
  logins = 0;
  readonly #clock: StubClock;
  readonly #endOf = new Map<string, number>();

  constructor(clock: StubClock) {
    this.#clock = clock;
  }

  token(body: string, contentType: string): StubReply {
    const grant = readGrant(body, contentType);
    if (grant['grant_type'] !== 'refresh_token') return refusal('unsupported_grant_type');
    if (grant['client_secret'] !== this.clientSecret) return refusal('invalid_client');
    if (grant['refresh_token'] !== this.refreshToken) return refusal('invalid_grant');
    this.logins += 1;
    const token = `stub-access-${this.logins}`;
    this.#endOf.set(token, this.#clock.millis + this.lifeSeconds * 1_000);
    if (this.rotates) this.refreshToken = `stub-refresh-token-${this.logins}`;
    const renewed = this.rotates ? { refresh_token: this.refreshToken } : {};
    const flat = { access_token: token, token_type: 'Bearer', expires_in: this.lifeSeconds };
    return { status: 200, body: { ...flat, ...renewed } };
  }

  isValid(authorization: string | undefined): boolean {
    const token = authorization?.startsWith(BEARER) ? authorization.slice(BEARER.length) : '';
    return (this.#endOf.get(token) ?? 0) > this.#clock.millis;
  }

  /** Ends every access token now. */
  revoke(): void {
    this.#endOf.clear();
  }
}

function readGrant(body: string, contentType: string): Record<string, unknown> {
  if (contentType.includes('form')) return Object.fromEntries(new URLSearchParams(body));
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function refusal(error: string): StubReply {
  return { status: 400, body: { error, error_description: `The stub says ${error}` } };
}
