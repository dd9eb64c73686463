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
import type { DayEnd, UnderlyingPrice } from './carried-gains.ts';
import { carriedSum, heldOf } from './carried-gains.ts';
import type { DayMoneyView } from './day-money.ts';
import { EarlySettlements } from './early-settlements.ts';
import { ForeignFills } from './foreign-fills.ts';
import { netHeld, netShares } from './net-held.ts';
import { OpenStructures } from './open-structures.ts';
import { OverCloses } from './over-closes.ts';
import type { SettlementFacts } from './settlement-facts.ts';
import { settledOf } from './settlement-facts.ts';
import type { Opener, Structure } from './structure.ts';
import { signedOf, sumOf, tradeOf } from './structure.ts';
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
  /** Units of which something is open: those of the leg that has the most, wings aside, and
   * what is held the other way. */
  readonly quantity: number;
  /** Signed cash of closing what these units lack, fees excluded: nothing while they are whole. */
  readonly goneCashCents: Cents;
  /** Signed net per share at which one unit of what is open was opened. */
  readonly entryNet: Price;
  readonly legs: readonly PositionLeg[];
  /** Signed cash of what is still open, fees excluded: credit positive. */
  readonly openCashCents: Cents;
  /** What is open had gained (or lost) so much when it began its day: no part of that. */
  readonly carriedCents: Cents;
  /** What something of it begins its day at is not known yet: so long it counts nothing in it. */
  readonly isCarryDue: boolean;
  readonly feesCents: Cents;
  readonly realizedCents: Cents;
  readonly exitPlan: ExitPlan | undefined;
  readonly openingIntent: OrderIntent | undefined;
}

type Held = Structure<StructurePosition>;

export class PortfolioBook {
  readonly #open = new OpenStructures<StructurePosition>();
  readonly #foreign = new ForeignFills(this.#open);
  readonly #beyond = new OverCloses(this.#open);
  readonly #early = new EarlySettlements(this.#open);
  /** Ids of this session's executions and settlements, and of the one before: none comes later. */
  #seen = new Set<string>();
  #seenBefore: ReadonlySet<string> = new Set();
  readonly #adoptions = new Adoptions();
  /** The structures as they were last looked at. */
  #list: readonly StructurePosition[] = [];
  #date: SessionDate | undefined;

  /**
   * A new session: the day's money starts at nothing, positions stay. Shares start the day at `close`, the
   * underlying's in the last session, and options that expired in it at what they came to by it and the mark;
   * where it is not known, or is another underlying's, shares start at the first price that they are told or sold
   * at, and options at what they are settled at. Options that live start it at their first price of the day, or
   * at what closes them. What all that had gained by then is no part of the day. The same date changes nothing.
   */
  startSession(date: SessionDate, close?: DayEnd): void {
    const before = this.#date;
    if (before === date) return;
    this.#date = date;
    this.#seenBefore = this.#seen;
    this.#seen = new Set();
    this.#foreign.beginSession((fillId) => this.knows(fillId));
    this.#beyond.beginSession((fillId) => this.knows(fillId));
    this.#early.beginSession((settlementId) => this.knows(settlementId));
    this.#adoptions.beginSession(date);
    this.#open.beginDay({ date, before, close });
  }

  /** A price at which shares of its underlying start the day, where they have not. It tells nothing of options that
   * have expired: their end was before it. */
  carrySharesAt(at: UnderlyingPrice): void {
    this.#open.carrySharesAt(at);
  }

  /** A price of its own at which a contract that is held over a session starts the day, where it has not: returns
   * whether it does. */
  carryContractAt(symbol: string, at: Price): boolean {
    return this.#open.carryContractAt(symbol, at);
  }

