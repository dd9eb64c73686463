/**
 * The book of confirm tokens. It never sees a token, only its SHA-256: whoever reads the book, the
 * journal or a core dump can redeem nothing. A token is live until it is consumed or expires; once
 * consumed it stands for its result for the rest of the session. To anyone but its principal every
 * token is unknown. Thread contract: belongs to the core thread, which alone calls it.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { assert } from '../engine/domain/assert.ts';
import type { QuoteSnapshot } from '../engine/domain/audit-record.ts';
import type { At } from '../engine/domain/clock.ts';
import type { OrderIntent } from '../engine/domain/order.ts';
import type { EpochMicros, Price } from '../engine/domain/units.ts';
import { type Denial, deny } from '../engine/domain/verdict.ts';
import type { DriftSnapshot } from './drift.ts';

/** Previews one principal can have alive at a time; one more retires the oldest. */
export const MAX_LIVE_TOKENS_PER_PRINCIPAL = 64;
/** Previews alive in all; one more retires the oldest of any principal. */
export const MAX_LIVE_TOKENS = 1_024;
/** Spent tokens that still answer with their result; one more forgets the oldest, and a forgotten
 * token is unknown: it can never trade twice. */
export const MAX_SPENT_TOKENS = 16_384;

/** What a token stands for: the exact orders, and all it is bound to. */
export interface TokenGrant {
  /** 64 lower-case hexadecimal digits. */
  readonly tokenSha256: string;
  readonly previewId: string;
  readonly orderHash: string;
  readonly principal: string;
  readonly accountId: string;
  readonly environment: string;
  readonly limitsVersion: string;
  /** The worst signed net the trader agreed to. */
  readonly worst: Price;
  readonly quotes: QuoteSnapshot;
  /** The market the trader saw; undefined for orders that only close or cancel. */
  readonly previewed?: DriftSnapshot | undefined;
  /** How often the breakout that the order trades had been taken today; 0 where it trades none. */
  readonly breakoutsTaken: number;
  /** When the break that the order trades was confirmed: once it is undone, a later one is another. */
  readonly breakAt?: EpochMicros | undefined;
  readonly expiresAtWall: EpochMicros;
  /** One for a trade or a close, one a position for a flatten, none for a cancel. */
  readonly intents: readonly OrderIntent[];
  /** The protective order that this token cancels. */
  readonly cancels?: string | undefined;
  /** The working order that has to end before this one is sent. */
  readonly replaces?: string | undefined;
  /** The order closes for somebody who wants all of the position gone. */
  readonly closesAll?: boolean | undefined;
}

/** What redeeming a token did, as its retries will hear it. The orders themselves are looked up by
 * id, so that a retry sees them as they are now. */
export interface TokenResult {
  readonly intentIds: readonly string[];
  /** Set where it closes everything, also what no order of its own closes yet. */
  readonly isFlatten?: true;
}

export interface SpentToken {
  readonly tokenSha256: string;
  readonly principal: string;
  readonly previewId: string;
  readonly result: TokenResult;
}

export type TokenLookup =
  | { readonly kind: 'live'; readonly grant: TokenGrant }
  | { readonly kind: 'used'; readonly spent: SpentToken }
  | { readonly kind: 'denied'; readonly denied: Denial };

/** The engine that the book serves: a token of another account, environment or set of limits is
 * not valid in it. */
export interface TokenBinding {
  readonly accountId: string;
  readonly environment: string;
  readonly limitsVersion: string;
}

const TOKEN_SHA256 = /^[0-9a-f]{64}$/;

/** One answer for unknown, foreign and misbound tokens: it tells nothing about any of them. */
function invalid(): TokenLookup {
  const message = 'no such confirm token; make a new preview and confirm its token';
  return { kind: 'denied', denied: deny('token_invalid', message).denied };
}

