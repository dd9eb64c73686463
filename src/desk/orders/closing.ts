/** Orders that close: built from what is held, never from what was once ordered. */

import type { Urgency } from '../../engine/domain/exit-choices.ts';
import { gridOf, type Instrument, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { NetPrices } from '../../engine/domain/net-price.ts';
import { netPrices } from '../../engine/domain/net-price.ts';
import type { OrderIntent, OrderLeg, OrderPurpose } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import type { Price } from '../../engine/domain/units.ts';
import type { Outcome } from '../../engine/domain/verdict.ts';
import { deny } from '../../engine/domain/verdict.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { marketShut } from '../../risk/trading-hours.ts';
import { areLeftToExpire, asOpenPosition } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf, spotNow } from '../desk-context.ts';
import type { ClosingOrder, LeftOutReason } from '../exits/close-legs.ts';
import { closingOrder, quantitiesOf, rightOf, shareOfLegs } from '../exits/close-legs.ts';
import type { ExitPart } from '../exits/exit-input.ts';
import { legsOfPart } from '../exits/exit-input.ts';
import { closingNets, ladderEnd, ladderRung, worstClosingNet } from '../exits/limit-ladder.ts';
import type { HeldLeg } from '../exits/open-position.ts';
import { isForOwnPrice, ownPriceOf } from './closing-floor.ts';
import {
  alreadyClosing,
  coverDenial,
  longsBeside,
  shortsBeside,
  spareOf,
  uncovers,
} from './long-cover.ts';
import { isCalledBackByPerson } from './order-book.ts';

/** Which part of a position to close. */
export interface CloseRequest {
  readonly purpose: Exclude<OrderPurpose, 'open'>;
  readonly part: ExitPart;
  /** Units of the structure; undefined = all that is free. */
  readonly units: number | undefined;
  readonly urgency: Urgency;
  readonly principal: string;
  /** One leg of it alone: a short while there is one that somebody offers. */
  readonly isAlone?: boolean;
}

export interface Closing {
  readonly intent: OrderIntent;
  readonly net: NetPrices;
  /** What stays open and why, in plain words. */
  readonly notes: readonly string[];
}

/**
 * The legs of the position that no live order is closing yet. A long is not free while live orders buy
 * back more of its right than they sell: it covers those shorts until they have filled, for they need
 * not. Of an external one only what the external shorts beside it can spare is free.
 */
export function freeLegs(desk: DeskContext, position: StructurePosition): readonly HeldLeg[] {
  const claimed = alreadyClosing(desk, position.positionId);
  const claimOf = ({ instrument }: HeldLeg) => claimed.get(instrumentSymbol(instrument)) ?? 0;
  const bought = new Map<string, number>();
  for (const leg of position.legs) {
    const right = rightOf(leg);
    bought.set(right, (bought.get(right) ?? 0) + claimOf(leg));
  }
  return position.legs
    .map((leg) => ({ instrument: leg.instrument, quantity: unclaimedOf(leg, claimOf(leg)) }))
    .filter((leg) => leg.quantity < 0 || (leg.quantity > 0 && (bought.get(rightOf(leg)) ?? 0) <= 0))
    .map((leg) => (leg.quantity > 0 ? spareOf(desk, position, leg) : leg))
    .filter(({ quantity }) => quantity !== 0);
}

/** What is left of a holding beside what live closes will trade of it, signed. What is held the other way since they
 * were given is none of theirs: they would add to it. */
function unclaimedOf({ quantity }: HeldLeg, claimed: number): number {
  if (claimed * quantity >= 0) return quantity;
  return Math.sign(quantity) * Math.max(0, Math.abs(quantity) - Math.abs(claimed));
}

/** What is free of the position, of each symbol at most what is `toGo` of it less what live orders close already. */
export function freeOf(
  desk: DeskContext,
  position: StructurePosition,
  toGo: (symbol: string) => number,
): readonly HeldLeg[] {
  const claimed = alreadyClosing(desk, position.positionId);
  return freeLegs(desk, position)
    .map(({ instrument, quantity }) => {
      const symbol = instrumentSymbol(instrument);
      const most = Math.max(0, toGo(symbol) - Math.abs(claimed.get(symbol) ?? 0));
      return { instrument, quantity: Math.sign(quantity) * Math.min(Math.abs(quantity), most) };
    })
    .filter(({ quantity }) => quantity !== 0);
}

/** True where live orders close all of the position but longs that nobody bids for: nothing is left to order.
 * `free`: its free legs. */
export function isAllOrdered(
  desk: DeskContext,
  { positionId }: Pick<StructurePosition, 'positionId'>,
  free: readonly HeldLeg[],
): boolean {
  return desk.orders.isClosing(positionId) && areLeftToExpire(desk, free);
}

const STAYS: Readonly<Record<LeftOutReason, string>> = {
  noBid: 'nobody bids for it: it is left to expire',
  noAsk: 'nobody offers it: it cannot be bought back now',
  cover: 'it covers a short that cannot be bought back now',
};
const SHARES_UNBID = 'nobody bids for it: it cannot be sold now';
const PART_STAYS = 'what stays of it covers an external short that is still open';

