/**
 * What humans have said to tokens, across all connections of this process: a declined token stays
 * declined, and a retry of one that was carried out asks nobody again. Tokens are kept as SHA-256.
 */
import { createHash } from 'node:crypto';
import { LRUMap } from 'mnemonist';

/** Far more than previews live at one time. */
const MOST_TOKENS = 4_096;

export type TokenAnswer = 'declined' | 'done';

/** Main thread only. */
export class AnsweredTokens {
  readonly #answers = new LRUMap<string, TokenAnswer>(MOST_TOKENS);

  remember(principal: string, token: string, answer: TokenAnswer): void {
    this.#answers.set(keyOf(principal, token), answer);
  }

  /** What was said to this token; undefined when nothing was yet. */
  get(principal: string, token: string): TokenAnswer | undefined {
    return this.#answers.get(keyOf(principal, token));
  }
}

function keyOf(principal: string, token: string): string {
  return createHash('sha256').update(`${principal}\n${token}`).digest('hex');
}
