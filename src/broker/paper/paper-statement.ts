/** What the paper broker's own ledger says of its account, whole. Pure: made anew for each question. */

import type { OrderRow } from '../../engine/domain/account-facts.ts';
import type { At } from '../../engine/domain/clock.ts';
import {
  instrumentSymbol,
  multiplierOf,
  underlyingOfContract,
} from '../../engine/domain/instrument.ts';
import type { Fill } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import type { Cents, EpochMicros, Price } from '../../engine/domain/units.ts';
import { amountCents, cents, price } from '../../engine/domain/units.ts';
import type { Settlement } from '../order-gateway.ts';

/** One booking, in the order of its time. */
export type LedgerEntry =
  | { readonly kind: 'fill'; readonly fill: Fill }
  | { readonly kind: 'settlement'; readonly settlement: Settlement };

/** One instrument held. */
export interface StatedPosition {
  readonly symbol: string;
  readonly underlying: string;
  readonly kind: 'option' | 'shares';
  readonly quantity: number;
  /** What the quantity held was opened at on average, per share. */
  readonly averagePrice: Price;
  /** Mid of the last quote, half the ask where nobody bids; undefined without an ask. */
  readonly mark: Price | undefined;
  readonly multiplier: number;
}

/** The paper account as its broker knows it. */
export interface PaperBooks {
  readonly asOf: At;
  readonly accountId: string;
  readonly startingCashCents: Cents;
  readonly cashCents: Cents;
  readonly buyingPowerCents: Cents;
  readonly marginCents: Cents;
  readonly positions: readonly StatedPosition[];
  readonly ledger: readonly LedgerEntry[];
}

/** The same with the orders as the engine knows them, oldest first. */
export interface PaperStatement extends PaperBooks {
  readonly orders: readonly OrderRow[];
}

interface Held {
  quantity: number;
  average: number;
}

/** What one entry does to the holding of a symbol: opened or added at a price, or taken from. */
function changesOf(entry: LedgerEntry): readonly (readonly [string, number, number])[] {
  if (entry.kind === 'fill') {
    const { instrument, action, quantity, price: at } = entry.fill;
    return [[instrumentSymbol(instrument), legSign(action) * quantity, at]];
  }
  const { instrument, quantity, shares, sharePrice } = entry.settlement;
  const gone = [instrumentSymbol(instrument), -quantity, 0] as const;
  if (shares === 0 || instrument.kind !== 'option') return [gone];
  return [gone, [underlyingOfContract(instrument), shares, sharePrice]];
}

function change(held: Held, signed: number, at: number): void {
  const after = held.quantity + signed;
  const adds = held.quantity === 0 || Math.sign(held.quantity) === Math.sign(signed);
  const crosses = after !== 0 && Math.sign(after) !== Math.sign(held.quantity);
  if (adds) held.average = (held.average * held.quantity + at * signed) / after;
  else if (crosses) held.average = at;
  held.quantity = after;
}

/** Average opening prices by symbol of what is held, per share. */
export function averagePrices(ledger: readonly LedgerEntry[]): ReadonlyMap<string, Price> {
  const book = new Map<string, Held>();
  for (const [symbol, signed, at] of ledger.flatMap(changesOf)) {
    const held = book.get(symbol) ?? { quantity: 0, average: 0 };
    change(held, signed, at);
    book.set(symbol, held);
  }
  const open = [...book].filter(([, { quantity }]) => quantity !== 0);
  return new Map(open.map(([symbol, { average }]) => [symbol, price(Math.round(average))]));
}

/** What one booking did to the cash, after fees. */
export function cashOf(entry: LedgerEntry): Cents {
  if (entry.kind === 'fill') {
    const { instrument, action, quantity, price: at, feesCents } = entry.fill;
    const paid = amountCents(price(-legSign(action) * at), quantity, multiplierOf(instrument));
    return cents(paid - feesCents);
  }
  const { instrument, quantity, shares, sharePrice, cashPerShare, feesCents } = entry.settlement;
  const forShares = amountCents(sharePrice, -shares, 1);
  const inCash = amountCents(price(cashPerShare ?? 0), quantity, multiplierOf(instrument));
  return cents(forShares + inCash - feesCents);
}

/** What the account would be worth at the marks; undefined while something cannot be marked. */
export function netLiquidatingValue({ cashCents, positions }: PaperBooks): Cents | undefined {
  let sum: number = cashCents;
  for (const { mark, quantity, multiplier } of positions) {
    if (mark === undefined) return undefined;
    sum += amountCents(mark, quantity, multiplier);
  }
  return cents(sum);
}

/** The account's worth at each moment at which it held nothing: then the cash is all of it. */
export function flatMoments(
  books: PaperBooks,
): readonly { readonly at: EpochMicros; readonly cents: Cents }[] {
  const held = new Map<string, number>();
  const moments: { at: EpochMicros; cents: Cents }[] = [];
  let cash: number = books.startingCashCents;
  for (const [index, entry] of books.ledger.entries()) {
    cash += cashOf(entry);
    for (const [symbol, signed] of changesOf(entry)) {
      const left = (held.get(symbol) ?? 0) + signed;
      if (left === 0) held.delete(symbol);
      else held.set(symbol, left);
    }
    const at = momentOf(entry);
    const next = books.ledger[index + 1];
    const isLastOfMoment = next === undefined || momentOf(next) !== at;
    if (held.size === 0 && isLastOfMoment) moments.push({ at, cents: cents(cash) });
  }
  return moments;
}

/** Market time of a booking. */
export function momentOf(entry: LedgerEntry): EpochMicros {
  return entry.kind === 'fill' ? entry.fill.marketAt : entry.settlement.marketAt;
}
