/** What a structure holds, as fills change it: whole contracts and whole cents. Core thread only. */

import type { Instrument } from '../domain/instrument.ts';
import { instrumentSymbol, multiplierOf } from '../domain/instrument.ts';
import type { Fill, OrderIntent, OrderLeg } from '../domain/order.ts';
import { legSign } from '../domain/order.ts';
import { shareQuantity } from '../domain/share-quantity.ts';
import type { Cents, Price } from '../domain/units.ts';
import { amountCents, CENTS_PER_DOLLAR, cents, PRICE_PER_DOLLAR, price } from '../domain/units.ts';
import { LotCloses, type ToldAs } from './lot-closes.ts';

const PRICE_PER_CENT = PRICE_PER_DOLLAR / CENTS_PER_DOLLAR;
const NOTHING = { quantity: 0, cashCents: 0 };

/** One instrument that is held. */
export interface HeldLot {
  readonly instrument: Instrument;
  /** Contracts or shares, signed. */
  readonly quantity: number;
  /** Signed cash of what is still open: credit positive. */
  readonly cashCents: Cents;
  /** Average price per share of what is open. */
  readonly averagePrice: Price;
}

/** What a trade closed. */
export interface Reduction {
  /** The part of the signed trade that closed. */
  readonly quantity: number;
  /** What it realised, before fees. */
  readonly realizedCents: Cents;
}

interface Lot {
  readonly instrument: Instrument;
  quantity: number;
  cashCents: number;
}

/**
 * Lots at average price. No cent is lost or made: the cash of all trades is at all times what is
 * realised plus the cash of what is open.
 */
export class StructureLots {
  readonly #lots = new Map<string, Lot>();
  readonly closes = new LotCloses();

  /** Folds a signed trade: first it closes what is held the other way, then it opens. Returns what
   * it realised, before fees. What undoes another trade is told by nothing, and is no close. */
  trade(instrument: Instrument, signed: number, at: Price, by?: ToldAs): Cents {
    const { quantity, realizedCents } = this.reduce(instrument, signed, at, by);
    const opened = shareQuantity(signed - quantity);
    if (opened === 0) return realizedCents;
    const symbol = instrumentSymbol(instrument);
    const lot = this.#lots.get(symbol) ?? { instrument, quantity: 0, cashCents: 0 };
    lot.quantity = shareQuantity(lot.quantity + opened);
    lot.cashCents += amountCents(at, -opened, multiplierOf(instrument));
    this.#lots.set(symbol, lot);
    return realizedCents;
  }

  /** Closes with a signed trade as far as the other way is held, and opens nothing. */
  reduce(instrument: Instrument, signed: number, at: Price, by?: ToldAs): Reduction {
    const symbol = instrumentSymbol(instrument);
    const lot = this.#lots.get(symbol);
    const isOpposite = lot !== undefined && Math.sign(lot.quantity) === -Math.sign(signed);
    if (!isOpposite) return { quantity: 0, realizedCents: cents(0) };
    const size = Math.min(Math.abs(shareQuantity(signed)), Math.abs(lot.quantity));
    const quantity = Math.sign(signed) * size;
    const cashOut = Math.round((lot.cashCents * size) / Math.abs(lot.quantity));
    const cashIn = amountCents(at, -quantity, multiplierOf(instrument));
    lot.quantity = shareQuantity(lot.quantity + quantity);
    lot.cashCents -= cashOut;
    if (lot.quantity === 0) this.#lots.delete(symbol);
    if (by !== undefined) this.closes.add(instrument, { by, quantity, at, cashOut });
    return { quantity, realizedCents: cents(cashIn + cashOut) };
  }

  /** What an execution closed was not closed after all: it is held again as it was, where the lot has not
   * turned round since. Returns what it had closed so, and what that had realised. */
  reopen(fill: Fill): Reduction {
    const { instrument } = fill;
    const symbol = instrumentSymbol(instrument);
    let [closed, realized] = [0, 0];
    for (const { quantity, at, cashOut } of this.closes.takeOut(fill)) {
      const lot = this.#lots.get(symbol) ?? { instrument, quantity: 0, cashCents: 0 };
      if (lot.quantity * quantity > 0) continue;
      lot.quantity = shareQuantity(lot.quantity - quantity);
      lot.cashCents += cashOut;
      this.#lots.set(symbol, lot);
      closed += quantity;
      realized += amountCents(at, -quantity, multiplierOf(instrument)) + cashOut;
    }
    return { quantity: closed, realizedCents: cents(realized) };
  }

