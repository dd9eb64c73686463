/** What is held, structure by structure, and the money of the day that trades in it make. Core thread only. */

import { instrumentSymbol } from '../domain/instrument.ts';
import type { Fill } from '../domain/order.ts';
import { shareQuantity } from '../domain/share-quantity.ts';
import type { Cents, EpochMicros, Price } from '../domain/units.ts';
import { cents } from '../domain/units.ts';
import type { DayStart, Trade, UnderlyingPrice } from './carried-gains.ts';
import {
  beforeTrade,
  carryContract,
  carryShares,
  releaseCarried,
  startDay,
} from './carried-gains.ts';
import { DayMoney } from './day-money.ts';
import { externalPositionId } from './external-position.ts';
import { GoneStructures } from './gone-structures.ts';
import type { Opener, Part, Structure } from './structure.ts';
import { cashOf, newStructure } from './structure.ts';

export class OpenStructures<View> {
  readonly #open = new Map<string, Structure<View>>();
  readonly gone = new GoneStructures<View>();
  day = new DayMoney();

  /** A new day: its money starts at nothing, what is held stays. */
  beginDay(start: DayStart): void {
    this.day = new DayMoney();
    this.gone.clear();
    for (const structure of this.#open.values()) startDay(structure, start);
  }

  carrySharesAt(at: UnderlyingPrice): void {
    for (const structure of this.#open.values()) carryShares(structure, at);
  }

  /** Returns whether some of it began its day by that. */
  carryContractAt(symbol: string, at: Price): boolean {
    let isCarried = false;
    for (const structure of this.#open.values()) {
      if (carryContract(structure, symbol, at)) isCarried = true;
    }
    return isCarried;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Oldest first. */
  all(): Iterable<Structure<View>> {
    return this.#open.values();
  }

  get(positionId: string): Structure<View> | undefined {
    return this.#open.get(positionId);
  }

  /** The structure of this name, which begins or comes back with it. */
  ensure(positionId: string, strategy: Opener, openedAt: EpochMicros): Structure<View> {
    const known = this.#open.get(positionId) ?? this.gone.takeBack(positionId);
    const structure = known ?? newStructure<View>(positionId, strategy, openedAt);
    this.#open.set(positionId, structure);
    return structure;
  }

  /** The structure, which may have gone meanwhile. */
  again(known: Structure<View>): Structure<View> {
    const { positionId, strategy, openedAt, intent } = known;
    if (!this.#open.has(positionId) && this.gone.restore(known)) this.#open.set(positionId, known);
    const structure = this.ensure(positionId, strategy, openedAt);
    structure.intent ??= intent;
    return structure;
  }

  /** Brings back the structure of this name that is gone, where an execution which is taken back closed something
   * of it. */
  restoreOf(positionId: string, fill: Fill): void {
    const closed = this.#open.has(positionId) ? undefined : this.gone.closedBy(positionId, fill);
    if (closed !== undefined) this.again(closed);
  }

  /** The one that holds what foreign orders open of the instrument. */
  external({ instrument, marketAt }: Fill): Structure<View> {
    return this.ensure(externalPositionId(instrument), 'external', marketAt);
  }

  trade(structure: Structure<View>, trade: Trade): void {
    const { instrument, signed, at, by } = trade;
    const before = beforeTrade(structure, instrument);
    const realizedCents = structure.lots.trade(instrument, signed, at, by);
    this.#realize(structure, realizedCents);
    this.day.realize(0 - releaseCarried(structure, { instrument, before, realizedCents }));
  }

  /** Closes with a signed trade as far as the structure holds the other way; returns what it closed. */
  reduce(structure: Structure<View>, trade: Trade): number {
    const { instrument, signed, at, by } = trade;
    const before = beforeTrade(structure, instrument);
    const { quantity, realizedCents } = structure.lots.reduce(instrument, signed, at, by);
    if (quantity === 0) return 0;
    this.#realize(structure, realizedCents);
    this.day.realize(0 - releaseCarried(structure, { instrument, before, realizedCents }));
    this.dropIfFlat(structure);
    return quantity;
  }

  /** The same in one after another; returns what it closed of which. */
  reduceAll(trade: Trade, among: Iterable<Structure<View>> = this.all()): readonly Part<View>[] {
    let left = trade.signed;
    const parts: Part<View>[] = [];
    for (const structure of among) {
      const quantity = this.reduce(structure, { ...trade, signed: left });
      if (quantity === 0) continue;
      left = shareQuantity(left - quantity);
      parts.push({ structure, quantity });
    }
    return parts;
  }

  /** Trades back what an execution traded of a structure. What it had realised on a day before (not `isOfDay`),
   * or of shares and of what is held over a session, of which each day is reckoned by itself, stays so. */
  tradeBack(structure: Structure<View>, fill: Fill, signed: number, isOfDay: boolean): void {
    const { instrument, price: at } = fill;
    const { heldOver, lots } = structure;
    const isByDay = instrument.kind === 'shares' || heldOver.has(instrumentSymbol(instrument));
    if (!isOfDay || isByDay) lots.closes.takeOut(fill);
    const { quantity, realizedCents } = lots.reopen(fill);
    this.#realize(structure, cents(0 - realizedCents));
    this.trade(structure, { instrument, signed: signed + quantity, at });
  }

  /** Holds again what an execution had traded of a structure, which may have gone meanwhile, or turned round: then
   * this may be what closes it. */
  giveBack({ structure, quantity }: Part<View>, fill: Fill, isOfDay: boolean): void {
    const held = this.again(structure);
    this.tradeBack(held, fill, -quantity, isOfDay);
    this.dropIfFlat(held);
  }

  bookCash(fill: Fill, structure: Structure<View>): void {
    structure.view = undefined;
    structure.feesCents += fill.feesCents;
    this.day.move(cashOf(fill), fill.feesCents);
  }

  returnCash(fill: Fill, structure: Structure<View>): void {
    structure.feesCents -= fill.feesCents;
    this.day.takeBack(cashOf(fill), fill.feesCents);
    this.dropIfFlat(structure);
  }

  dropIfFlat(structure: Structure<View>): void {
    const isDropped = structure.lots.isFlat() && this.#open.delete(structure.positionId);
    if (isDropped) this.gone.add(structure);
  }

  #realize(structure: Structure<View>, realizedCents: Cents): void {
    structure.view = undefined;
    structure.realizedCents += realizedCents;
    this.day.realize(realizedCents);
  }
}
