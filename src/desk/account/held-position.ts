/** A held structure in the shape the exits judge. */

import { dateOfDayNumber, dayNumberOfDate } from '../../engine/domain/civil-date.ts';
import {
  instrumentSymbol,
  isInTheMoney,
  isOfUnderlying,
  multiplierOfLegs,
} from '../../engine/domain/instrument.ts';
import { legSign } from '../../engine/domain/order.ts';
import {
  CENTS_PER_DOLLAR,
  type Cents,
  cents,
  PRICE_PER_DOLLAR,
  type Price,
  type SessionDate,
} from '../../engine/domain/units.ts';
import { netShares } from '../../engine/portfolio/net-held.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { type DeskContext, spotNow } from '../desk-context.ts';
import { quantitiesOf } from '../exits/close-legs.ts';
import type { HeldLeg, OpenPosition } from '../exits/open-position.ts';
import { filledUnits, isFinal, isUneven, openedNet } from '../orders/order-book.ts';
import { isPassedOver } from '../session/exercise-mark.ts';

const PRICE_PER_CENT = PRICE_PER_DOLLAR / CENTS_PER_DOLLAR;

/** True while anything of the structure is held. */
export function isOpen(position: StructurePosition): boolean {
  return position.legs.some((leg) => leg.quantity !== 0);
}

/** Units of the structure, what one was opened at, and what leaving the gone part of them has cost. */
type UnitPrices = Pick<OpenPosition, 'entryNet' | 'quantity' | 'goneDebit'>;

/** True while every leg of the opening is held as often as every other. */
function isWhole({ legs, quantity, openingIntent }: StructurePosition): boolean {
  const opened = openingIntent?.legs ?? [];
  const held = quantitiesOf(legs);
  return opened.every(({ instrument, action, ratio }) => {
    return held.get(instrumentSymbol(instrument)) === legSign(action) * ratio * quantity;
  });
}

/** The units of which something is left, once not all of their legs are left evenly: units that are gone
 * whole are no part of any price. Undefined while they are, and where the opening itself is not known or has
 * not ended and filled unevenly so far. */
export function unitsApart(desk: DeskContext, position: StructurePosition): UnitPrices | undefined {
  const opening = desk.orders.get(position.positionId);
  if (opening === undefined || isWhole(position)) return undefined;
  if (isUneven(opening) && !isFinal(opening)) return undefined;
  const { quantity, goneCashCents, legs } = position;
  const gone = (goneCashCents * PRICE_PER_CENT) / multiplierOfLegs(legs);
  const goneDebit = 0 - gone / quantity;
  return { quantity, entryNet: openedNet(opening, quantity), goneDebit };
}

/** What these units have brought and paid so far, after their part of all fees: each unit that was opened
 * bears as much. That of the whole trade where the opening is not known or did not fill evenly. */
function cashOfUnits(desk: DeskContext, position: StructurePosition, units: UnitPrices): Cents {
  const opening = desk.orders.get(position.positionId);
  const opened = opening === undefined || isUneven(opening) ? 0 : filledUnits(opening);
  if (opened === 0) return cashSoFar(position);
  const { entryNet, goneDebit, quantity } = units;
  const perShare = (entryNet - goneDebit) * multiplierOfLegs(position.legs);
  const fees = position.feesCents / opened;
  return cents(Math.round((perShare / PRICE_PER_CENT - fees) * quantity));
}

/** What a trade has brought and paid so far, after fees: with what would be got for the rest, its P&L. */
export function cashSoFar({ realizedCents, openCashCents, feesCents }: StructurePosition): Cents {
  return cents(realizedCents + openCashCents - feesCents);
}

/** What is held of the units alone, where more is held of wings. What is held the other way counts whole: it
 * was closed beyond what they had. */
function legsOfUnits({ legs, quantity, openingIntent }: StructurePosition) {
  const opened = (openingIntent?.legs ?? []).filter(({ action }) => legSign(action) > 0);
  const most = new Map(
    opened.map((leg) => [instrumentSymbol(leg.instrument), leg.ratio * quantity]),
  );
  const ofUnits = legs.map((leg) => {
    const held = Math.min(leg.quantity, most.get(instrumentSymbol(leg.instrument)) ?? leg.quantity);
    return { instrument: leg.instrument, quantity: held };
  });
  const isLess = ofUnits.some((leg, place) => leg.quantity !== legs[place]?.quantity);
  return isLess ? ofUnits.filter((leg) => leg.quantity !== 0) : undefined;
}

/** The structure as exits see it. One without a plan of its own still leaves by the schedule. */
export function asOpenPosition(desk: DeskContext, position: StructurePosition): OpenPosition {
  const { positionId, entryNet, quantity, exitPlan, strategy, openedAt } = position;
  const units = unitsApart(desk, position) ?? { entryNet, quantity, goneDebit: 0 };
  return {
    positionId,
    strategy: strategy === 'external' || strategy === 'shares' ? 'place_order' : strategy,
    legs: position.legs.filter((leg) => leg.quantity !== 0),
    legsOfUnits: legsOfUnits(position),
    ...units,
    openedAt,
    cashSoFarCents: cashOfUnits(desk, position, units),
    exitPlan: exitPlan ?? { timeExitAt: desk.day.schedule.flattenStartAt },
    isOfOthers: exitPlan === undefined,
  };
}

