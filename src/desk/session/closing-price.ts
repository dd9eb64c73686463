/**
 * Prices at which what is held ends one session and begins the next, and by which options whose day is over ended:
 * what they gained before is no part of the day. Core thread only.
 */

import type { OptionContract } from '../../engine/domain/instrument.ts';
import { gridOfOne, instrumentSymbol, isOfUnderlying } from '../../engine/domain/instrument.ts';
import { newYorkDate, nextSessionDate } from '../../engine/domain/session-calendar.ts';
import { spotMid } from '../../engine/domain/spot-mid.ts';
import { findUnderlying } from '../../engine/domain/underlying.ts';
import type { Price, SessionDate } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE, price } from '../../engine/domain/units.ts';
import type { DayEnd, UnderlyingPrice } from '../../engine/portfolio/carried-gains.ts';
import type { PositionLeg } from '../../engine/portfolio/portfolio-book.ts';
import { isFresh } from '../../risk/quote-age.ts';
import type { DeskContext } from '../desk-context.ts';
import { DEFAULT_EXIT_POLICY } from '../exits/exit-policy.ts';
import { quoteFault, SPOT_GUARD } from '../exits/quote-guard.ts';

/** A quote that is older at the end of a session is none of its close. */
const CLOSE_WITHIN_MICROS = 5 * MICROS_PER_MINUTE;

/** A price as its record has it, of the underlying of the run that wrote it: the settings may name another
 * since. A record of an older build does not say which that was, and is taken to be of theirs. */
export function recordedPrice(
  { spec }: DeskContext,
  { spot, underlying }: { readonly spot?: number | undefined; readonly underlying?: string },
): UnderlyingPrice | undefined {
  const of = underlying === undefined ? spec : findUnderlying(underlying);
  return of === undefined || spot === undefined ? undefined : { of, at: price(spot) };
}

/** What the underlying of then closed at in the session right before `date`, and by which price its options were
 * exercised; undefined where the close is not known. */
export function closeBefore({ day }: DeskContext, date: SessionDate): DayEnd | undefined {
  const last = Array.from(day.closes).find(([closed]) => nextSessionDate(closed) === date);
  if (last?.[1] === undefined) return undefined;
  const [closed, close] = last;
  const mark = day.marks.get(closed);
  const isOfIt = mark?.of.symbol === close.of.symbol;
  return isOfIt ? { ...close, mark: mark?.at } : close;
}

/** What this underlying closed at on the day, where that is known. */
export function closeOn({ day, spec }: DeskContext, date: SessionDate): Price | undefined {
  const close = day.closes.get(date);
  return close?.of.symbol === spec.symbol ? close.at : undefined;
}

/** Notes what a session closed at. One before it is forgotten, with its mark, once nothing that expired in it is
 * held. */
export function noteClose(
  { book, day }: DeskContext,
  date: SessionDate,
  close: UnderlyingPrice | undefined,
): void {
  const held = book.heldInstruments();
  const expiries = held.map((instrument) => instrument.kind === 'option' && instrument.expiry);
  for (const closed of day.closes.keys()) if (!expiries.includes(closed)) day.closes.delete(closed);
  for (const marked of day.marks.keys()) {
    if (marked !== date && !expiries.includes(marked)) day.marks.delete(marked);
  }
  day.closes.set(date, close);
}

/** Mid of the underlying's newest quote, where that is a market to be trusted and of the last minutes of a
 * session, or of its evening: a machine that slept over its end has not seen its close, nor has a chain that
 * a setting ends before. */
export function closeOfToday({ day }: DeskContext): Price | undefined {
  const { lastSpot, session } = day;
  const from = addMicros(session.lastTrade, -CLOSE_WITHIN_MICROS);
  if (lastSpot === undefined || lastSpot.at.market < from) return;
  const isOfToday = newYorkDate(lastSpot.at.market) === session.date;
  return isOfToday ? spotMid(lastSpot) : undefined;
}

/** Mid of the underlying, where it has a market to be trusted now. */
export function soundSpot(desk: DeskContext): Price | undefined {
  const { at, day, evidence, config, spec } = desk;
  evidence.look(day);
  const quote = evidence.of(config.underlying);
  const { maxQuoteAgeMillis } = SPOT_GUARD;
  const { step } = spec.ticks.single;
  if (quote === undefined || !isFresh(quote, at, maxQuoteAgeMillis, step)) return undefined;
  return spotMid(quote);
}

/** What shares of the underlying are worth while their market is shut and nobody quotes them, for seconds or
 * for a weekend: the last price that was sound, or the close that they came from. Undefined in a session. */
export function restingPrice(desk: DeskContext): UnderlyingPrice | undefined {
  const { at, day, spec } = desk;
  const { open, lastTrade, date } = day.session;
  if (at.market >= open && at.market < lastTrade) return undefined;
  const last = day.lastSpot === undefined ? undefined : spotMid(day.lastSpot);
  if (last !== undefined) return { of: spec, at: last };
  return at.market < open ? closeBefore(desk, date) : day.closes.get(date);
}

/** Shares that are held over a close that is not known begin their day at the first price to be trusted, which is
 * recorded: a restart begins it there too. Called on the clock. */
export function carryHeld(desk: DeskContext): void {
  const { book, spec } = desk;
  const isOwn = ({ instrument }: PositionLeg): boolean =>
    instrument.kind === 'shares' && isOfUnderlying(instrument, spec);
  if (!book.structures().some(({ isCarryDue, legs }) => isCarryDue && legs.some(isOwn))) return;
  const spot = soundSpot(desk);
  if (spot === undefined) return;
  book.carrySharesAt({ of: spec, at: spot });
  desk.out.append({ kind: 'heldCarried', spot, underlying: spec.symbol });
}

/** Mid of a contract of the chain, where it has a market to be trusted now. One that nobody bids for is worth half
 * of its least price at most. */
export function soundMid(
  { at, evidence }: DeskContext,
  contract: OptionContract,
): Price | undefined {
  const quote = evidence.of(instrumentSymbol(contract));
  const { guard } = DEFAULT_EXIT_POLICY;
  if (quoteFault(quote, at, guard, gridOfOne(contract).step) !== undefined) return undefined;
  if (quote?.ask === undefined) return undefined;
  return price(Math.round(((quote.bid ?? 0) + quote.ask) / 2));
}

/** Options of others that are held over a session and come into the chain begin their day at the first price of
 * this session to be trusted, which is recorded: a restart begins it there too. Called on the clock. */
export function carryContracts(desk: DeskContext): void {
  const { at, book, day, evidence, out } = desk;
  const { date, lastTrade, open } = day.session;
  if (!day.chainOpen || at.market < open || at.market >= lastTrade) return;
  for (const { isCarryDue, legs } of book.structures()) {
    if (!isCarryDue) continue;
    evidence.look(day);
    for (const { instrument } of legs) {
      if (instrument.kind !== 'option' || instrument.expiry !== date) continue;
      const mid = soundMid(desk, instrument);
      const symbol = instrumentSymbol(instrument);
      if (mid === undefined || !book.carryContractAt(symbol, mid)) continue;
      out.append({ kind: 'contractCarried', symbol, mid });
    }
  }
}
