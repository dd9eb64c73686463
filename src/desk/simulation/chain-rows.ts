/** Rows of the market's listing against those of a desk's chain, which may hold other contracts, and in
 * another order: what is held alone where the listing stays away. One user. */

import type { ChainWriter } from '../../engine/chain/chain-writer.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { ChainListing } from '../../engine/domain/market.ts';

const UNDERLYING = -1;

/** A quote in another row. Most rows are the same on both sides. */
export function inRow<T extends { readonly index: number }>(quote: T, index: number): T {
  return quote.index === index ? quote : { ...quote, index };
}

export class ChainRows {
  readonly #symbols: readonly string[];
  #chain: ChainWriter | undefined;
  #listings = -1;
  #deskRows: readonly (number | undefined)[] = [];
  #marketRows = new Map<number, number>();

  constructor({ contracts }: ChainListing) {
    this.#symbols = contracts.map(instrumentSymbol);
  }

  /** The row that a desk's chain has for a row of the market; undefined where it has none. */
  toDesk(chain: ChainWriter, row: number): number | undefined {
    if (row === UNDERLYING) return row;
    if (this.#chain !== chain || this.#listings !== chain.listings) this.#learn(chain);
    return this.#deskRows[row];
  }

  /** The row of the market that a quote in a row of the chain asked for last is of. */
  toMarket(row: number): number {
    return this.#marketRows.get(row) ?? row;
  }

  #learn(chain: ChainWriter): void {
    this.#chain = chain;
    this.#listings = chain.listings;
    this.#deskRows = this.#symbols.map((symbol) => chain.indexOf(symbol));
    this.#marketRows = new Map();
    for (const [row, deskRow] of this.#deskRows.entries()) {
      if (deskRow !== undefined) this.#marketRows.set(deskRow, row);
    }
  }
}
