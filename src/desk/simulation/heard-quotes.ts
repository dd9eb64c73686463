/** The newest quotes as they came in, by contract: what oracles reckon with apart from the desk's own chain. */

import { UNDERLYING } from '../../engine/chain/chain-layout.ts';
import { occSymbol } from '../../engine/domain/instrument.ts';
import type { Input } from '../inputs.ts';

export type HeardQuote = Extract<Input, { readonly kind: 'quote' }>;

export class HeardQuotes {
  /** By row of the chain. */
  #options: (HeardQuote | undefined)[] = [];
  #underlying: HeardQuote | undefined;
  #rows = new Map<string, number>();
  #optionAt = 0;

  onInput(input: Input): void {
    if (input.kind === 'quote') {
      if (input.index === UNDERLYING) this.#underlying = input;
      else {
        this.#options[input.index] = input;
        this.#optionAt = input.at.wall;
      }
    } else if (input.kind === 'listing') {
      const { contracts } = input.listing;
      this.#rows = new Map(contracts.map((contract, row) => [occSymbol(contract), row]));
    }
  }

  of(symbol: string): HeardQuote | undefined {
    const row = this.#rows.get(symbol);
    return row === undefined ? undefined : this.#options[row];
  }

  /** Offered and not crossed. */
  sound(symbol: string): HeardQuote | undefined {
    const quote = this.of(symbol);
    const { bid = 0, ask } = quote ?? {};
    const isSound = ask !== undefined && bid <= ask;
    return isSound ? quote : undefined;
  }

  get underlying(): HeardQuote | undefined {
    return this.#underlying;
  }

  /** Between bid and ask of the underlying, in 1/10,000 dollar; undefined without both. */
  get spot(): number | undefined {
    const { bid, ask } = this.#underlying ?? {};
    return bid === undefined || ask === undefined ? undefined : (bid + ask) / 2;
  }

  /** Wall time at which an option was quoted last; 0 before the first one. */
  get optionAt(): number {
    return this.#optionAt;
  }

  /** Another process has heard nothing. */
  clear(): void {
    this.#options = [];
    this.#underlying = undefined;
    this.#optionAt = 0;
  }
}
