/** What of this account stands in each contract: held, or on its way through a live order. */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { isOpening, legSign } from '../../engine/domain/order.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { Opener } from '../../engine/portfolio/structure.ts';
import type { Interest } from '../../risk/risk-input.ts';
import type { OrderRecord } from '../orders/order-book.ts';
import { filledUnits } from '../orders/order-book.ts';

/** Contracts, sides and units of what is held and on its way, folded in one pass. */
export class Standing {
  readonly contracts = new Map<string, number>();
  readonly #interest = new Map<string, Record<keyof Interest, boolean>>();
  readonly units = new Map<string, number>();
  totalContracts = 0;

  /** By symbol. */
  get interest(): ReadonlyMap<string, Interest> {
    return this.#interest;
  }

  addStructure({ strategy, quantity, legs }: StructurePosition): void {
    this.#addUnits(strategy, quantity);
    for (const { instrument, quantity: contracts } of legs) {
      if (instrument.kind === 'shares' || contracts === 0) continue;
      const symbol = instrumentSymbol(instrument);
      this.#addContracts(symbol, contracts);
      this.#addInterest(symbol, contracts > 0 ? 'isLong' : 'isShort');
    }
  }

  addOrder(order: OrderRecord): void {
    const { strategy, quantity, legs, purpose } = order.intent;
    const units = quantity - filledUnits(order);
    if (purpose === 'open') this.#addUnits(strategy, units);
    for (const { instrument, action, ratio } of legs) {
      const symbol = instrumentSymbol(instrument);
      const change = legSign(action) * ratio * units;
      this.#addInterest(symbol, change > 0 ? 'isBought' : 'isSold');
      const isOption = instrument.kind !== 'shares';
      if (isOption && isOpening(action)) this.#addContracts(symbol, change);
    }
  }

  #addContracts(symbol: string, contracts: number): void {
    this.totalContracts += Math.abs(contracts);
    this.contracts.set(symbol, (this.contracts.get(symbol) ?? 0) + contracts);
  }

  /** What others opened is of no strategy, nor are shares. */
  #addUnits(strategy: Opener, units: number): void {
    if (strategy === 'external' || strategy === 'shares') return;
    this.units.set(strategy, (this.units.get(strategy) ?? 0) + units);
  }

  #addInterest(symbol: string, side: keyof Interest): void {
    let interest = this.#interest.get(symbol);
    if (interest === undefined) {
      interest = { isBought: false, isSold: false, isLong: false, isShort: false };
      this.#interest.set(symbol, interest);
    }
    interest[side] = true;
  }
}
