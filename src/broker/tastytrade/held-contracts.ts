/**
 * Contracts that the account held, whoever ordered them: what becomes of one is told as of one that this
 * engine ordered. Pure, core thread only.
 */

import { instrumentSymbol, parseOccSymbol } from '../../engine/domain/instrument.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import type { BrokerEvent, HeldPosition } from '../order-gateway.ts';

export class HeldContracts {
  readonly #expiries = new Map<string, SessionDate>();

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

  note(positions: readonly HeldPosition[]): void {
    for (const { symbol } of positions) this.#add(symbol);
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
