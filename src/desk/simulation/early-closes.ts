/** What orders that are not the engine's closed of a contract before any of it was held: its opening may be told
 * later. */
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill } from '../../engine/domain/order.ts';

export class EarlyCloses {
  /** By symbol, oldest first. */
  readonly #left = new Map<string, readonly Fill[]>();

  add(fill: Fill): void {
    const symbol = instrumentSymbol(fill.instrument);
    this.#left.set(symbol, [...(this.#left.get(symbol) ?? []), fill]);
  }

  /** Takes so many contracts at most, oldest first. */
  take(symbol: string, most: number): readonly Fill[] {
    const taken: Fill[] = [];
    const left: Fill[] = [];
    let wanted = most;
    for (const fill of this.#left.get(symbol) ?? []) {
      const quantity = Math.min(wanted, fill.quantity);
      wanted -= quantity;
      if (quantity > 0) taken.push({ ...fill, quantity });
      if (quantity < fill.quantity) left.push({ ...fill, quantity: fill.quantity - quantity });
    }
    this.#left.set(symbol, left);
    return taken;
  }

  clear(): void {
    this.#left.clear();
  }
}