/** Why nothing of a position is free to close: of what a person cancelled nothing can be had before its end. */
function whyNothing({ orders }: DeskContext, positionId: string): string {
  const closing = orders.closing(positionId);
  const leaving = closing.filter(isCalledBackByPerson);
  const ids = leaving.map(({ intent }) => intent.intentId).join(' and ');
  const resting = closing.find(isForOwnPrice);
  if (ids === '' && resting !== undefined) {
    const { intent, exitReason } = resting;
    return `nothing of this position is free to close: order ${intent.intentId} closes it ${ownPriceOf(exitReason)} and no worse; cancel_order calls that back, then ask again, and flatten_all hurries it`;
  }
  return ids === ''
    ? 'nothing of this position is free to close: it is closed, or a live order closes it, or it covers what one has not bought back yet; flatten_all hurries such orders, and cancel_order calls one back'
    : `nothing of this position is free to close before the end of ${ids}, which somebody cancelled: it is called back until the broker has done that; ask again then, or flatten_all, which is of everything, lets it work on`;
}

function chosenLegs(
  desk: DeskContext,
  position: StructurePosition,
  request: CloseRequest,
): Outcome<{ readonly legs: readonly HeldLeg[] }> {
  const free = freeLegs(desk, position);
  const { positionId } = position;
  if (free.length === 0) {
    const denied = coverDenial(desk, position);
    if (denied !== undefined) return { denied };
    return deny('nothing_to_close', whyNothing(desk, positionId), { positionId });
  }
  if (request.units === undefined) {
    const part = legsOfPart({ ...asOpenPosition(desk, position), legs: free }, request.part);
    return { legs: part };
  }
  return unitsOf(desk, position, request.units);
}

function heldText({ legs }: StructurePosition): string {
  return legs
    .map(({ instrument, quantity }) => `${quantity} ${instrumentSymbol(instrument)}`)
    .join(', ');
}

/** What is held but for rights that live orders buy back, or sell out, whole: of any number of units those are
 * on their way. */
function legsBesideOrders(desk: DeskContext, position: StructurePosition): readonly HeldLeg[] {
  const claimed = alreadyClosing(desk, position.positionId);
  const free = new Set(freeLegs(desk, position).map(rightOf));
  const isOrdered = ({ instrument }: HeldLeg) => claimed.get(instrumentSymbol(instrument)) ?? 0;
  const ordered = new Set(position.legs.filter(isOrdered).map(rightOf));
  return position.legs.filter((leg) => free.has(rightOf(leg)) || !ordered.has(rightOf(leg)));
}

/** So many units of the position, where they are free. */
function unitsOf(
  desk: DeskContext,
  position: StructurePosition,
  asked: number,
): Outcome<{ readonly legs: readonly HeldLeg[] }> {
  const { quantity } = position;
  const share = shareOfLegs(legsBesideOrders(desk, position), asked, quantity);
  if (share === undefined) {
    const isWithin = Number.isSafeInteger(asked) && asked > 0 && asked <= quantity;
    const message = isWithin
      ? `what is held cannot be split so: ${heldText(position)}; close all of it, or legs of it by place_order`
      : `ask for a whole number of units from 1 to ${quantity}`;
    return deny('tick_or_quantity', message, { asked, held: quantity });
  }
  if (areFree(desk, position, share)) return { legs: share };
  const denied = coverDenial(desk, position);
  if (denied !== undefined) return { denied };
  const others = desk.orders.closing(position.positionId).map(({ intent }) => intent.intentId);
  const message = `not so many of the ${quantity} units are free to close before the end of ${others.join(' and ')}`;
  return deny('nothing_to_close', message, { asked, held: quantity });
}

/** What so many units of the position take, where they are free; undefined where they are not. */
export function freeUnits(
  desk: DeskContext,
  position: StructurePosition,
  units: number,
): readonly HeldLeg[] | undefined {
  const chosen = unitsOf(desk, position, units);
  return 'denied' in chosen ? undefined : chosen.legs;
}

/** Longs of the position that stay, whole or in part, for external shorts beside it, by symbol. */
function keptAsCover(desk: DeskContext, position: StructurePosition): readonly string[] {
  if (shortsBeside(desk, position).length === 0) return [];
  const claimed = alreadyClosing(desk, position.positionId);
  const free = quantitiesOf(freeLegs(desk, position));
  return position.legs
    .map(({ instrument, quantity }) => [instrumentSymbol(instrument), quantity] as const)
    .filter(
      ([symbol, held]) => held + (claimed.get(symbol) ?? 0) > Math.max(0, free.get(symbol) ?? 0),
    )
    .map(([symbol]) => symbol);
}

/** What stays open beside the legs of a close, and why: longs that cover an external short. */
function coverNotes(
  desk: DeskContext,
  position: StructurePosition,
  leftOut: ClosingOrder['leftOut'],
): readonly string[] {
  const kept = keptAsCover(desk, position).map((symbol) => `${symbol}: ${PART_STAYS}`);
  if (!leftOut.some(({ reason }) => reason === 'noAsk')) return kept;
  const longs = longsBeside(desk, position).flatMap((other) => keptAsCover(desk, other));
  return [...kept, ...longs.map((symbol) => `${symbol}: ${STAYS.cover}`)];
}

