/** The cards of live previews, by token hash, for showing again and for telling what a token does. */
import type { CheckResult, Denial } from '../../engine/domain/verdict.ts';
import type { Caller, TradeCard } from '../engine-api.ts';

/** A refusal with the checks that were run. */
export interface RefusedPreview {
  readonly denied: Denial;
  readonly checks: readonly CheckResult[];
}

/** One preview being made: where it will lie, who asked, and the token it will be bound to. */
export interface PreviewTurn {
  readonly shelf: PreviewShelf;
  readonly caller: Caller;
  readonly tokenSha256: string;
}

export type PreviewAnswer = { readonly value: TradeCard } | RefusedPreview;

/** Cards kept at once; the oldest gives way, and the faces redeem no live token without its card. */
const MAX_CARDS = 2_048;

/** Core thread only. */
export class PreviewShelf {
  readonly #cards = new Map<string, TradeCard>();
  #count = 0;

  /** A new deterministic id: the session's date and a counter. */
  nextId(session: string): string {
    this.#count += 1;
    return `p${session.replaceAll('-', '')}-${String(this.#count).padStart(6, '0')}`;
  }

  /** Makes sure that an id given out before a restart is not given out again. */
  seen(previewId: string): void {
    const number = Number(previewId.split('-')[1]);
    if (Number.isSafeInteger(number)) this.#count = Math.max(this.#count, number);
  }

  put(tokenSha256: string, card: TradeCard): void {
    this.#cards.set(tokenSha256, card);
    if (this.#cards.size <= MAX_CARDS) return;
    const [oldest] = this.#cards.keys();
    if (oldest !== undefined) this.#cards.delete(oldest);
  }

  get(tokenSha256: string): TradeCard | undefined {
    return this.#cards.get(tokenSha256);
  }

  clear(): void {
    this.#cards.clear();
  }
}
