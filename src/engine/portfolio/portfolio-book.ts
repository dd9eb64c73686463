/**
 * Fills folded into positions and money. A position is a structure: the legs that one opening order
 * bought and sold together, kept together until they are gone. Belongs to the core thread.
 */
import type { Instrument } from '../domain/instrument.ts';
import { instrumentSymbol, multiplierOf } from '../domain/instrument.ts';
import type { ExitPlan, Fill, OrderIntent } from '../domain/order.ts';
import { isOpening } from '../domain/order.ts';
import type { Cents, EpochMicros, Price, SessionDate } from '../domain/units.ts';
import { amountCents, cents, price } from '../domain/units.ts';
import { Adoptions, sharesBehind } from './adoptions.ts';
import type { Trade, UnderlyingPrice } from './carried-gains.ts';
import { beforeTrade, carriedSum, carryNow, releaseCarried, startDay } from './carried-gains.ts';
import type { DayMoneyView } from './day-money.ts';
import { DayMoney } from './day-money.ts';
import { EarlyCloses } from './early-closes.ts';
import { externalPositionId } from './external-position.ts';
import { GoneStructures } from './gone-structures.ts';
import { netHeld, netShares } from './net-held.ts';
import type { SettlementFacts } from './settlement-facts.ts';
import { settledOf } from './settlement-facts.ts';
import type { Opener, Part, Structure } from './structure.ts';
import { cashOf, newStructure, signedOf, sumOf, tradeOf } from './structure.ts';
import { goneCashOf, unitsOf } from './structure-lots.ts';

/** One leg as it is held now. */
export interface PositionLeg {
  readonly instrument: Instrument;
  /** Contracts or shares, signed. */
  readonly quantity: number;
  /** Average price per share of what is open. */
  readonly averagePrice: Price;
  /** Contracts per unit of the structure, signed. A fraction while the legs are uneven, so that
   * ratio x units is what is held, always. */
  readonly ratio: number;
}

export interface StructurePosition {
  readonly positionId: string;
  readonly strategy: Opener;
  readonly openedAt: EpochMicros;
  /** Units of which something is open: those of the leg that has the most, wings aside. */
  readonly quantity: number;
  /** Signed cash of closing what these units lack, fees excluded: nothing while they are whole. */
  readonly goneCashCents: Cents;
  /** Signed net per share at which one unit of what is open was opened. */
  readonly entryNet: Price;
  readonly legs: readonly PositionLeg[];
  /** Signed cash of what is still open, fees excluded: credit positive. */
  readonly openCashCents: Cents;
  /** What is open had gained (or lost) so much when the session began: no part of its day. */
  readonly carriedCents: Cents;
  /** What something of it was worth when the session began is not known yet. */
  readonly isCarryDue: boolean;
  readonly feesCents: Cents;
  readonly realizedCents: Cents;
  readonly exitPlan: ExitPlan | undefined;
  readonly openingIntent: OrderIntent | undefined;
}

type Held = Structure<StructurePosition>;
type Closed = Part<StructurePosition>;

export class PortfolioBook {
  readonly #structures = new Map<string, Held>();
  /** Ids of this session's executions and settlements, and of the one before: none comes later. */
  #seen = new Set<string>();
  #seenBefore: ReadonlySet<string> = new Set();
  #day = new DayMoney();
  readonly #closedEarly = new EarlyCloses();
  /** What executions of foreign orders closed, by their ids. */
  readonly #closedBy = new Map<string, readonly Closed[]>();
  readonly #adoptions = new Adoptions();
  readonly #gone = new GoneStructures<StructurePosition>();
  /** The structures as they were last looked at. */
  #list: readonly StructurePosition[] = [];
  #date: SessionDate | undefined;