  isFlat(): boolean {
    return this.#lots.size === 0;
  }

  /** What is held, in the order it came. */
  held(): readonly HeldLot[] {
    return [...this.#lots.values()].map(({ instrument, quantity, cashCents }) => {
      const perShare = -cashCents / (quantity * multiplierOf(instrument));
      const averagePrice = price(Math.round(perShare * PRICE_PER_CENT));
      return { instrument, quantity, cashCents: cents(cashCents), averagePrice };
    });
  }
}

/** True for a long that covers a short of its right and stands further out. */
function isWing({ instrument, action }: OrderLeg, { legs }: OrderIntent): boolean {
  if (instrument.kind !== 'option' || legSign(action) < 0) return false;
  const outward = instrument.right === 'call' ? 1 : -1;
  return legs.some(({ instrument: other, action: sold }) => {
    const isShort = other.kind === 'option' && legSign(sold) < 0;
    if (!isShort || other.right !== instrument.right) return false;
    return (instrument.strike - other.strike) * outward > 0;
  });
}

/**
 * Units of which something is left, by the ratios of the opening order: those of the leg that has the most.
 * A wing makes none while anything else is held: a unit that was closed but for a wing without a bid is gone,
 * as it is where somebody bid a cent for it. What more was closed of than was held is held the other way, and
 * makes none beside any other: it goes with the units that it was closed of, and alone is no more than were
 * opened.
 */
export function unitsOf(held: readonly HeldLot[], intent: OrderIntent | undefined): number {
  const opened = new Map(
    (intent?.legs ?? []).map((leg) => [instrumentSymbol(leg.instrument), leg]),
  );
  let [units, wings, turned] = [0, 0, 0];
  for (const { instrument, quantity } of held) {
    const leg = opened.get(instrumentSymbol(instrument));
    const ofLeg = Math.ceil(Math.abs(quantity) / (leg?.ratio ?? 1));
    if (leg !== undefined && quantity * legSign(leg.action) < 0) turned = Math.max(turned, ofLeg);
    else if (intent !== undefined && leg !== undefined && isWing(leg, intent)) {
      wings = Math.max(wings, ofLeg);
    } else units = Math.max(units, ofLeg);
  }
  return units || wings || Math.min(turned, intent?.quantity ?? turned);
}

/** Signed cash that closing what these units lack took or brought: of each leg what was closed last. What an
 * order closed of whole units is no part of it, whenever that was; of other units that are gone it is what was
 * closed first. A unit is whole without its wings where wings make none. A leg that more was closed of than was
 * held lacks all that it had, and what its turned lot took or brought goes with that. */
export function goneCashOf(
  lots: StructureLots,
  intent: OrderIntent | undefined,
  units: number,
): Cents {
  if (intent === undefined) return cents(0);
  const held = new Map(lots.held().map((lot) => [instrumentSymbol(lot.instrument), lot]));
  const counted = intent.legs.filter((leg) => !isWing(leg, intent));
  const isMoreThanWings = counted.some(({ instrument }) => held.has(instrumentSymbol(instrument)));
  const whole = lots.closes.wholeUnits(isMoreThanWings ? counted : intent.legs);
  let cash = 0;
  for (const leg of intent.legs) {
    const { quantity, cashCents } = held.get(instrumentSymbol(leg.instrument)) ?? NOTHING;
    const left = quantity * legSign(leg.action);
    const lacks = leg.ratio * units - Math.max(0, left);
    const isTurned = left < 0;
    cash += lots.closes.newest(leg, Math.max(0, lacks), isTurned ? new Map() : whole);
    if (isTurned) cash += cashCents;
  }
  return cents(cash);
}
