/** Structures of which nothing is held any more, of one session. Core thread only. */

import type { Fill } from '../domain/order.ts';
import type { Cents } from '../domain/units.ts';
import { cents } from '../domain/units.ts';
import type { Structure } from './structure.ts';

export class GoneStructures<View> {
  /** The last of each name. */
  readonly #last = new Map<string, Structure<View>>();
  readonly #cameTo = new Map<string, Cents>();

  add(structure: Structure<View>): void {
    // One that held nothing, and only bore the fees of what was closed elsewhere, stands in nobody's place.
    if (!structure.lots.closes.isEmpty) this.#last.set(structure.positionId, structure);
    this.#count(structure, 1);
  }

  /**
   * What one opening order brought is one position: a later execution of it goes on where that was, with
   * what leaving the gone part cost. Taken out so; undefined for what has no opening order, which is
   * another position each time.
   */
  takeBack(positionId: string): Structure<View> | undefined {
    const structure = this.#last.get(positionId);
    if (structure?.intent === undefined) return undefined;
    this.restore(structure);
    return structure;
  }

  /** The very one, of which something is held again; false where it is not the last of its name. */
  restore(structure: Structure<View>): boolean {
    if (this.#last.get(structure.positionId) !== structure) return false;
    this.#last.delete(structure.positionId);
    this.#count(structure, -1);
    return true;
  }

  /** The last of this name, where an execution closed something of it. */
  closedBy(positionId: string, fill: Fill): Structure<View> | undefined {
    const structure = this.#last.get(positionId);
    return structure?.lots.closes.has(fill) === true ? structure : undefined;
  }

  /** What each name came to after fees, all that went under it together. */
  cameTo(): ReadonlyMap<string, Cents> {
    return this.#cameTo;
  }

  clear(): void {
    this.#last.clear();
    this.#cameTo.clear();
  }

  #count({ positionId, realizedCents, feesCents }: Structure<View>, sign: 1 | -1): void {
    const before = this.#cameTo.get(positionId) ?? 0;
    this.#cameTo.set(positionId, cents(before + sign * (realizedCents - feesCents)));
  }
}
