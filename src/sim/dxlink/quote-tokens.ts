/** The quote tokens that the REST side hands out and the DXLink side asks for. */
import { randomBytes } from 'node:crypto';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros } from '../../engine/domain/units.ts';

const LIFETIME_MICROS = 24 * 3_600 * 1_000_000;
const TOKEN_BYTES = 32;

/** A token and the wall times of its life. */
export interface QuoteToken {
  readonly token: string;
  readonly issuedAt: EpochMicros;
  readonly expiresAt: EpochMicros;
}

/** Mints tokens and knows which are good. One owner. */
export class QuoteTokens {
  readonly #expiry = new Map<string, number>();

  issue(wall: EpochMicros): QuoteToken {
    for (const [old, until] of this.#expiry) if (until <= wall) this.#expiry.delete(old);
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const expiresAt = addMicros(wall, LIFETIME_MICROS);
    this.#expiry.set(token, expiresAt);
    return { token, issuedAt: wall, expiresAt };
  }

  isGood(token: string, wall: EpochMicros): boolean {
    return (this.#expiry.get(token) ?? 0) > wall;
  }

  expireAll(): void {
    this.#expiry.clear();
  }
}
