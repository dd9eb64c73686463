/** Orders that close: built from what is held, never from what was once ordered. */

import type { Urgency } from '../../engine/domain/exit-choices.ts';
import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { NetPrices } from '../../engine/domain/net-price.ts';
import { netPrices } from '../../engine/domain/net-price.ts';
import type { OrderIntent, OrderLeg, OrderPurpose } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import type { Price } from '../../engine/domain/units.ts';
import { cents, price } from '../../engine/domain/units.ts';
import type { Outcome } from '../../engine/domain/verdict.ts';
import { deny } from '../../engine/domain/verdict.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { payoffSummary } from '../../engine/pricing/payoff.ts';
import { asOpenPosition } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf, spotNow } from '../desk-context.ts';
import type { ClosingOrder, LeftOutReason } from '../exits/close-legs.ts';
import { closingOrder, rightOf, shareOfLegs } from '../exits/close-legs.ts';
import type { ExitPart } from '../exits/exit-input.ts';
import { legsOfPart } from '../exits/exit-input.ts';
import { closingNets, ladderEnd, ladderRung, worstClosingNet } from '../exits/limit-ladder.ts';
import type { HeldLeg } from '../exits/open-position.ts';
import { contractsLeft } from './order-book.ts';

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

/** What live closing orders of the position will still trade, signed, by symbol. */
function alreadyClosing(desk: DeskContext, positionId: string): ReadonlyMap<string, number> {
  const claimed = new Map<string, number>();
  for (const order of desk.orders.closing(positionId)) {
    for (const leg of order.intent.legs) {
      const symbol = instrumentSymbol(leg.instrument);
      const left = legSign(leg.action) * contractsLeft(order, leg);
      claimed.set(symbol, (claimed.get(symbol) ?? 0) + left);
    }
  }
  return claimed;
}

/**
 * The legs of the position that no live order is closing yet. A long is not free while live orders buy
 * back more of its right than they sell: it covers those shorts until they have filled, for they need
 * not.
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
    .map((leg) => ({ instrument: leg.instrument, quantity: leg.quantity + claimOf(leg) }))
    .filter(
      (leg) => leg.quantity < 0 || (leg.quantity > 0 && (bought.get(rightOf(leg)) ?? 0) <= 0),
    );
}

const STAYS: Readonly<Record<LeftOutReason, string>> = {
  noBid: 'nobody bids for it: it is left to expire',
  noAsk: 'nobody offers it: it cannot be bought back now',
  cover: 'it covers a short that cannot be bought back now',
};

function chosenLegs(
  desk: DeskContext,
  position: StructurePosition,
  request: CloseRequest,
): Outcome<{ readonly legs: readonly HeldLeg[] }> {
  const free = freeLegs(desk, position);
  const { positionId, quantity } = position;
  if (free.length === 0) {
    const message =
      'nothing of this position is free to close: it is closed, or a live order closes it, or it covers what one has not bought back yet';
    return deny('nothing_to_close', message, { positionId });
  }
  if (request.units === undefined) {
    const part = legsOfPart({ ...asOpenPosition(desk, position), legs: free }, request.part);
    return { legs: part };
  }
  const share = shareOfLegs(free, request.units, quantity);
  if (share !== undefined) return { legs: share };
  const message = `ask for a whole number of units from 1 to ${quantity}`;
  return deny('tick_or_quantity', message, { asked: request.units, held: quantity });
}

function limitOf(
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

/** Builds the order that closes just these holdings of a position, signed as they are held. */
export function closingIntentOf(
  desk: DeskContext,
  position: StructurePosition,
  held: readonly HeldLeg[],
  request: Omit<CloseRequest, 'part' | 'units'>,
): Outcome<Closing> {
  const quotes = (symbol: string) => quoteOf(desk, symbol);
  const together = closingOrder(held, quotes);
  const isAlone = request.isAlone === true && together.legs.length > 1;
  const { legs, quantity, leftOut } = isAlone
    ? closingOrder(firstOf(together, held), quotes)
    : together;
  const notes = leftOut.map(({ symbol, reason }) => `${symbol}: ${STAYS[reason]}`);
  const net = netPrices(legs, quotes);
  if (legs.length === 0 || 'missing' in net) {
    const message = `no leg has a market to close in now (${notes.join('; ')}); try again when it has`;
    return deny('leg_market_missing', message, { positionId: position.positionId });
  }
  const { limit, worst } = limitOf(legs, net, spotNow(desk), request.urgency);
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

/** The worst expiry value of what is held; undefined where it has no floor. */
function worstOf(held: readonly HeldLeg[]): number | undefined {
  const legs = held
    .filter(({ instrument, quantity }) => instrument.kind === 'option' && quantity !== 0)
    .map(({ instrument, quantity }): OrderLeg => {
      const action = quantity > 0 ? 'buyToOpen' : 'sellToOpen';
      return { instrument, action, ratio: Math.abs(quantity) };
    });
  if (legs.length === 0) return 0;
  return payoffSummary({ legs, quantity: 1, netPrice: price(0), feesCents: cents(0) }).maxLossCents;
}

/** Short calls that no long call covers: what they can lose has no floor. */
function bareCalls(held: readonly HeldLeg[]): number {
  let net = 0;
  for (const leg of held) if (rightOf(leg) === 'call') net += leg.quantity;
  return Math.max(0, -net);
}

/** True where what a close leaves of a position may lose more than all of it: a long would be gone that
 * covers a short. `taken`: what is closed, signed as it is held. */
export function uncovers(position: StructurePosition, taken: readonly HeldLeg[]): boolean {
  const gone = new Map(taken.map((leg) => [instrumentSymbol(leg.instrument), leg.quantity]));
  const left = position.legs.map(({ instrument, quantity }) => ({
    instrument,
    quantity: quantity - (gone.get(instrumentSymbol(instrument)) ?? 0),
  }));
  const [before, after] = [worstOf(position.legs), worstOf(left)];
  if (before === undefined && after === undefined) {
    return bareCalls(left) > bareCalls(position.legs);
  }
  return after === undefined || (before !== undefined && after > before);
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
  const free = new Map(
    freeLegs(desk, position).map((leg) => [instrumentSymbol(leg.instrument), leg.quantity]),
  );
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
  return !uncovers(position, taken) && areFree(desk, position, taken);
}
