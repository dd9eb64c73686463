/**
 * Pairing codes: how the operator at the console says yes to a client in a browser. A code is shown
 * once by `deltaring pair`, serves one consent, and dies after ten minutes or five wrong guesses.
 * Main thread only.
 */
import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { wallMicros } from '../../engine/domain/clock.ts';
import { MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import type { PairingCode } from '../../mcp/console-join.ts';

/** Crockford's base 32: nothing in it looks like something else. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_CHARACTERS = 10;
const LIFE_MINUTES = 10;
const MOST_WRONG_GUESSES = 5;

export type PairingVerdict = 'right' | 'wrong' | 'none';

function digest(code: string): Buffer {
  const plain = code.toUpperCase().replaceAll(/[^0-9A-Z]/g, '');
  return createHash('sha256').update(plain).digest();
}

/** Holds the newest code, by its hash. */
export class PairingDesk {
  readonly #now: () => number;
  #pending: { readonly hash: Buffer; readonly until: number; wrong: number } | undefined;

  /** `now` is the wall clock, in microseconds. */
  constructor(now: () => number = wallMicros) {
    this.#now = now;
  }

  /** A new code; the one before it is dead. */
  issue(): PairingCode {
    const letters = Array.from({ length: CODE_CHARACTERS }, () => ALPHABET[randomInt(32)]);
    const half = CODE_CHARACTERS / 2;
    const code = `${letters.slice(0, half).join('')}-${letters.slice(half).join('')}`;
    const until = this.#now() + LIFE_MINUTES * MICROS_PER_MINUTE;
    this.#pending = { hash: digest(code), until, wrong: 0 };
    return { code, expiresInSeconds: LIFE_MINUTES * 60 };
  }

  /** Spends the code if it is the right one. `none`: there is no code that still lives. */
  redeem(code: string): PairingVerdict {
    const pending = this.#pending;
    if (pending === undefined || this.#now() > pending.until) return 'none';
    if (timingSafeEqual(pending.hash, digest(code))) {
      this.#pending = undefined;
      return 'right';
    }
    pending.wrong += 1;
    if (pending.wrong >= MOST_WRONG_GUESSES) this.#pending = undefined;
    return 'wrong';
  }
}
