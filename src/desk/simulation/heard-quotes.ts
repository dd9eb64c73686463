/** The newest quotes as they came in, by contract: what oracles reckon with apart from the desk's own chain. */

import { UNDERLYING } from '../../engine/chain/chain-layout.ts';
import { occSymbol } from '../../engine/domain/instrument.ts';
import type { Input } from '../inputs.ts';

export type HeardQuote = Extract<Input, { readonly kind: 'quote' }>;

export class HeardQuotes {
  readonly #quotes = new Map<number, HeardQuote>();
  #rows = new Map<string, number>();
  #optionAt = 0;

  onInput(input: Input): void {
    if (input.kind === 'quote') {
      this.#quotes.set(input.index, input);
      if (input.index !== UNDERLYING) this.#optionAt = input.at.wall;
    } else if (input.kind === 'listing') {
      const { contracts } = input.listing;
      this.#rows = new Map(contracts.map((contract, row) => [occSymbol(contract), row]));
    }
  }

  of(symbol: string): HeardQuote | undefined {
    const row = this.#rows.get(symbol);
    return row === undefined ? undefined : this.#quotes.get(row);
  }

  get underlying(): HeardQuote | undefined {
    return this.#quotes.get(UNDERLYING);
  }

  /** Between bid and ask of the underlying, in 1/10,000 dollar; undefined without both. */
  get spot(): number | undefined {
    const { bid, ask } = this.underlying ?? {};
    return bid === undefined || ask === undefined ? undefined : (bid + ask) / 2;
  }

  /** Wall time at which an option was quoted last; 0 before the first one. */
  get optionAt(): number {
    return this.#optionAt;
  }

  /** Another process has heard nothing. */
  clear(): void {
    this.#quotes.clear();
    this.#optionAt = 0;
  }
}
