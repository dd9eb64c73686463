/** Tokens as the faces' thread mints them. The core hears their SHA-256 and nothing else. */
import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

/** 256 random bits, as a text. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** What the core knows a token by. */
export function tokenSha256Of(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
