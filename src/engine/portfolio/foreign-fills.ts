/**
 * What executions of orders that this engine did not give made of the book: what they closed of which
 * structure, and what closed nothing that was held. Core thread only.
 */

import type { Instrument, Right } from '../domain/instrument.ts';
import { instrumentSymbol } from '../domain/instrument.ts';
import type { Fill } from '../domain/order.ts';
import { isOpening } from '../domain/order.ts';
import { shareQuantity } from '../domain/share-quantity.ts';
import { isTakenOver } from './adoptions.ts';
import { heldOf } from './carried-gains.ts';
import type { OpenStructures } from './open-structures.ts';
import type { Part, Structure } from './structure.ts';
import { signedOf, sumOf, tradeOf } from './structure.ts';

/** More than an order has legs. */
const MOST_LEGS = 16;

interface ForeignFill<View> {
  readonly fill: Fill;
  /** What it closed of which structure. */
  parts: readonly Part<View>[];
  /** What it closed of nothing that was held, signed: streams tell executions out of turn, and an opening of
   * this session may be told after it. */
  early: number;
}

export class ForeignFills<View> {
  readonly #open: OpenStructures<View>;
  /** Those of this session that closed, oldest first. */
  #today: ForeignFill<View>[] = [];
  /** By execution, as long as one may be taken back. */
  readonly #all = new Map<string, ForeignFill<View>>();

  constructor(open: OpenStructures<View>) {
    this.#open = open;
  }