function expired(): TokenLookup {
  const message = 'the confirm token has expired; make a new preview and confirm in time';
  return { kind: 'denied', denied: deny('token_expired', message).denied };
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** Compares without telling by its time how much of two names agrees. */
function isSameName(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/** The SHA-256 under which a token stands in the book and in the journal. */
export function tokenSha256(token: string): string {
  return digest(token).toString('hex');
}

export class TokenBook {
  #binding: TokenBinding;
  /** In order of issue. */
  readonly #live = new Map<string, TokenGrant>();
  /** In order of consumption. */
  readonly #spent = new Map<string, SpentToken>();

  constructor(binding: TokenBinding) {
    this.#binding = binding;
  }

  get liveCount(): number {
    return this.#live.size;
  }

  get spentCount(): number {
    return this.#spent.size;
  }

  /** Other limits are in force: tokens granted under the old ones are not valid any more. */
  rebind(limitsVersion: string): void {
    this.#binding = { ...this.#binding, limitsVersion };
  }

  /** Enters a fresh token, retiring old ones where a limit is reached. */
  issue(grant: TokenGrant): void {
    assert(TOKEN_SHA256.test(grant.tokenSha256), 'a token is entered by its SHA-256');
    assert(!this.#isKnown(grant.tokenSha256), 'a token is issued once');
    this.#retireOldest(grant.principal);
    this.#live.set(grant.tokenSha256, grant);
  }

  /** What a token means to this principal at this moment. Changes nothing. */
  lookup(sha256: string, principal: string, at: At): TokenLookup {
    const spent = this.#spent.get(sha256);
    if (spent !== undefined) {
      return isSameName(spent.principal, principal) ? { kind: 'used', spent } : invalid();
    }
    const grant = this.#live.get(sha256);
    if (grant === undefined) return invalid();
    if (!isSameName(grant.principal, principal) || !this.#isBound(grant)) return invalid();
    return at.wall < grant.expiresAtWall ? { kind: 'live', grant } : expired();
  }

  /** Spends a live token: from now on it answers with `result` and can send nothing. */
  consume(sha256: string, result: TokenResult): void {
    const grant = this.#live.get(sha256);
    assert(grant !== undefined, 'only a live token is consumed');
    this.#live.delete(sha256);
    const { principal, previewId } = grant;
    this.#spend({ tokenSha256: sha256, principal, previewId, result });
  }

  /** Re-enters a token that the journal shows as consumed. More orders of one token add up. */
  restoreConsumed(spent: SpentToken): void {
    this.#live.delete(spent.tokenSha256);
    const before = this.#spent.get(spent.tokenSha256);
    const earlier = before?.result.intentIds ?? [];
    const intentIds = [...new Set([...earlier, ...spent.result.intentIds])];
    this.#spend({ ...spent, result: { ...before?.result, ...spent.result, intentIds } });
  }

  /** A new session: yesterday's tokens are unknown. */
  clear(): void {
    this.#live.clear();
    this.#spent.clear();
  }

  #isKnown(sha256: string): boolean {
    return this.#live.has(sha256) || this.#spent.has(sha256);
  }

  #isBound(grant: TokenGrant): boolean {
    const { accountId, environment, limitsVersion } = this.#binding;
    const isSameAccount = grant.accountId === accountId && grant.environment === environment;
    return isSameAccount && grant.limitsVersion === limitsVersion;
  }

  #spend(spent: SpentToken): void {
    this.#spent.set(spent.tokenSha256, spent);
    if (this.#spent.size <= MAX_SPENT_TOKENS) return;
    const [oldest] = this.#spent.keys();
    if (oldest !== undefined) this.#spent.delete(oldest);
  }

  #retireOldest(principal: string): void {
    let own = 0;
    let oldest: string | undefined;
    let oldestOwn: string | undefined;
    for (const grant of this.#live.values()) {
      oldest ??= grant.tokenSha256;
      if (grant.principal !== principal) continue;
      oldestOwn ??= grant.tokenSha256;
      own += 1;
    }
    const isOwnFull = own >= MAX_LIVE_TOKENS_PER_PRINCIPAL;
    const retired = isOwnFull ? oldestOwn : oldest;
    const isFull = isOwnFull || this.#live.size >= MAX_LIVE_TOKENS;
    if (isFull && retired !== undefined) this.#live.delete(retired);
  }
}
