/** The newest quotes as they came in, by contract: what oracles reckon with apart from the desk's own chain. */

import { occSymbol } from '../../engine/domain/instrument.ts';
import type { Input } from '../inputs.ts';

type Quote = Extract<Input, { readonly kind: 'quote' }>;

const UNDERLYING = -1;

export class HeardQuotes {
  readonly #quotes = new Map<number, Quote>();
  #rows = new Map<string, number>();

  onInput(input: Input): void {
    if (input.kind === 'quote') this.#quotes.set(input.index, input);
    else if (input.kind === 'listing') {
      const { contracts } = input.listing;
      this.#rows = new Map(contracts.map((contract, row) => [occSymbol(contract), row]));
    }
  }

  of(symbol: string): Quote | undefined {
    const row = this.#rows.get(symbol);
    return row === undefined ? undefined : this.#quotes.get(row);
  }

  /** Between bid and ask of the underlying, in 1/10,000 dollar; undefined without both. */
  get spot(): number | undefined {
    const { bid, ask } = this.#quotes.get(UNDERLYING) ?? {};
    return bid === undefined || ask === undefined ? undefined : (bid + ask) / 2;
  }

  /** Another process has heard nothing. */
  clear(): void {
    this.#quotes.clear();
  }
}
