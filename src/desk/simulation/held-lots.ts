/** What is held of each contract of a position, and the cash of just that. */

import type { Instrument } from '../../engine/domain/instrument.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';

export interface Lot {
  readonly instrument: Instrument;
  quantity: number;
  /** Signed cash of what is open, per share in 1/10,000 dollar times quantity. */
  openCash: number;
}

export type Lots = Map<string, Lot>;

/** An option's price per share in 1/10,000 dollar is its price in cents a contract. */
export function addFill(lots: Lots, { instrument, action, quantity, price }: Fill): void {
  const symbol = instrumentSymbol(instrument);
  const lot = lots.get(symbol) ?? { instrument, quantity: 0, openCash: 0 };
  const signed = legSign(action) * quantity;
  const isReducing = Math.sign(signed) === -Math.sign(lot.quantity);
  if (isReducing) lot.openCash *= Math.max(0, 1 - quantity / Math.abs(lot.quantity));
  else lot.openCash -= signed * price;
  lot.quantity += signed;
  if (lot.quantity === 0) lots.delete(symbol);
  else lots.set(symbol, lot);
}

/** How much of an execution closes what is held of its contract. */
export function closedOf(lots: Lots | undefined, { instrument, action, quantity }: Fill): number {
  const held = lots?.get(instrumentSymbol(instrument))?.quantity ?? 0;
  return Math.min(quantity, Math.max(0, -legSign(action) * held));
}

/** Puts one lot to another of its contract, as if the smaller had closed its part of the larger. */
export function addLot(lots: Lots, added: Lot): void {
  const symbol = instrumentSymbol(added.instrument);
  const lot = lots.get(symbol);
  if (lot === undefined) {
    lots.set(symbol, added);
    return;
  }
  const quantity = lot.quantity + added.quantity;
  const isNetted = Math.sign(lot.quantity) === -Math.sign(added.quantity);
  const larger = Math.abs(lot.quantity) > Math.abs(added.quantity) ? lot : added;
  const openCash = isNetted
    ? (larger.openCash * quantity) / larger.quantity
    : lot.openCash + added.openCash;
  if (quantity === 0) lots.delete(symbol);
  else lots.set(symbol, { ...lot, quantity, openCash });
}
