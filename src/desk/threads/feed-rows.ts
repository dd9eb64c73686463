/** Which row of the chain a symbol of the feed is, without looking its text up again and again. */
import { UNDERLYING } from '../../engine/chain/chain-layout.ts';
import type { ChainWriter } from '../../engine/chain/chain-writer.ts';
import { NO_KEY } from '../../engine/feed/feed-handler.ts';

/** Keys that are remembered: more than a chain has contracts, with the underlying's own symbols. */
const KEYS = 2_048;
const UNKNOWN = -2;

/** Core thread only. Allocates nothing after construction. */
export class FeedRows {
  readonly #chain: ChainWriter;
  readonly #underlying: string;
  /** The row of each key that was asked for since the chain's last listing. */
  readonly #rows = new Int32Array(KEYS).fill(UNKNOWN);
  #listings = -1;

  constructor(chain: ChainWriter, underlying: string) {
    this.#chain = chain;
    this.#underlying = underlying;
  }

  /** Keys stand for other symbols from now on. */
  forget(): void {
    this.#rows.fill(UNKNOWN);
  }

  /** The row of a symbol, UNDERLYING for the underlying's; undefined for one that the chain lacks. */
  of(symbol: string): number | undefined {
    return symbol === this.#underlying ? UNDERLYING : this.#chain.indexOf(symbol);
  }

  /** The same of a symbol that may have a key (see FeedHandler). */
  find(symbol: string, key: number): number | undefined {
    if (this.#listings !== this.#chain.listings) {
      this.#listings = this.#chain.listings;
      this.forget();
    }
    if (key === NO_KEY || key >= KEYS) return this.of(symbol);
    const known = this.#rows[key] ?? UNKNOWN;
    if (known !== UNKNOWN) return known;
    const row = this.of(symbol);
    this.#rows[key] = row ?? UNKNOWN;
    return row;
  }
}