  beginSession(isKnown: (fillId: string) => boolean): void {
    this.#today = [];
    for (const fillId of this.#all.keys()) if (!isKnown(fillId)) this.#all.delete(fillId);
  }

  /** Folds one. Returns what it closed, signed, and the structures of which it or its order takes something. */
  apply(fill: Fill): { readonly closed: number; readonly takenFrom: readonly Structure<View>[] } {
    const foreign: ForeignFill<View> = { fill, parts: [], early: 0 };
    this.#take(foreign, signedOf(fill), closes(fill) ? this.#open.all() : []);
    const closed = sumOf(foreign.parts);
    const external = this.#open.external(fill);
    this.#open.bookCash(fill, external);
    this.#open.dropIfFlat(external);
    if (!closes(fill)) return { closed, takenFrom: [] };
    this.#today.push(foreign);
    this.#all.set(fill.fillId, foreign);
    const taken = [...foreign.parts, ...this.#rejoin(fill)];
    return { closed, takenFrom: taken.map(({ structure }) => structure) };
  }

  /** Closes so much with one of these; what closes nothing that is held is held as others' own. */
  #take(foreign: ForeignFill<View>, signed: number, among: Iterable<Structure<View>>): void {
    const { fill } = foreign;
    foreign.parts = this.#open.reduceAll(tradeOf(fill, signed), among);
    const left = shareQuantity(signed - sumOf(foreign.parts));
    const external = this.#open.external(fill);
    this.#open.trade(external, tradeOf(fill, left));
    this.#open.dropIfFlat(external);
    foreign.early += left;
  }

  /** Takes one back. What it closed is held again by the structures that it was taken from; what it opened leaves
   * what is external, and else what holds it. */
  bust(fill: Fill, isOfDay: boolean): void {
    let left = -signedOf(fill);
    if (opens(fill)) {
      const all = [this.#open.external(fill), ...this.#open.all()];
      left = shareQuantity(left - sumOf(this.#open.reduceAll(tradeOf(fill, left), all)));
    }
    for (const { structure, quantity } of this.#all.get(fill.fillId)?.parts ?? []) {
      const back = Math.sign(left) * Math.min(Math.abs(left), Math.abs(quantity));
      this.#open.giveBack({ structure, quantity: -back }, fill, isOfDay);
      left = shareQuantity(left - back);
    }
    this.#all.delete(fill.fillId);
    this.#today = this.#today.filter((other) => other.fill.fillId !== fill.fillId);
    const external = this.#open.external(fill);
    this.#open.trade(external, tradeOf(fill, left));
    this.#open.returnCash(fill, external);
  }

  /** What foreign orders had closed of an opening before that was told is not held by either. */
  closeLate(structure: Structure<View>, opened: Fill): void {
    const symbol = instrumentSymbol(opened.instrument);
    let left = opened.quantity;
    for (const foreign of this.#today) {
      const { fill, early, parts } = foreign;
      const sign = Math.sign(early);
      if (instrumentSymbol(fill.instrument) !== symbol || early * signedOf(opened) >= 0) continue;
      const external = this.#open.external(fill);
      const most = Math.min(sign * early, sign * heldOf(external, symbol), left);
      const closed = this.#open.reduce(structure, tradeOf(fill, sign * Math.max(0, most)));
      this.#open.trade(external, { instrument: fill.instrument, signed: -closed, at: fill.price });
      this.#open.dropIfFlat(external);
      if (closed === 0) continue;
      foreign.early -= closed;
      const before = parts.find((part) => part.structure === structure);
      const others = parts.filter((part) => part !== before);
      foreign.parts = [...others, { structure, quantity: closed + (before?.quantity ?? 0) }];
      left -= Math.abs(closed);
      this.#rejoin(fill);
    }
  }

  /** Once more of a contract is held, as where a close of it is taken back, what others' orders closed of it is
   * taken from where it fits best now. */
  fitAnew(instrument: Instrument): void {
    const symbol = instrumentSymbol(instrument);
    for (const { fill } of this.#today) {
      if (instrumentSymbol(fill.instrument) === symbol) this.#rejoin(fill);
    }
  }

  /**
   * Takes what an order closed from where the whole of it fits best, in whatever turn its legs are told.
   * Returns what that moved, by the structures that gave it instead.
   */
  #rejoin(latest: Fill): readonly Part<View>[] {
    const ofOrder = this.#today.filter(({ fill }) => orderOf(fill) === orderOf(latest));
    if (ofOrder.length < 2) return [];
    return ofOrder.flatMap((foreign) => this.#refit(foreign, ofOrder));
  }

  #refit(foreign: ForeignFill<View>, ofOrder: readonly ForeignFill<View>[]): readonly Part<View>[] {
    const { fill, parts } = foreign;
    const givers = parts.map(({ structure }) => this.#open.get(structure.positionId) ?? structure);
    const fitting = byFit(new Set([...givers, ...this.#open.all()]), fill, ofOrder);
    if (isTakenSo(foreign, fitting)) return [];
    const closed = sumOf(parts);
    for (const part of parts) this.#open.giveBack(part, fill, true);
    const held = fitting.flatMap(({ positionId }) => this.#open.get(positionId) ?? []);
    this.#take(foreign, closed, held);
    return foreign.parts;
  }
}

function closes({ action, instrument }: Fill): boolean {
  return !isOpening(action) || instrument.kind === 'shares';
}

function opens({ action, instrument }: Fill): boolean {
  return isOpening(action) || instrument.kind === 'shares';
}

/** What the operator took over in one moment belongs together as the legs of one order do. */
function orderOf(fill: Fill): string {
  return isTakenOver(fill) ? `${fill.intentId} ${fill.marketAt}` : fill.intentId;
}

/** The structures by how much of the rest of an order they hold, or gave: of two that hold one leg, the one that
 * has another leg of its right, else another leg at all, else the older. */
function byFit<View>(
  structures: Iterable<Structure<View>>,
  { instrument }: Fill,
  ofOrder: readonly ForeignFill<View>[],
): readonly Structure<View>[] {
  const symbol = instrumentSymbol(instrument);
  const legs = new Map(
    ofOrder.map((foreign) => [instrumentSymbol(foreign.fill.instrument), foreign]),
  );
  legs.delete(symbol);
  const fits = new Map<Structure<View>, number>();
  for (const structure of structures) {
    let fit = 0;
    for (const [other, foreign] of legs) {
      const isItsRight = rightOf(foreign.fill.instrument) === rightOf(instrument);
      const given = ofOrder.filter(({ fill }) => instrumentSymbol(fill.instrument) === other);
      if (couldGive(structure, foreign.fill, given)) fit += isItsRight ? MOST_LEGS : 1;
    }
    fits.set(structure, fit);
  }
  return [...fits.keys()].toSorted((a, b) => (fits.get(b) ?? 0) - (fits.get(a) ?? 0));
}

function rightOf(instrument: Instrument): Right | undefined {
  return instrument.kind === 'option' ? instrument.right : undefined;
}

/** True where it holds what an execution closes, or has given it to one of these. */
function couldGive<View>(
  structure: Structure<View>,
  fill: Fill,
  given: readonly ForeignFill<View>[],
): boolean {
  if (heldOf(structure, instrumentSymbol(fill.instrument)) * signedOf(fill) < 0) return true;
  return given.some(({ parts }) => takenFrom(structure, parts) !== 0);
}

/** What was closed of a structure, signed. */
function takenFrom<View>({ positionId }: Structure<View>, parts: readonly Part<View>[]): number {
  return sumOf(parts.filter(({ structure }) => structure.positionId === positionId));
}

/** True where an execution closed what it did in just this order of structures. */
function isTakenSo<View>(
  { fill, parts }: ForeignFill<View>,
  structures: readonly Structure<View>[],
): boolean {
  let left = Math.abs(sumOf(parts));
  return structures.every((structure) => {
    const taken = Math.abs(takenFrom(structure, parts));
    const held = heldOf(structure, instrumentSymbol(fill.instrument)) * -Math.sign(signedOf(fill));
    const most = Math.min(left, taken + Math.max(0, held));
    left -= most;
    return most === taken;
  });
}