  /** Folds one execution. One that closes more than its position holds closes what others hold of the contract,
   * as it does at the broker: returns those. The same `fillId` again is the same execution and changes nothing. */
  applyFill(fill: Fill, intent: OrderIntent): readonly string[] {
    if (!this.#isNew(fill.fillId)) return [];
    const structure = this.#structureFor(intent, fill.marketAt);
    const beyond = isOpening(fill.action) ? [] : this.#beyond.take(structure, fill, intent);
    this.#open.trade(structure, tradeOf(fill, signedOf(fill) - sumOf(beyond)));
    this.#open.bookCash(fill, structure);
    if (isOpening(fill.action)) {
      this.#foreign.closeLate(structure, fill);
      this.#beyond.settle(fill.instrument);
    }
    this.#open.dropIfFlat(structure);
    this.#early.settle(fill);
    return beyond.map(({ structure: { positionId } }) => positionId);
  }

  /**
   * Folds an execution of an order that this engine did not give. One that closes takes from the
   * structures that hold the instrument, so that no exit guards what is gone: from the one that holds most
   * of what the same order closes, and else from the oldest. What is left of it is a position of its own
   * until an opening of this session is told that it had closed, and one that opens is a position of its own.
   * Shares have no such word: what is held of them the other way is closed first. The same `fillId` changes
   * nothing. Returns the positions that it took from.
   */
  applyExternalFill(fill: Fill): readonly string[] {
    if (!this.#isNew(fill.fillId)) return [];
    const { closed, takenFrom } = this.#foreign.apply(fill);
    this.#adoptions.note(fill, signedOf(fill), closed);
    this.#early.settle(fill);
    return takenFrom.map(({ positionId }) => positionId);
  }

  /** True for an execution or settlement that has been folded, busted later or not. */
  knows(fillId: string): boolean {
    return this.#seen.has(fillId) || this.#seenBefore.has(fillId);
  }

  /**
   * Takes back a folded execution: what it bought or sold is traded back at its own price, its fees
   * are returned. What it closed is held again, under the plan of the order that opened it, as it was
   * held before, and nothing is realised by it any more; what closed after it, of others for want of that,
   * closes what it would have closed without it. The same execution is taken back once.
   */
  bustFill(fill: Fill, intent: OrderIntent, opening: OrderIntent | undefined): void {
    if (!this.#isBust(fill)) return;
    this.#open.restoreOf(intent.positionId, fill);
    const structure = this.#structureFor(opening ?? intent, fill.marketAt);
    const isOfDay = this.#seen.has(fill.fillId);
    const beyond = this.#beyond.giveBack(fill, isOfDay);
    this.#open.tradeBack(structure, fill, beyond - signedOf(fill), isOfDay);
    this.#open.returnCash(fill, structure);
    this.#closeAnew(fill);
  }

  /** Takes back an execution of an order that this engine did not give. What it closed is held again by the
   * structures that it was taken from; what it opened leaves what is external, and else what holds it. */
  bustExternalFill(fill: Fill): void {
    if (!this.#isBust(fill)) return;
    this.#foreign.bust(fill, this.#seen.has(fill.fillId));
    this.#closeAnew(fill);
  }

  #closeAnew(fill: Fill): void {
    const { instrument } = fill;
    this.#beyond.settle(instrument);
    this.#foreign.fitAnew(instrument);
    this.#early.settle(fill);
  }

  /** True for the first bust of an execution that was folded. */
  #isBust({ fillId }: Fill): boolean {
    return this.knows(fillId) && this.#isNew(`bust ${fillId}`);
  }

  /**
   * Exercise, assignment or expiry: the options leave at what is paid for them in cash, or at nothing
   * while shares come or go at the strike. What the operator took over before it was told is not moved
   * again: only what it is worth beyond the price of then.
   * Returns the contracts settled that this book did not hold, signed: not 0 means that a fill was
   * missed, and is out once that is told. The same `settlementId` changes nothing.
   */
  applySettlement(settlement: SettlementFacts): number {
    if (!this.#isNew(settlement.settlementId)) return 0;
    const { instrument, shares, sharePrice, feesCents } = settlement;
    const symbol = instrumentSymbol(instrument);
    const open = Array.from(this.#open.all());
    const held = open.reduce((sum, structure) => sum + heldOf(structure, symbol), 0);
    const isCarryDue = open.some((structure) => structure.carryDue.has(symbol));
    const quantity = settledOf(settlement, held || this.#adoptions.takenOut(instrument));
    const settled = { instrument, signed: -quantity, at: settlement.cashPerShare ?? price(0) };
    const unheld = quantity + sumOf(this.#open.reduceAll(settled));
    const known = this.#adoptions.settle(settlement, quantity, unheld);
    const moved = shares - known.shares;
    const forShares = amountCents(sharePrice, -moved, 1);
    const left = quantity - known.contracts;
    const inCash = amountCents(settled.at, left, multiplierOf(instrument));
    this.#open.day.realize(known.realizedCents);
    this.#open.day.move(known.realizedCents + forShares + inCash, feesCents);
    if (moved !== 0) this.#moveShares(settlement, moved, isCarryDue);
    const missed = unheld - known.contracts;
    this.#early.note(settlement, missed);
    return missed;
  }

  /** True while anything is held; asked on every batch of quotes. */
  hasStructures(): boolean {
    return this.#open.size > 0;
  }

  /** Open structures, oldest first: the same list, of the same looks, until one of them changes. */
  structures(): readonly StructurePosition[] {
    if (!this.#isListed()) this.#list = Array.from(this.#open.all(), lookAt);
    return this.#list;
  }

  #isListed(): boolean {
    let place = 0;
    for (const structure of this.#open.all()) {
      if (structure.view === undefined || this.#list[place] !== structure.view) return false;
      place += 1;
    }
    return this.#list.length === place;
  }

  structure(positionId: string): StructurePosition | undefined {
    const structure = this.#open.get(positionId);
    return structure === undefined ? undefined : lookAt(structure);
  }

  /** What all open structures hold some of. */
  heldInstruments(): readonly Instrument[] {
    return Array.from(this.#open.all()).flatMap(({ lots }) => {
      return lots.held().map(({ instrument }) => instrument);
    });
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
    return this.#open.day.view();
  }

  /** What all that went under each name came to in this session, after its fees; something may be held under it
   * again. */
  gone(): ReadonlyMap<string, Cents> {
    return this.#open.gone.cameTo();
  }

  /** True the first time an id comes by. */
  #isNew(id: string): boolean {
    if (this.knows(id)) return false;
    this.#seen.add(id);
    return true;
  }

  #structureFor(intent: OrderIntent, at: EpochMicros): Held {
    const { positionId, strategy, purpose } = intent;
    const structure = this.#open.ensure(positionId, 'external', at);
    // Each execution of an opening may bring another plan: that of what was received or paid so far.
    if (purpose === 'open' && structure.intent !== intent) {
      structure.view = undefined;
      structure.strategy = strategy;
      structure.intent = intent;
    }
    return structure;
  }

  /**
   * Shares that take the place of options start the day where those had not. An account holds those of one
   * ticker one way: what was traded of them the other way before this was told closes them.
   */
  #moveShares(settlement: SettlementFacts, shares: number, isCarryDue: boolean): void {
    const { instrument: option, marketAt, sharePrice: at } = settlement;
    const instrument = sharesBehind(option);
    const { symbol } = instrument;
    const moved = this.#open.ensure(`shares-${symbol}`, 'shares', marketAt);
    this.#open.trade(moved, { instrument, signed: shares, at });
    if (isCarryDue) moved.carryDue.add(symbol);
    for (const other of this.#open.all()) {
      const held = heldOf(moved, symbol);
      const lot = other.lots.held().find((each) => instrumentSymbol(each.instrument) === symbol);
      if (lot === undefined || lot.quantity * held >= 0) continue;
      const signed = Math.sign(lot.quantity) * Math.min(Math.abs(held), Math.abs(lot.quantity));
      this.#open.trade(moved, { instrument, signed, at: lot.averagePrice });
      this.#open.trade(other, { instrument, signed: -signed, at: lot.averagePrice });
      this.#open.dropIfFlat(other);
    }
    this.#open.dropIfFlat(moved);
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
