/**
 * What executions of this engine's own closes traded beyond what their position held: a broker that fills more
 * than was asked for, or a close and the one that was given in its place. A broker nets what it holds, so such
 * an execution closes what other positions hold of the contract; only what none holds is held the other way.
 * Core thread only.
 */

import type { Instrument } from '../domain/instrument.ts';
import { instrumentSymbol } from '../domain/instrument.ts';
import type { Fill, OrderIntent } from '../domain/order.ts';
import { legSign } from '../domain/order.ts';
import { heldOf } from './carried-gains.ts';
import type { OpenStructures } from './open-structures.ts';
import type { Part, Structure } from './structure.ts';
import { signedOf, sumOf, tradeOf } from './structure.ts';

/** An execution of one of our closes. */
interface Execution {
  readonly intent: OrderIntent;
  readonly fill: Fill;
}

interface OverClose<View> extends Execution {
  /** What it closed of other positions. */
  readonly parts: readonly Part<View>[];
}

export class OverCloses<View> {
  readonly #open: OpenStructures<View>;
  /** By execution, as long as one may be taken back. */
  readonly #all = new Map<string, OverClose<View>>();
  /** Those of this session. */
  readonly #today = new Set<string>();

  constructor(open: OpenStructures<View>) {
    this.#open = open;
  }

  beginSession(isKnown: (fillId: string) => boolean): void {
    this.#today.clear();
    for (const fillId of this.#all.keys()) if (!isKnown(fillId)) this.#all.delete(fillId);
  }

  /** Closes of other positions what an execution closes beyond its own: of those first that hold most of what
   * its order closes, so that its legs come off one position. Returns what it closed of which. */
  take(own: Structure<View>, fill: Fill, intent: OrderIntent): readonly Part<View>[] {
    const signed = signedOf(fill);
    const held = heldOf(own, instrumentSymbol(fill.instrument));
    const beyond = held * signed < 0 ? signed + held : signed;
    if (beyond * signed <= 0) return [];
    return this.#closeOthers(own, { intent, fill }, beyond);
  }

  #closeOthers(
    own: Structure<View>,
    { intent, fill }: Execution,
    signed: number,
  ): readonly Part<View>[] {
    const others = Array.from(this.#open.all()).filter((structure) => structure !== own);
    const fit = new Map(others.map((structure) => [structure, this.#fit(structure, intent)]));
    const fitting = others.toSorted((a, b) => (fit.get(b) ?? 0) - (fit.get(a) ?? 0));
    const parts = this.#open.reduceAll(tradeOf(fill, signed), fitting);
    if (parts.length === 0) return parts;
    this.#all.set(fill.fillId, { intent, fill, parts });
    this.#today.add(fill.fillId);
    return parts;
  }

  /** Once positions hold a contract of which closes of theirs took others' for want of it, as where an earlier
   * close is taken back or an opening is told late, those close their own, and the others hold theirs again. */
  settle(instrument: Instrument): void {
    const symbol = instrumentSymbol(instrument);
    for (const fillId of this.#today) {
      const over = this.#all.get(fillId);
      if (over === undefined || instrumentSymbol(over.fill.instrument) !== symbol) continue;
      const own = this.#open.get(over.intent.positionId);
      if (own !== undefined) this.#closeOwn(own, over);
    }
  }

  #closeOwn(own: Structure<View>, over: OverClose<View>): void {
    const { fill } = over;
    const closed = sumOf(over.parts);
    const held = heldOf(own, instrumentSymbol(fill.instrument));
    if (held * closed >= 0) return;
    this.giveBack(fill, true);
    const ofOwn = Math.sign(closed) * Math.min(Math.abs(held), Math.abs(closed));
    const parts = this.#closeOthers(own, over, closed - ofOwn);
    this.#open.trade(own, tradeOf(fill, closed - sumOf(parts)));
    this.#open.dropIfFlat(own);
  }

  /** Legs of an order that a position holds, or has given to executions of it that were told before. */
  #fit(structure: Structure<View>, { intentId, legs }: OrderIntent): number {
    const ofOrder = Array.from(this.#all.values()).filter(
      (over) => over.intent.intentId === intentId,
    );
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
    this.#today.delete(fill.fillId);
    for (const part of parts) this.#open.giveBack(part, fill, isOfDay);
    return sumOf(parts);
  }
}
