/** What a structure holds, as fills change it: whole contracts and whole cents. Core thread only. */

import type { Instrument } from '../domain/instrument.ts';
import { instrumentSymbol, multiplierOf } from '../domain/instrument.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { Cents, Price } from '../domain/units.ts';
import { amountCents, CENTS_PER_DOLLAR, cents, PRICE_PER_DOLLAR, price } from '../domain/units.ts';

const PRICE_PER_CENT = PRICE_PER_DOLLAR / CENTS_PER_DOLLAR;

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

  /** Folds a signed trade: first it closes what is held the other way, then it opens. Returns what
   * it realised, before fees. */
  trade(instrument: Instrument, signed: number, at: Price): Cents {
    const { quantity, realizedCents } = this.reduce(instrument, signed, at);
    const opened = signed - quantity;
    if (opened === 0) return realizedCents;
    const symbol = instrumentSymbol(instrument);
    const lot = this.#lots.get(symbol) ?? { instrument, quantity: 0, cashCents: 0 };
    lot.quantity += opened;
    lot.cashCents += amountCents(at, -opened, multiplierOf(instrument));
    this.#lots.set(symbol, lot);
    return realizedCents;
  }

  /** Closes with a signed trade as far as the other way is held, and opens nothing. */
  reduce(instrument: Instrument, signed: number, at: Price): Reduction {
    const symbol = instrumentSymbol(instrument);
    const lot = this.#lots.get(symbol);
    const isOpposite = lot !== undefined && Math.sign(lot.quantity) === -Math.sign(signed);
    if (!isOpposite) return { quantity: 0, realizedCents: cents(0) };
    const size = Math.min(Math.abs(signed), Math.abs(lot.quantity));
    const quantity = Math.sign(signed) * size;
    const cashOut = Math.round((lot.cashCents * size) / Math.abs(lot.quantity));
    const cashIn = amountCents(at, -quantity, multiplierOf(instrument));
    lot.quantity += quantity;
    lot.cashCents -= cashOut;
    if (lot.quantity === 0) this.#lots.delete(symbol);
    return { quantity, realizedCents: cents(cashIn + cashOut) };
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

/** Units of the leg that has the most, by the ratios of the opening order. */
export function unitsOf(held: readonly HeldLot[], intent: OrderIntent | undefined): number {
  const ratios = new Map(
    (intent?.legs ?? []).map((leg) => [instrumentSymbol(leg.instrument), leg.ratio]),
  );
  return held.reduce((most, { instrument, quantity }) => {
    const ratio = ratios.get(instrumentSymbol(instrument)) ?? 1;
    return Math.max(most, Math.ceil(Math.abs(quantity) / ratio));
  }, 0);
}
