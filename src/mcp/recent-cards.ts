/** The newest trade cards by their preview, so that a picture of one can be read afterwards. A card
 * belongs to the principal that asked for it. Main thread only. */

import type { TradeCard } from '../desk/engine-api.ts';
import { LRUMap } from '../engine/domain/lru-map.ts';

const MOST_CARDS = 64;

export class RecentCards {
  readonly #cards = new LRUMap<string, TradeCard>(MOST_CARDS);

  put(principal: string, card: TradeCard): void {
    this.#cards.set(`${principal}\n${card.previewId}`, card);
  }

  /** A card that this principal was shown; undefined for any other, and once newer ones took its
   * place. */
  get(principal: string, previewId: string): TradeCard | undefined {
    return this.#cards.get(`${principal}\n${previewId}`);
  }
}
