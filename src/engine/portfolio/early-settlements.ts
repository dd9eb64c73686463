/**
 * Settlements that are told before the executions which brought what they settle, or before the word that one
 * which closed it is taken back. What is told then is settled already. Core thread only.
 */

import { instrumentSymbol } from '../domain/instrument.ts';
import type { Fill } from '../domain/order.ts';
import { price } from '../domain/units.ts';
import type { OpenStructures } from './open-structures.ts';
import type { SettlementFacts } from './settlement-facts.ts';
import { sumOf } from './structure.ts';

interface EarlySettlement {
  readonly settlement: SettlementFacts;
  /** Contracts, signed as they were held there, that nothing here has told of. */
  left: number;
}

export class EarlySettlements<View> {
  readonly #open: OpenStructures<View>;
  #all: readonly EarlySettlement[] = [];

  constructor(open: OpenStructures<View>) {
    this.#open = open;
  }

  beginSession(isKnown: (settlementId: string) => boolean): void {
    this.#all = this.#all.filter(({ settlement }) => isKnown(settlement.settlementId));
  }

  /** Notes one of which so many contracts are not held. */
  note(settlement: SettlementFacts, left: number): void {
    if (left !== 0) this.#all = [...this.#all, { settlement, left }];
  }

  /** Takes out what an execution has brought, or brought back, that was settled after it. */
  settle({ instrument, quantity, marketAt }: Fill): void {
    if (this.#all.length === 0) return;
    const symbol = instrumentSymbol(instrument);
    for (const early of this.#all) {
      const { cashPerShare = price(0), ...settled } = early.settlement;
      if (instrumentSymbol(settled.instrument) !== symbol || marketAt > settled.marketAt) continue;
      const signed = -Math.sign(early.left) * Math.min(Math.abs(early.left), quantity);
      early.left += sumOf(this.#open.reduceAll({ instrument, signed, at: cashPerShare }));
    }
    this.#all = this.#all.filter(({ left }) => left !== 0);
  }
}
