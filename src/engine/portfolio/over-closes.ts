/**
 * What executions of this engine's own closes traded beyond what their position held: a broker that fills more
 * than was asked for, or a close and the one that was given in its place. A broker nets what it holds, so such
 * an execution closes what other positions hold of the contract; only what none holds is held the other way.
 * Core thread only.
 */

import { instrumentSymbol } from '../domain/instrument.ts';
import type { Fill } from '../domain/order.ts';
import { heldOf } from './carried-gains.ts';
import type { OpenStructures } from './open-structures.ts';
import type { Part, Structure } from './structure.ts';
import { signedOf, sumOf, tradeOf } from './structure.ts';

export class OverCloses<View> {
  readonly #open: OpenStructures<View>;
  /** What executions closed of other positions, by execution, as long as one may be taken back. */
  readonly #parts = new Map<string, readonly Part<View>[]>();

  constructor(open: OpenStructures<View>) {
    this.#open = open;
  }

  beginSession(isKnown: (fillId: string) => boolean): void {
    for (const fillId of this.#parts.keys()) if (!isKnown(fillId)) this.#parts.delete(fillId);
  }

  /** Closes of other positions what an execution closes beyond its own; returns how much, signed. */
  take(own: Structure<View>, fill: Fill): number {
    const signed = signedOf(fill);
    const held = heldOf(own, instrumentSymbol(fill.instrument));
    const beyond = held * signed < 0 ? signed + held : signed;
    if (beyond * signed <= 0) return 0;
    const others = Array.from(this.#open.all()).filter((structure) => structure !== own);
    const parts = this.#open.reduceAll(tradeOf(fill, beyond), others);
    if (parts.length > 0) this.#parts.set(fill.fillId, parts);
    return sumOf(parts);
  }

  /** Gives back to other positions what an execution, which is taken back, closed of them; returns how much the
   * execution had traded there, signed. */
  giveBack(fill: Fill, isOfDay: boolean): number {
    const parts = this.#parts.get(fill.fillId) ?? [];
    this.#parts.delete(fill.fillId);
    for (const { structure, quantity } of parts) {
      this.#open.tradeBack(this.#open.again(structure), fill, -quantity, isOfDay);
    }
    return sumOf(parts);
  }
}
