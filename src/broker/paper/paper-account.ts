/**
 * The paper broker's own books: cash, what is held by position, and the margin it ties up. Kept
 * apart from the engine's portfolio, so that comparing the two means something.
 */

import { assert } from '../../engine/domain/assert.ts';
import type { Instrument } from '../../engine/domain/instrument.ts';
import {
  instrumentSymbol,
  multiplierOf,
  underlyingOfContract,
} from '../../engine/domain/instrument.ts';
import type { Fill, OrderLeg } from '../../engine/domain/order.ts';
import { isOpening, legSign } from '../../engine/domain/order.ts';
import type { Cents, Price, SessionDate } from '../../engine/domain/units.ts';
import { amountCents, cents, price } from '../../engine/domain/units.ts';
import { payoffSummary } from '../../engine/pricing/payoff.ts';
import type { HeldPosition, Settlement } from '../order-gateway.ts';

interface Lot {
  readonly instrument: Instrument;
  quantity: number;
}

/** Lots that were opened together and count as one structure for margin. */
interface Structure {
  readonly lots: Map<string, Lot>;
  /** Undefined after a change, until it is asked for again. */
  marginCents: Cents | undefined;
}

/** An option as the account holds it, over all structures. */
export interface HeldLot {
  readonly symbol: string;
  readonly instrument: Instrument;
  readonly quantity: number;
}

/** Short shares tie up their sale and half of it again (Regulation T). */
const SHORT_SHARES_MARGIN = 1.5;
const SHARES_STRUCTURE = 'shares';
const TRANSFERRED_STRUCTURE = 'transferred';

export class PaperAccount {
  readonly #structures = new Map<string, Structure>();
  /** How often each contract was settled. */
  readonly #settlements = new Map<string, number>();
  /** What shares last changed hands at here, by ticker. */
  readonly #sharePrices = new Map<string, Price>();
  #cashCents: Cents;

  constructor(cashCents: Cents) {
    this.#cashCents = cashCents;
  }

  get cashCents(): Cents {
    return this.#cashCents;
  }

  /** Books one execution: an opening adds to its position, a closing takes from it first and then
   * from whatever else holds the instrument. */
  applyFill(fill: Fill, positionId: string): void {
    const { instrument, action, quantity, feesCents } = fill;
    const sign = legSign(action);
    const paid = amountCents(price(-sign * fill.price), quantity, multiplierOf(instrument));
    this.#cashCents = cents(this.#cashCents + paid - feesCents);
    if (instrument.kind === 'shares') this.#sharePrices.set(instrument.symbol, fill.price);
    if (isOpening(action)) this.#add(positionId, instrument, sign * quantity);
    else this.#remove(instrument, -sign * quantity, positionId);
  }

  /** Takes in what comes with no execution, signed as it is held from then on. */
  takeIn(instrument: Instrument, quantity: number): void {
    this.#add(TRANSFERRED_STRUCTURE, instrument, quantity);
  }

  /** Books an exercise, assignment or expiry. */
  applySettlement(settlement: Settlement): void {
    const { instrument, quantity, shares, sharePrice, cashPerShare = 0, feesCents } = settlement;
    const forShares = amountCents(sharePrice, -shares, 1);
    const inCash = amountCents(price(cashPerShare), quantity, multiplierOf(instrument));
    this.#cashCents = cents(this.#cashCents + forShares + inCash - feesCents);
    this.#remove(instrument, quantity, '');
    if (instrument.kind !== 'option') return;
    const symbol = instrumentSymbol(instrument);
    this.#settlements.set(symbol, this.settlementsOf(symbol) + 1);
    if (shares === 0) return;
    const ticker = underlyingOfContract(instrument);
    this.#sharePrices.set(ticker, sharePrice);
    this.#moveShares(ticker, shares);
  }

  /** How often a contract was settled so far. */
  settlementsOf(symbol: string): number {
    return this.#settlements.get(symbol) ?? 0;
  }

  /** Net contracts or shares of a symbol. */
  held(symbol: string): number {
    let quantity = 0;
    for (const { lots } of this.#structures.values()) quantity += lots.get(symbol)?.quantity ?? 0;
    return quantity;
  }

  /** Options held of an expiry, net, in the order they came. */
  optionsOf(expiry: SessionDate): readonly HeldLot[] {
    return this.#net().filter(
      ({ instrument }) => instrument.kind === 'option' && instrument.expiry === expiry,
    );
  }

  /** What is held of one symbol, net. */
  lot(symbol: string): HeldLot | undefined {
    return this.#net().find((lot) => lot.symbol === symbol);
  }

