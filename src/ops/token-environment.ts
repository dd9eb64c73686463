/** Which environment a login belongs to, as far as its token tells. Pure; nothing is verified here. */

export type TokenEnvironment = 'sandbox' | 'live';

const SANDBOX_ISSUER = /\bcert\b|staging|sandbox/i;
const LIVE_ISSUER = /tastyworks\.com|tastytrade\.com/i;

/** Reads the issuer of a JWT. Undefined for a token that is none, or of an issuer nobody knows. */
export function environmentOfToken(token: string): TokenEnvironment | undefined {
  const [, payload] = token.split('.');
  if (payload === undefined) return undefined;
  const issuer = issuerIn(payload);
  if (issuer === undefined) return undefined;
  if (SANDBOX_ISSUER.test(issuer)) return 'sandbox';
  return LIVE_ISSUER.test(issuer) ? 'live' : undefined;
}

/** Which environment an Alpaca key id belongs to, by how Alpaca's keys begin. Undefined for others. */
export function environmentOfKey(keyId: string): 'paper' | 'live' | undefined {
  if (keyId.startsWith('PK')) return 'paper';
  return keyId.startsWith('AK') ? 'live' : undefined;
}

function issuerIn(payload: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null || !('iss' in claims)) return undefined;
    return typeof claims.iss === 'string' ? claims.iss : undefined;
  } catch {
    return undefined;
  }
}