/** The first limit of a close on this book, and the worst that it is walked to; nets per share in 1/10,000
 * dollar, credit positive. */
export function closingLimits(
  legs: readonly OrderLeg[],
  net: NetPrices,
  spot: Price | undefined,
  urgency: Urgency,
): { readonly limit: Price; readonly worst: Price } {
  const worstNet = worstClosingNet(legs, spot);
  const nets = closingNets(net, legs, spot);
  const ladder = { net: nets, grid: gridOf(legs), urgency, worstNet };
  const first = ladderRung({ ...ladder, elapsedMillis: 0 });
  return { limit: first.limit, worst: ladderEnd(ladder) };
}

/** Builds the closing order from signed holdings and live quotes. */
export function closingIntent(
  desk: DeskContext,
  position: StructurePosition,
  request: CloseRequest,
): Outcome<Closing> {
  const chosen = chosenLegs(desk, position, request);
  return 'denied' in chosen ? chosen : closingIntentOf(desk, position, chosen.legs, request);
}

/** The holding that the first leg of an order closes: a short, where it has any. */
function firstOf({ legs }: ClosingOrder, held: readonly HeldLeg[]): readonly HeldLeg[] {
  const [first] = legs;
  return held.filter(({ instrument }) => instrument === first?.instrument);
}

/** True for shares of which no price is ever heard here. */
export function isOfOtherTicker({ config }: DeskContext, instrument: Instrument): boolean {
  return instrument.kind === 'shares' && instrument.symbol !== config.underlying;
}

/** Builds the order that closes just these holdings of a position, signed as they are held. */
export function closingIntentOf(
  desk: DeskContext,
  position: StructurePosition,
  held: readonly HeldLeg[],
  request: Omit<CloseRequest, 'part' | 'units'>,
): Outcome<Closing> {
  const other = held.find(({ instrument }) => isOfOtherTicker(desk, instrument));
  if (other !== undefined) {
    const symbol = instrumentSymbol(other.instrument);
    const message = `this engine quotes and trades no ${symbol}: close it at the broker`;
    return deny('leg_market_missing', message, { symbol });
  }
  const shut = marketShut(held, desk.at.market, desk.day.session);
  if (shut !== undefined) return deny('session_window', shut.message, shut.numbers);
  const quotes = (symbol: string) => quoteOf(desk, symbol);
  const together = closingOrder(held, quotes);
  const isAlone = request.isAlone === true && together.legs.length > 1;
  const { legs, quantity, leftOut } = isAlone
    ? closingOrder(firstOf(together, held), quotes)
    : together;
  const left = leftOut.map(({ symbol, reason }) => {
    const isUnbid = reason === 'noBid' && symbol === desk.config.underlying;
    return `${symbol}: ${isUnbid ? SHARES_UNBID : STAYS[reason]}`;
  });
  const notes = [...left, ...coverNotes(desk, position, leftOut)];
  const net = netPrices(legs, quotes);
  if (legs.length === 0 || 'missing' in net) {
    const message = `no leg has a market to close in now (${notes.join('; ')}); try again when it has`;
    return deny('leg_market_missing', message, { positionId: position.positionId });
  }
  const { limit, worst } = closingLimits(legs, net, spotNow(desk), request.urgency);
  const intent: OrderIntent = {
    intentId: desk.orders.nextIntentId(desk.day.session.date),
    purpose: request.purpose,
    strategy: asOpenPosition(desk, position).strategy,
    positionId: position.positionId,
    legs,
    quantity,
    limit,
    worst,
    principal: request.principal,
  };
  return { intent, net, notes };
}

/** Legs that close as what they take, signed as it is held. */
export function asHeld({
  legs,
  quantity,
}: Pick<OrderIntent, 'legs' | 'quantity'>): readonly HeldLeg[] {
  return legs.map(({ instrument, action, ratio }) => {
    return { instrument, quantity: -legSign(action) * ratio * quantity };
  });
}

/** True where each of these holdings is part of what is free of the position. */
export function areFree(
  desk: DeskContext,
  position: StructurePosition,
  wanted: readonly HeldLeg[],
): boolean {
  const free = quantitiesOf(freeLegs(desk, position));
  return wanted.every(({ instrument, quantity }) => {
    const held = free.get(instrumentSymbol(instrument)) ?? 0;
    return Math.sign(held) === Math.sign(quantity) && Math.abs(held) >= Math.abs(quantity);
  });
}

/** True while every leg of a closing intent still takes from what is free, and none that covers what has
 * come to light since. */
export function stillFree(desk: DeskContext, intent: OrderIntent): boolean {
  const position = desk.book.structure(intent.positionId);
  if (position === undefined) return false;
  const taken = asHeld(intent);
  return !uncovers(position.legs, taken) && areFree(desk, position, taken);
}
