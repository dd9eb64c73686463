/**
 * Trades that wait for a human on the engine's own page: the yes comes from a browser, out of band,
 * and carries the order out at once, because a token lives for seconds. Main thread only.
 */
import { randomBytes } from 'node:crypto';
import type { Answer, Caller, ConfirmResult, EngineApi, TradeCard } from '../desk/engine-api.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import { LRUMap } from '../engine/domain/lru-map.ts';
import { MICROS_PER_MILLI, MILLIS_PER_SECOND } from '../engine/domain/units.ts';
import type { AnsweredTokens } from './answered-tokens.ts';

const MOST_WAITING = 64;
const ID_BYTES = 32;

function wallMillis(): number {
  return Math.floor(wallMicros() / MICROS_PER_MILLI);
}

function newId(): string {
  return randomBytes(ID_BYTES).toString('base64url');
}

/** One trade that was put to the human. */
export interface Approval {
  readonly card: TradeCard;
  readonly token: string;
  readonly caller: Caller;
  readonly untilMillis: number;
  /** `void`: a yes that the engine refused. The preview may live on, and is then asked about anew. */
  decision: 'open' | 'yes' | 'no' | 'void';
}

/** How long the token of a trade still lives, by the clock that it was given out by. */
export function leftMillisOf({ untilMillis }: Approval): number {
  return untilMillis - wallMillis();
}

/** What a decision did. */
export type ApprovalOutcome =
  | { readonly kind: 'placed'; readonly answer: Answer<ConfirmResult> }
  | { readonly kind: 'refused' }
  | { readonly kind: 'gone' };

export class ApprovalDesk {
  readonly #api: EngineApi;
  readonly #tokens: AnsweredTokens;
  readonly #byId = new LRUMap<string, Approval>(MOST_WAITING);
  readonly #idOf = new LRUMap<string, string>(MOST_WAITING);
  #base: string | undefined;

  constructor(api: EngineApi, tokens: AnsweredTokens) {
    this.#api = api;
    this.#tokens = tokens;
  }

  /** Where the page is reached; until it is known nobody can be sent there. */
  servedAt(base: string): void {
    this.#base = base;
  }

  /** The page for a trade, the same one for the same token until a yes on it was refused; undefined
   * where no page is served. */
  put(token: string, caller: Caller, card: TradeCard): string | undefined {
    if (this.#base === undefined) return undefined;
    const key = `${caller.principal}\n${token}`;
    const known = this.#idOf.get(key);
    const isVoid = known !== undefined && this.#byId.get(known)?.decision === 'void';
    const id = known === undefined || isVoid ? newId() : known;
    this.#idOf.set(key, id);
    if (!this.#byId.has(id)) {
      const untilMillis = wallMillis() + card.expiresInSeconds * MILLIS_PER_SECOND;
      this.#byId.set(id, { card, token, caller, untilMillis, decision: 'open' });
    }
    return `${this.#base}/approve/${id}`;
  }

  /** The trade behind a page that was not answered, elsewhere neither, and whose token still lives. */
  find(id: string): Approval | undefined {
    const approval = this.#byId.get(id);
    if (approval?.decision !== 'open') return undefined;
    const { token, caller } = approval;
    const isDead = this.#tokens.killedBy(caller.principal, token) !== undefined;
    return !isDead && leftMillisOf(approval) > 0 ? approval : undefined;
  }

  /** The human's answer, which counts once. A yes is judged again like every confirm. */
  async decide(id: string, decision: 'yes' | 'no'): Promise<ApprovalOutcome> {
    const approval = this.find(id);
    if (approval === undefined) return { kind: 'gone' };
    approval.decision = decision;
    const { token, caller } = approval;
    if (decision === 'no') {
      this.#tokens.remember(caller.principal, token, 'declined');
      return { kind: 'refused' };
    }
    const answer = await this.#api.confirm(token, caller);
    if (!('denied' in answer)) this.#tokens.remember(caller.principal, token, 'done');
    else if (answer.denied.code !== 'engine_busy') approval.decision = 'void';
    return { kind: 'placed', answer };
  }
}
