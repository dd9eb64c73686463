/**
 * Contracts that the account held, whoever ordered them: what becomes of one is told as of one that this
 * engine ordered. Pure, core thread only.
 */

import { instrumentSymbol, parseOccSymbol } from '../../engine/domain/instrument.ts';
import { sessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import type { BrokerEvent, HeldPosition, Settlement } from '../order-gateway.ts';

interface Contract {
  readonly expiry: SessionDate;
  /** Market time from which on it is known to have been held. */
  readonly since: EpochMicros;
}

export class HeldContracts {
  readonly #contracts = new Map<string, Contract>();
  /** What the last picture of the positions showed. */
  #shown: ReadonlySet<string> = new Set();

  /** `history`: what the journal holds, with what the operator took over. */
  constructor(history: readonly BrokerEvent[]) {
    for (const event of history) {
      if (event.kind !== 'fill') continue;
      const { instrument, marketAt } = event.fill;
      this.#add(instrumentSymbol(instrument), marketAt);
    }
  }

  get size(): number {
    return this.#contracts.size;
  }

  symbols(): readonly string[] {
    return [...this.#contracts.keys()];
  }

  /** True of a settlement of before its contract is known to have been held: what was seen, and may have
   * been taken over, is what it left. From the exercise mark of the last day on nothing is left, so what
   * is still seen then is not settled yet. */
  isBefore({ instrument, marketAt }: Settlement): boolean {
    const { since, expiry } = this.#contracts.get(instrumentSymbol(instrument)) ?? {};
    if (since === undefined || expiry === undefined) return false;
    return marketAt < Math.min(since, sessionTimes(expiry)?.exerciseMark ?? since);
  }

  /** Positions as they are at a market time. True where a contract of the picture before is gone. */
  note(positions: readonly HeldPosition[], market: EpochMicros): boolean {
    const before = this.#shown;
    this.#shown = new Set(positions.map(({ symbol }) => symbol));
    for (const symbol of this.#shown) this.#add(symbol, market);
    return [...before].some((symbol) => this.#contracts.has(symbol) && !this.#shown.has(symbol));
  }

  forgetBefore(oldest: SessionDate): void {
    for (const [symbol, { expiry }] of this.#contracts) {
      if (expiry < oldest) this.#contracts.delete(symbol);
    }
  }

  #add(symbol: string, since: EpochMicros): void {
    const expiry = this.#contracts.has(symbol) ? undefined : parseOccSymbol(symbol)?.expiry;
    if (expiry !== undefined) this.#contracts.set(symbol, { expiry, since });
  }
}
