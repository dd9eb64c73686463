/** The feed in virtual time: turns the market into inputs, unless it is frozen or disconnected. */

import type { At } from '../../engine/domain/clock.ts';
import type { Input } from '../inputs.ts';
import type { QuoteFaults, VirtualMarket } from './virtual-market.ts';

/** What is wrong with the feed now. */
export interface FeedTemper extends QuoteFaults {
  readonly frozen: boolean;
  readonly disconnected: boolean;
}

export const HEALTHY_FEED: FeedTemper = {
  crossed: false,
  oneSided: false,
  thin: false,
  frozen: false,
  disconnected: false,
};

export class FeedModel {
  readonly #market: VirtualMarket;
  temper: FeedTemper = HEALTHY_FEED;

  constructor(market: VirtualMarket) {
    this.#market = market;
  }

  /** The inputs of one moment. The market moves on even where nobody hears of it. */
  round(at: At, options: { readonly isChainOpen: boolean; readonly all: boolean }): Input[] {
    const bars = this.#market.advance(at.market);
    if (this.temper.frozen || this.temper.disconnected) return [];
    const inputs: Input[] = bars.map((bar) => ({ kind: 'bar', at, bar }));
    inputs.push({ kind: 'quote', at, ...this.#market.spotQuote() });
    if (options.isChainOpen) {
      for (const quote of this.#market.optionQuotes(this.temper, options.all)) {
        inputs.push({ kind: 'quote', at, ...quote });
      }
    }
    inputs.push({ kind: 'batchEnd', at });
    return inputs;
  }
}