  /** Expiries of the options held. */
  expiries(): ReadonlySet<SessionDate> {
    const expiries = new Set<SessionDate>();
    for (const { instrument } of this.#net()) {
      if (instrument.kind === 'option') expiries.add(instrument.expiry);
    }
    return expiries;
  }

  positions(): readonly HeldPosition[] {
    return this.#net().map(({ symbol, quantity }) => ({ symbol, quantity }));
  }

  /** Collateral of everything held: structures at their worst expiry, short shares at their price. Where
   * nothing tells that, what they last changed hands at stands in: another run may trade something else. */
  marginCents(priceOf: (symbol: string) => Price | undefined): Cents {
    let margin = 0;
    for (const structure of this.#structures.values()) {
      structure.marginCents ??= optionMargin(structure);
      margin += structure.marginCents;
      for (const [symbol, { instrument, quantity }] of structure.lots) {
        if (instrument.kind === 'option' || quantity >= 0) continue;
        const at = priceOf(symbol) ?? this.#sharePrices.get(symbol);
        assert(at !== undefined, 'the shares held came at a price');
        const value = amountCents(at, -quantity, 1);
        margin += Math.ceil(value * SHORT_SHARES_MARGIN);
      }
    }
    return cents(margin);
  }

  #net(): readonly HeldLot[] {
    const net = new Map<string, { symbol: string; instrument: Instrument; quantity: number }>();
    for (const { lots } of this.#structures.values()) {
      for (const [symbol, { instrument, quantity }] of lots) {
        const known = net.get(symbol);
        if (known === undefined) net.set(symbol, { symbol, instrument, quantity });
        else known.quantity += quantity;
      }
    }
    return [...net.values()].filter(({ quantity }) => quantity !== 0);
  }

  #add(positionId: string, instrument: Instrument, signed: number): void {
    const structure = this.#structures.get(positionId) ?? {
      lots: new Map<string, Lot>(),
      marginCents: undefined,
    };
    this.#structures.set(positionId, structure);
    this.#change(positionId, structure, { instrument, quantity: signed });
  }

  /** Takes `held` (signed as it is held) out of the account. */
  #remove(instrument: Instrument, held: number, firstFrom: string): void {
    const symbol = instrumentSymbol(instrument);
    let left = held - this.#take(firstFrom, symbol, held);
    for (const id of left === 0 ? [] : [...this.#structures.keys()]) {
      left -= this.#take(id, symbol, left);
    }
    assert(left === 0, 'the paper broker takes out only what it holds');
  }

  /** Takes what one structure holds of it, `wanted` at most. Returns how much that was, signed. */
  #take(id: string, symbol: string, wanted: number): number {
    const structure = this.#structures.get(id);
    const lot = structure?.lots.get(symbol);
    if (structure === undefined || lot === undefined) return 0;
    if (Math.sign(lot.quantity) !== Math.sign(wanted)) return 0;
    const size = Math.min(Math.abs(lot.quantity), Math.abs(wanted)) * Math.sign(wanted);
    this.#change(id, structure, { instrument: lot.instrument, quantity: -size });
    return size;
  }

  #change(id: string, structure: Structure, by: Lot): void {
    const symbol = instrumentSymbol(by.instrument);
    const lot = structure.lots.get(symbol) ?? { instrument: by.instrument, quantity: 0 };
    lot.quantity += by.quantity;
    structure.lots.set(symbol, lot);
    if (lot.quantity === 0) structure.lots.delete(symbol);
    if (structure.lots.size === 0) this.#structures.delete(id);
    structure.marginCents = undefined;
  }

  /** Shares received or delivered; they meet opposite shares first. */
  #moveShares(symbol: string, shares: number): void {
    const instrument: Instrument = { kind: 'shares', symbol };
    const held = this.held(symbol);
    const isOpposite = Math.sign(held) === -Math.sign(shares);
    const met = isOpposite ? Math.min(Math.abs(held), Math.abs(shares)) * Math.sign(held) : 0;
    if (met !== 0) this.#remove(instrument, met, SHARES_STRUCTURE);
    if (shares + met !== 0) this.#add(SHARES_STRUCTURE, instrument, shares + met);
  }
}

function optionMargin({ lots }: Structure): Cents {
  const legs: OrderLeg[] = [];
  for (const { instrument, quantity } of lots.values()) {
    if (instrument.kind !== 'option') continue;
    const action = quantity > 0 ? 'buyToOpen' : 'sellToOpen';
    legs.push({ instrument, action, ratio: Math.abs(quantity) });
  }
  if (legs.length === 0) return cents(0);
  const bare = { legs, quantity: 1, netPrice: price(0), feesCents: cents(0) };
  return payoffSummary(bare).marginCents;
}
