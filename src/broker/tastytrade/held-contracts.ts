/**
 * Contracts that the account held, whoever ordered them: what becomes of one is told as of one that this
 * engine ordered. Pure, core thread only.
 */

import { instrumentSymbol, parseOccSymbol } from '../../engine/domain/instrument.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import type { BrokerEvent, HeldPosition } from '../order-gateway.ts';

export class HeldContracts {
  readonly #expiries = new Map<string, SessionDate>();
  /** What the last picture of the positions showed. */
  #shown: ReadonlySet<string> = new Set();

  /** `history`: what the journal holds, with what the operator took over. */
  constructor(history: readonly BrokerEvent[]) {
    for (const event of history) {
      if (event.kind === 'fill') this.#add(instrumentSymbol(event.fill.instrument));
    }
  }

  get size(): number {
    return this.#expiries.size;
  }

  symbols(): readonly string[] {
    return [...this.#expiries.keys()];
  }

  /** Positions as they are now. True where a contract of the picture before is gone. */
  note(positions: readonly HeldPosition[]): boolean {
    const before = this.#shown;
    this.#shown = new Set(positions.map(({ symbol }) => symbol));
    for (const symbol of this.#shown) this.#add(symbol);
    return [...before].some((symbol) => this.#expiries.has(symbol) && !this.#shown.has(symbol));
  }

  forgetBefore(oldest: SessionDate): void {
    for (const [symbol, expiry] of this.#expiries) {
      if (expiry < oldest) this.#expiries.delete(symbol);
    }
  }

  #add(symbol: string): void {
    const contract = parseOccSymbol(symbol);
    if (contract !== undefined) this.#expiries.set(symbol, contract.expiry);
  }
}