  /**
   * A new session: the day's money starts at nothing, positions stay. Shares start the day at `close`, the
   * underlying's in the last session, and options whose day is over at what they came to by it; where it is
   * not known, or is another underlying's, at the first price that they are told or sold at. What they had
   * gained by then is no part of the day. The same date changes nothing.
   */
  startSession(date: SessionDate, close?: UnderlyingPrice): void {
    if (this.#date === date) return;
    this.#date = date;
    this.#day = new DayMoney();
    this.#seenBefore = this.#seen;
    this.#seen = new Set();
    for (const id of this.#closedBy.keys()) if (!this.knows(id)) this.#closedBy.delete(id);
    this.#closedEarly.clear();
    this.#adoptions.beginSession(date);
    this.#gone.clear();
    for (const structure of this.#structures.values()) startDay(structure, date, close);
  }

  /** A price by which what is due of its underlying starts the day. */
  carryAt(at: UnderlyingPrice): void {
    for (const structure of this.#structures.values()) carryNow(structure, at);
  }

  /** Folds one execution. The same `fillId` again is the same execution and changes nothing. */
  applyFill(fill: Fill, intent: OrderIntent): void {
    if (!this.#isNew(fill.fillId)) return;
    const structure = this.#structureFor(intent, fill.marketAt);
    this.#trade(structure, tradeOf(fill));
    this.#bookCash(fill, structure);
    if (isOpening(fill.action)) this.#closeLate(structure, fill);
    this.#dropIfFlat(structure);
  }

  /**
   * Folds an execution of an order that this engine did not give. One that closes takes from the
   * structures that hold the instrument, oldest first, so that no exit guards what is gone; what is
   * left of it is a position of its own until an opening of this session is told that it had closed,
   * and one that opens is a position of its own. The same `fillId` changes nothing.
   * Returns the positions that it took from.
   */
  applyExternalFill(fill: Fill): readonly string[] {
    if (!this.#isNew(fill.fillId)) return [];
    const signed = signedOf(fill);
    const parts = isOpening(fill.action) ? [] : this.#reduceAll(tradeOf(fill));
    const left = signed - sumOf(parts);
    if (!isOpening(fill.action)) {
      this.#closedBy.set(fill.fillId, parts);
      this.#closedEarly.add(fill.instrument, left);
    }
    this.#adoptions.note(fill, signed, signed - left);
    const external = this.#externalFor(fill);
    this.#trade(external, tradeOf(fill, left));
    this.#bookCash(fill, external);
    this.#dropIfFlat(external);
    return parts.map(({ structure }) => structure.positionId);
  }

  /** True for an execution or settlement that has been folded, busted later or not. */
  knows(fillId: string): boolean {
    return this.#seen.has(fillId) || this.#seenBefore.has(fillId);
  }

  /**
   * Takes back a folded execution: what it bought or sold is traded back at its own price, its fees
   * are returned. What it closed is held again, under the plan of the order that opened it, as it was
   * held before, and nothing is realised by it any more. The same execution is taken back once.
   */
  bustFill(fill: Fill, intent: OrderIntent, opening: OrderIntent | undefined): void {
    if (!this.#isBust(fill)) return;
    const structure = this.#structureFor(opening ?? intent, fill.marketAt);
    this.#tradeBack(structure, fill, -signedOf(fill));
    this.#returnCash(fill, structure);
  }

  /** Takes back an execution of an order that this engine did not give. What it closed is held again by the
   * structures that it was taken from; what it opened leaves what is external, and else what holds it. */
  bustExternalFill(fill: Fill): void {
    if (!this.#isBust(fill)) return;
    let left = -signedOf(fill);
    if (isOpening(fill.action)) {
      const all = [this.#externalFor(fill), ...this.#structures.values()];
      left -= sumOf(this.#reduceAll(tradeOf(fill, left), all));
    } else {
      for (const { structure, quantity } of this.#closedBy.get(fill.fillId) ?? []) {
        this.#tradeBack(this.#again(structure), fill, -quantity);
        left += quantity;
      }
      this.#closedEarly.takeBack(fill.instrument, left);
    }
    const external = this.#externalFor(fill);
    this.#trade(external, tradeOf(fill, left));
    this.#returnCash(fill, external);
  }

  /** What was realised on a day before, or of shares, of which each day is reckoned by itself, stays so. */
  #tradeBack(structure: Held, fill: Fill, signed: number): void {
    const { instrument, fillId, price: at } = fill;
    const { lots } = structure;
    if (!this.#seen.has(fillId) || instrument.kind === 'shares') lots.closes.takeOut(fill);
    const { quantity, realizedCents } = lots.reopen(fill);
    this.#realize(structure, cents(0 - realizedCents));
    this.#trade(structure, { instrument, signed: signed + quantity, at });
  }

  /** True for the first bust of an execution that was folded. */
  #isBust({ fillId }: Fill): boolean {
    return this.knows(fillId) && this.#isNew(`bust ${fillId}`);
  }

  #returnCash(fill: Fill, structure: Held): void {
    structure.feesCents -= fill.feesCents;
    this.#day.takeBack(cashOf(fill), fill.feesCents);
    this.#dropIfFlat(structure);
  }

  /**
   * Exercise, assignment or expiry: the options leave at what is paid for them in cash, or at nothing
   * while shares come or go at the strike. What the operator took over before it was told is not moved
   * again: only what it is worth beyond the price of then.
   * Returns the contracts settled that this book did not hold, signed: not 0 means that a fill was
   * missed. The same `settlementId` changes nothing.
   */
  applySettlement(settlement: SettlementFacts): number {
    if (!this.#isNew(settlement.settlementId)) return 0;
    const { instrument, shares, sharePrice, feesCents } = settlement;
    const symbol = instrumentSymbol(instrument);
    const held = this.held().get(symbol);
    const isCarryDue = Array.from(this.#structures.values()).some((s) => s.carryDue.has(symbol));
    const quantity = settledOf(settlement, held ?? this.#adoptions.takenOut(instrument));
    const settled = { instrument, signed: -quantity, at: settlement.cashPerShare ?? price(0) };
    const unheld = quantity + sumOf(this.#reduceAll(settled));
    const known = this.#adoptions.settle(settlement, quantity, unheld);
    const moved = shares - known.shares;
    const forShares = amountCents(sharePrice, -moved, 1);
    const left = quantity - known.contracts;
    const inCash = amountCents(settled.at, left, multiplierOf(instrument));
    this.#day.realize(known.realizedCents);
    this.#day.move(known.realizedCents + forShares + inCash, feesCents);
    if (moved !== 0) this.#moveShares(settlement, moved, isCarryDue);
    return unheld - known.contracts;
  }

  /** True while anything is held; asked on every batch of quotes. */
  hasStructures(): boolean {
    return this.#structures.size > 0;
  }

  /** Open structures, oldest first: the same list, of the same looks, until one of them changes. */
  structures(): readonly StructurePosition[] {
    if (!this.#isListed()) this.#list = Array.from(this.#structures.values(), lookAt);
    return this.#list;
  }

  #isListed(): boolean {
    let place = 0;
    for (const structure of this.#structures.values()) {
      if (structure.view === undefined || this.#list[place] !== structure.view) return false;
      place += 1;
    }
    return this.#list.length === place;
  }

  structure(positionId: string): StructurePosition | undefined {
    const structure = this.#structures.get(positionId);
    return structure === undefined ? undefined : lookAt(structure);
  }

  /** Net contracts and shares by symbol; what nets to nothing is absent. */
  held(): ReadonlyMap<string, number> {
    return netHeld(this.structures());
  }

  /** Shares held, long and short added up: those of one ticker make nothing of another's. */
  sharesHeld(): number {
    let sum = 0;
    for (const quantity of netShares(this.structures()).values()) sum += Math.abs(quantity);
    return sum;
  }

  /** The session's money. */
  day(): DayMoneyView {
    return this.#day.view();
  }

  /** Positions that are gone, and what they came to in this session, after their fees. */
  gone(): ReadonlyMap<string, Cents> {
    return this.#gone.cameTo();
  }

  /** True the first time an id comes by. */
  #isNew(id: string): boolean {
    if (this.knows(id)) return false;
    this.#seen.add(id);
    return true;
  }

  #trade(structure: Held, trade: Trade): void {
    const { instrument, signed, at, by } = trade;
    const before = beforeTrade(structure, trade);
    this.#realize(structure, structure.lots.trade(instrument, signed, at, by));
    this.#day.realize(0 - releaseCarried(structure, instrument, before));
  }

  #realize(structure: Held, realizedCents: Cents): void {
    structure.view = undefined;
    structure.realizedCents += realizedCents;
    this.#day.realize(realizedCents);
  }

  #bookCash(fill: Fill, structure: Held): void {
    structure.view = undefined;
    structure.feesCents += fill.feesCents;
    this.#day.move(cashOf(fill), fill.feesCents);
  }

  /** What a foreign order had closed of an opening before that was told is not held by either. */
  #closeLate(structure: Held, fill: Fill): void {
    const { instrument } = fill;
    if (!this.#closedEarly.has(instrument)) return;
    const external = this.#externalFor(fill);
    const { quantity: signed, averagePrice: at } = this.#closedEarly.take(external.lots, fill);
    const closed = structure.lots.reduce(instrument, signed, at, fill);
    this.#realize(structure, closed.realizedCents);
    this.#trade(external, { instrument, signed: -closed.quantity, at });
    this.#dropIfFlat(external);
  }

  /** Closes with a signed trade in structures, oldest first; returns what it closed of which. */
  #reduceAll(trade: Trade, among: Iterable<Held> = this.#structures.values()): readonly Closed[] {
    const { instrument, signed, at, by } = trade;
    let left = signed;
    const parts: Closed[] = [];
    for (const structure of among) {
      const before = beforeTrade(structure, { ...trade, signed: left });
      const { quantity, realizedCents } = structure.lots.reduce(instrument, left, at, by);
      if (quantity === 0) continue;
      left -= quantity;
      parts.push({ structure, quantity });
      this.#realize(structure, realizedCents);
      this.#day.realize(0 - releaseCarried(structure, instrument, before));
      this.#dropIfFlat(structure);
    }
    return parts;
  }

  #structureFor(intent: OrderIntent, at: EpochMicros): Held {
    const { positionId, strategy, purpose } = intent;
    const structure = this.#ensure(positionId, 'external', at);
    if (purpose === 'open' && structure.intent === undefined) {
      structure.view = undefined;
      structure.strategy = strategy;
      structure.intent = intent;
    }
    return structure;
  }

  /** The structure, which may have gone meanwhile. */
  #again({ positionId, strategy, openedAt, intent }: Held): Held {
    const structure = this.#ensure(positionId, strategy, openedAt);
    structure.intent ??= intent;
    return structure;
  }

  #externalFor({ instrument, marketAt }: Fill): Held {
    return this.#ensure(externalPositionId(instrument), 'external', marketAt);
  }

  #ensure(positionId: string, strategy: Opener, openedAt: EpochMicros): Held {
    const known = this.#structures.get(positionId) ?? this.#gone.takeBack(positionId);
    const structure: Held = known ?? newStructure(positionId, strategy, openedAt);
    this.#structures.set(positionId, structure);
    return structure;
  }

  /** Shares that take the place of options start the day where those had not. */
  #moveShares(settlement: SettlementFacts, shares: number, isCarryDue: boolean): void {
    const behind = sharesBehind(settlement.instrument);
    const structure = this.#ensure(`shares-${behind.symbol}`, 'shares', settlement.marketAt);
    this.#trade(structure, { instrument: behind, signed: shares, at: settlement.sharePrice });
    if (isCarryDue) structure.carryDue.add(instrumentSymbol(behind));
    this.#dropIfFlat(structure);
  }

  #dropIfFlat(structure: Held): void {
    const isDropped = structure.lots.isFlat() && this.#structures.delete(structure.positionId);
    if (isDropped) this.#gone.add(structure);
  }
}

function lookAt(structure: Held): StructurePosition {
  structure.view ??= viewOf(structure);
  return structure.view;
}

function viewOf(structure: Held): StructurePosition {
  const { positionId, strategy, openedAt, intent } = structure;
  const held = structure.lots.held();
  const units = unitsOf(held, intent);
  const legs = held.map((lot): PositionLeg => {
    const { instrument, quantity, averagePrice } = lot;
    return { instrument, quantity, averagePrice, ratio: quantity / units };
  });
  const entryNet = legs.reduce((net, leg) => net - leg.ratio * leg.averagePrice, 0);
  return {
    positionId,
    strategy,
    openedAt,
    quantity: units,
    goneCashCents: goneCashOf(structure.lots, intent, units),
    entryNet: price(Math.round(entryNet)),
    legs,
    openCashCents: cents(held.reduce((cash, lot) => cash + lot.cashCents, 0)),
    carriedCents: cents(carriedSum(structure)),
    isCarryDue: structure.carryDue.size > 0,
    feesCents: cents(structure.feesCents),
    realizedCents: cents(structure.realizedCents),
    exitPlan: intent?.exitPlan,
    openingIntent: intent,
  };
}
