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

/** Held of an instrument before a trade, signed; nothing where no gain of it was carried into the day. What
 * closes something that has not started its day tells at what it does. */
export function beforeTrade(carrier: Carrier, { instrument, signed, at }: Trade): number {
  if (carrier.carryDue.size === 0 && carrier.carried.size === 0) return 0;
  const symbol = instrumentSymbol(instrument);
  if (carrier.carryDue.has(symbol) && heldOf(carrier, symbol) * signed < 0) {
    carry(carrier, symbol, at);
  }
  return carrier.carried.has(symbol) ? heldOf(carrier, symbol) : 0;
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
 * it is settled at, and one that lives at its first price of the day, or at what closes it. */
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

/** Takes what was carried of the part that was closed of `before`; returns it. */
export function releaseCarried(carrier: Carrier, instrument: Instrument, before: number): number {
  if (before === 0) return 0;
  const symbol = instrumentSymbol(instrument);
  const carried = carrier.carried.get(symbol) ?? 0;
  const closed = Math.min(1, Math.max(0, 1 - heldOf(carrier, symbol) / before));
  const released = Math.round(carried * closed);
  if (closed === 1) carrier.carried.delete(symbol);
  else carrier.carried.set(symbol, carried - released);
  carrier.view = undefined;
  return released;
}
