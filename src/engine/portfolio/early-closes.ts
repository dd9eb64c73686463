/**
 * Contracts that foreign orders of a session closed while nothing of them was held here: streams tell
 * executions out of turn, and an opening may be told after what closed it. Core thread only.
 */

import type { Instrument } from '../domain/instrument.ts';
import { instrumentSymbol } from '../domain/instrument.ts';
import type { Fill } from '../domain/order.ts';
import { legSign } from '../domain/order.ts';
import type { Price } from '../domain/units.ts';
import { price } from '../domain/units.ts';
import type { StructureLots } from './structure-lots.ts';

export class EarlyCloses {
  /** Signed as they were traded, by symbol. */
  readonly #left = new Map<string, number>();

  clear(): void {
    this.#left.clear();
  }

  has(instrument: Instrument): boolean {
    return this.#left.size > 0 && this.#left.has(instrumentSymbol(instrument));
  }

  add(instrument: Instrument, signed: number): void {
    if (signed === 0) return;
    const symbol = instrumentSymbol(instrument);
    this.#left.set(symbol, (this.#left.get(symbol) ?? 0) + signed);
  }

  /** A close is taken back with a signed trade: as much of it as no opening has been told of. */
  takeBack(instrument: Instrument, signed: number): void {
    const symbol = instrumentSymbol(instrument);
    const left = this.#left.get(symbol) ?? 0;
    if (left * signed >= 0) return;
    this.#left.set(symbol, Math.sign(left) * Math.max(0, Math.abs(left) - Math.abs(signed)));
  }

  /** Takes what had closed of an opening, signed, and what it was traded at on average: no more than
   * `lots`, which it went to, still hold of it. */
  take(
    lots: StructureLots,
    { instrument, action, quantity: opened }: Fill,
  ): { readonly quantity: number; readonly averagePrice: Price } {
    const symbol = instrumentSymbol(instrument);
    const left = this.#left.get(symbol) ?? 0;
    const lot = lots.held().find((held) => instrumentSymbol(held.instrument) === symbol);
    const most = Math.min(-legSign(action) * left, Math.abs(lot?.quantity ?? 0), opened);
    const quantity = Math.sign(left) * Math.max(0, most);
    this.#left.set(symbol, left - quantity);
    return { quantity, averagePrice: lot?.averagePrice ?? price(0) };
  }
}
