/**
 * What humans have said to tokens, across all connections of this process: a dead token stays dead,
 * and a retry of one that was carried out asks nobody again. Tokens are kept as SHA-256.
 */
import { createHash } from 'node:crypto';
import { LRUMap } from '../engine/domain/lru-map.ts';

/** Far more than previews live at one time. */
const MOST_TOKENS = 4_096;

/** `declined` and `gone`, of a human who was asked and not waited for, kill a token. */
export type TokenAnswer = 'declined' | 'gone' | 'done';

/** Main thread only. */
export class AnsweredTokens {
  readonly #answers = new LRUMap<string, TokenAnswer>(MOST_TOKENS);

  /** What was carried out stays so, whatever is said afterwards. */
  remember(principal: string, token: string, answer: TokenAnswer): void {
    const key = keyOf(principal, token);
    if (this.#answers.get(key) !== 'done') this.#answers.set(key, answer);
  }

  /** What was said to this token; undefined when nothing was yet. */
  get(principal: string, token: string): TokenAnswer | undefined {
    return this.#answers.get(keyOf(principal, token));
  }

  /** Why this token opens nothing any more; undefined where it is not dead. */
  killedBy(principal: string, token: string): Exclude<TokenAnswer, 'done'> | undefined {
    const said = this.get(principal, token);
    return said === 'done' ? undefined : said;
  }
}

function keyOf(principal: string, token: string): string {
  return createHash('sha256').update(`${principal}\n${token}`).digest('hex');
}