/** What shares are held, in words, of whichever tickers. */
export function sharesText({ book }: DeskContext): string {
  const shares = netShares(book.structures());
  if (shares.size === 0) return 'no shares are held';
  const each = Array.from(shares, ([ticker, quantity]) => `${quantity} shares of ${ticker}`);
  return `${each.join(', ')} are held`;
}

/** From its mark on a long is exercised by the price at it, and its holder may still exercise by that of now. */
function isPaidFor(
  desk: DeskContext,
  { instrument, quantity }: HeldLeg,
  spot: Price | undefined,
): boolean {
  if (instrument.kind !== 'option' || quantity <= 0 || !isOfUnderlying(instrument, desk.spec))
    return false;
  if (spot !== undefined && isInTheMoney(instrument, spot)) return false;
  return isPassedOver(desk, instrument, spot);
}

/** True for longs of this underlying out of the money alone, from their exercise mark on by its price too: their
 * loss is paid already, and as they stand they expire. */
export function arePaidFor(desk: DeskContext, legs: readonly HeldLeg[]): boolean {
  return arePaidForAt(desk, spotNow(desk), legs);
}

/** The same at a price of the underlying that the chain does not tell. */
export function arePaidForAt(
  desk: DeskContext,
  spot: Price | undefined,
  legs: readonly HeldLeg[],
): boolean {
  if (spot === undefined) return false;
  return legs.every((leg) => leg.quantity === 0 || isPaidFor(desk, leg, spot));
}

/** True for what the chain of this session quotes at no time: options of other days, and whatever is of another
 * underlying or class. */
export function areOutsideChain({ spec, day }: DeskContext, legs: readonly HeldLeg[]): boolean {
  const { date } = day.session;
  return legs.every(({ instrument, quantity }) => {
    if (quantity === 0) return true;
    const isOfDay = instrument.kind === 'shares' || instrument.expiry === date;
    return !isOfDay || !isOfUnderlying(instrument, spec);
  });
}

/** True for what somebody else opened and the chain of this session never quotes: no schedule and no order here is
 * for it, and it was told of when it came. */
export function isOthersOutsideChain(desk: DeskContext, position: StructurePosition): boolean {
  return position.openingIntent === undefined && areOutsideChain(desk, position.legs);
}

/** True for options alone whose day is before this one. */
export function expiredBefore(date: SessionDate, legs: readonly HeldLeg[]): boolean {
  for (const { instrument, quantity } of legs) {
    if (quantity !== 0 && (instrument.kind === 'shares' || instrument.expiry >= date)) return false;
  }
  return true;
}

/** What is held, but for options that expired before this session: nothing quotes, judges or closes those
 * in it, and they count in it with nothing. Their settlement ends them. */
export function heldInSession({ book, day }: DeskContext): readonly StructurePosition[] {
  const held = book.structures();
  const { date } = day.session;
  const isOver = ({ legs }: StructurePosition): boolean => expiredBefore(date, legs);
  return held.some(isOver) ? held.filter((position) => !isOver(position)) : held;
}

/** True for options alone that trade no more, here or anywhere. */
export function tradeNoMore({ day, at }: DeskContext, legs: readonly HeldLeg[]): boolean {
  const { date, lastTrade } = day.session;
  return expiredBefore(at.market >= lastTrade ? dayAfter(date) : date, legs);
}

/** The same, and for options of the day whose chain is gone: no order ends them, their settlement does. */
export function haveExpired(desk: DeskContext, legs: readonly HeldLeg[]): boolean {
  const { sealed, session } = desk.day;
  return sealed ? expiredBefore(dayAfter(session.date), legs) : tradeNoMore(desk, legs);
}

function dayAfter(date: SessionDate): SessionDate {
  return dateOfDayNumber(dayNumberOfDate(date) + 1);
}

function isShort({ quantity }: HeldLeg): boolean {
  return quantity < 0;
}

/** True for longs that nobody bids for: their loss is paid already, and they are left to expire. One that
 * is in the money would be exercised into shares: that its bid is gone is the market's fault. */
export function areLeftToExpire(desk: DeskContext, legs: readonly HeldLeg[]): boolean {
  if (legs.some(isShort)) return false;
  const spot = spotNow(desk);
  return legs.every((leg) => {
    const { instrument, quantity } = leg;
    if (quantity === 0) return true;
    if (!isPaidFor(desk, leg, spot)) return false;
    const index = desk.chain.indexOf(instrumentSymbol(instrument));
    const view = index === undefined ? undefined : desk.reader.load(index);
    return view?.isQuoted === true && view.bid === undefined;
  });
}
