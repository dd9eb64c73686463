/**
 * What executions of this engine's own closes traded beyond what their position held: a broker that fills more
 * than was asked for, or a close and the one that was given in its place. A broker nets what it holds, so such
 * an execution closes what other positions hold of the contract; only what none holds is held the other way.
 * Core thread only.
 */

import { instrumentSymbol } from '../domain/instrument.ts';
import type { Fill, OrderIntent } from '../domain/order.ts';
import { legSign } from '../domain/order.ts';
import { heldOf } from './carried-gains.ts';
import type { OpenStructures } from './open-structures.ts';
import type { Part, Structure } from './structure.ts';
import { signedOf, sumOf, tradeOf } from './structure.ts';

interface OverClose<View> {
  readonly intentId: string;
  readonly fill: Fill;
  /** What it closed of other positions. */
  readonly parts: readonly Part<View>[];
}

export class OverCloses<View> {
  readonly #open: OpenStructures<View>;
  /** By execution, as long as one may be taken back. */
  readonly #all = new Map<string, OverClose<View>>();

  constructor(open: OpenStructures<View>) {
    this.#open = open;
  }

  beginSession(isKnown: (fillId: string) => boolean): void {
    for (const fillId of this.#all.keys()) if (!isKnown(fillId)) this.#all.delete(fillId);
  }

  /** Closes of other positions what an execution closes beyond its own: of those first that hold most of what
   * its order closes, so that its legs come off one position. Returns what it closed of which. */
  take(own: Structure<View>, fill: Fill, intent: OrderIntent): readonly Part<View>[] {
    const signed = signedOf(fill);
    const held = heldOf(own, instrumentSymbol(fill.instrument));
    const beyond = held * signed < 0 ? signed + held : signed;
    if (beyond * signed <= 0) return [];
    const others = Array.from(this.#open.all()).filter((structure) => structure !== own);
    const fit = new Map(others.map((structure) => [structure, this.#fit(structure, intent)]));
    const fitting = others.toSorted((a, b) => (fit.get(b) ?? 0) - (fit.get(a) ?? 0));
    const parts = this.#open.reduceAll(tradeOf(fill, beyond), fitting);
    if (parts.length > 0) this.#all.set(fill.fillId, { intentId: intent.intentId, fill, parts });
    return parts;
  }

  /** Legs of an order that a position holds, or has given to executions of it that were told before. */
  #fit(structure: Structure<View>, { intentId, legs }: OrderIntent): number {
    const ofOrder = Array.from(this.#all.values()).filter((over) => over.intentId === intentId);
    const given = ofOrder.filter(({ parts }) => parts.some((part) => part.structure === structure));
    const symbols = new Set(given.map(({ fill }) => instrumentSymbol(fill.instrument)));
    const fitting = legs.filter(({ instrument, action }) => {
      const symbol = instrumentSymbol(instrument);
      return symbols.has(symbol) || heldOf(structure, symbol) * legSign(action) < 0;
    });
    return fitting.length;
  }

  /** Gives back to other positions what an execution, which is taken back, closed of them; returns how much the
   * execution had traded there, signed. */
  giveBack(fill: Fill, isOfDay: boolean): number {
    const parts = this.#all.get(fill.fillId)?.parts ?? [];
    this.#all.delete(fill.fillId);
    for (const part of parts) this.#open.giveBack(part, fill, isOfDay);
    return sumOf(parts);
  }
}
