/**
 * What something had gained by the time its day began is no part of that day: it is kept beside it and
 * leaves with it. What is held over a session begins each day anew; an option whose own day is over has nothing
 * more to gain, however late its settlement is told, and no price but that of its own end says what it came to.
 * Pure but for the structure it is given.
 */

import type { Instrument, OptionContract } from '../domain/instrument.ts';
import {
  instrumentSymbol,
  isInTheMoney,
  isOfUnderlying,
  multiplierOf,
} from '../domain/instrument.ts';
import { nextSessionDate } from '../domain/session-calendar.ts';
import type { UnderlyingSpec } from '../domain/underlying.ts';
import type { Price, SessionDate } from '../domain/units.ts';
import { amountCents, price } from '../domain/units.ts';
import type { ToldAs } from './lot-closes.ts';
import type { StructureLots } from './structure-lots.ts';

export interface Carrier {
  readonly lots: StructureLots;
  /** What was gained before, in cents by symbol. */
  readonly carried: Map<string, number>;
  /** Symbols of which it is not known yet. */
  readonly carryDue: Set<string>;
  /** Symbols that were held when the day began. */
  readonly heldOver: Set<string>;
  /** Whoever looked at it must look again. */
  view: unknown;
}

export interface Trade {
  readonly instrument: Instrument;
  readonly signed: number;
  readonly at: Price;
  /** Absent where it undoes another. */
  readonly by?: ToldAs;
}

/** A price says nothing of what is of another underlying. */
export interface UnderlyingPrice {
  readonly of: UnderlyingSpec;
  readonly at: Price;
}

/** What a session ended with: the close, and the price by which its options were exercised where that is not the
 * close and is known. */
export interface DayEnd extends UnderlyingPrice {
  readonly mark?: Price | undefined;
}

export function carriedSum({ carried }: Carrier): number {
  let sum = 0;
  for (const cents of carried.values()) sum += cents;
  return sum;
}

/** Held of an instrument before a trade, signed; nothing where all of it is of the day. */
export function beforeTrade({ carried, carryDue, lots }: Carrier, instrument: Instrument): number {
  if (carryDue.size === 0 && carried.size === 0) return 0;
  const symbol = instrumentSymbol(instrument);
  return carryDue.has(symbol) || carried.has(symbol) ? heldOf({ lots }, symbol) : 0;
}

/** Held of an instrument, signed. */
export function heldOf({ lots }: Pick<Carrier, 'lots'>, symbol: string): number {
  return lots.held().find((lot) => instrumentSymbol(lot.instrument) === symbol)?.quantity ?? 0;
}

/** A session begins. */
export interface DayStart {
  readonly date: SessionDate;
  /** The last one that began. */
  readonly before: SessionDate | undefined;
  /** What the session right before `date` ended with, where that is known. */
  readonly close: DayEnd | undefined;
}

/** A day begins, for shares at the closing price of the session right before it or at the first one that comes to
 * be known. An option that expired in that session ended by that close; one whose end nobody saw begins at what
 * it is settled at, and one that lives at its first price of the day; each part that is closed before that, at what
 * closes it. */
export function startDay(carrier: Carrier, { date, before, close }: DayStart): void {
  carrier.heldOver.clear();
  for (const { instrument } of carrier.lots.held()) {
    const symbol = instrumentSymbol(instrument);
    carrier.heldOver.add(symbol);
    const wasOver =
      instrument.kind === 'option' && before !== undefined && instrument.expiry < before;
    if (wasOver && carrier.carried.has(symbol)) continue;
    carrier.carried.delete(symbol);
    carrier.carryDue.add(symbol);
  }
  carrier.view = undefined;
  if (close === undefined) return;
  carryShares(carrier, close);
  carryExpired(carrier, date, close);
}

/** Shares that have not started their day start it at a price. Those of another ticker wait for what closes
 * them. */
export function carryShares(carrier: Carrier, { of, at }: UnderlyingPrice): void {
  for (const { instrument } of carrier.lots.held()) {
    if (instrument.kind !== 'shares' || !isOfUnderlying(instrument, of)) continue;
    const symbol = instrumentSymbol(instrument);
    if (carrier.carryDue.has(symbol)) carry(carrier, symbol, at);
  }
}

/** Contracts that have not started their day start it at a price of their own. True where there are some. */
export function carryContract(carrier: Carrier, symbol: string, at: Price): boolean {
  if (!carrier.carryDue.has(symbol)) return false;
  carry(carrier, symbol, at);
  return true;
}

/** What expired in the session before `date`, at the close of that one. What is of another underlying waits for
 * what settles it. */
function carryExpired(carrier: Carrier, date: SessionDate, { of, at, mark = at }: DayEnd): void {
  for (const { instrument } of carrier.lots.held()) {
    const symbol = instrumentSymbol(instrument);
    if (instrument.kind !== 'option' || !carrier.carryDue.has(symbol)) continue;
    if (!isOfUnderlying(instrument, of) || nextSessionDate(instrument.expiry) !== date) continue;
    const isGone = !isInTheMoney(instrument, mark);
    carry(carrier, symbol, isGone ? price(0) : exercisedAt(instrument, at));
  }
}

/** Worth of an option that is exercised: it becomes shares at its strike, which rest at the close. */
function exercisedAt({ right, strike }: OptionContract, close: Price): Price {
  return price(right === 'call' ? close - strike : strike - close);
}

function carry(carrier: Carrier, symbol: string, at: Price): void {
  carrier.carryDue.delete(symbol);
  carrier.view = undefined;
  for (const { instrument, quantity, cashCents } of carrier.lots.held()) {
    if (instrumentSymbol(instrument) !== symbol) continue;
    const worthCents = amountCents(at, quantity, multiplierOf(instrument));
    carrier.carried.set(symbol, worthCents + cashCents);
  }
}

/** A trade of something that is not all of the day. */
export interface CarriedTrade {
  readonly instrument: Instrument;
  /** Held of it before, signed. */
  readonly before: number;
  readonly realizedCents: number;
}

/** Takes what was gained before the day of the part that a trade closed; returns it. Of what has not begun its day
 * that is all that the part made. Its rest begins by no price of that trade: an assignment, what undoes an
 * execution and what is taken over by hand have none of the day. */
export function releaseCarried(carrier: Carrier, trade: CarriedTrade): number {
  const { instrument, before, realizedCents } = trade;
  if (before === 0) return 0;
  const { carried, carryDue } = carrier;
  const symbol = instrumentSymbol(instrument);
  const closed = Math.min(1, Math.max(0, 1 - heldOf(carrier, symbol) / before));
  const ofPart = Math.round((carried.get(symbol) ?? 0) * closed);
  const released = carryDue.has(symbol) ? realizedCents : ofPart;
  carrier.view = undefined;
  if (closed === 1) {
    carried.delete(symbol);
    carryDue.delete(symbol);
  } else if (carried.has(symbol)) {
    carried.set(symbol, (carried.get(symbol) ?? 0) - ofPart);
  }
  return released;
}
