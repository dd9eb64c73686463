/**
 * Which legs an exit trades. A long wing that nobody bids for is left to expire, so that it cannot
 * hold up the legs that matter: a condor closes with four legs, with three, or with its two shorts.
 */
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { QuoteOf } from '../../engine/domain/net-price.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import type { HeldLeg } from './open-position.ts';

/** `noBid`: a long that nobody buys. `noAsk`: a short that nobody sells. `cover`: a long that stays
 * because a short it covers does. */
export type LeftOutReason = 'noBid' | 'noAsk' | 'cover';

export interface LeftOutLeg {
  readonly symbol: string;
  readonly reason: LeftOutReason;
}

/** One order to close: legs with the shorts first, and how many units. Empty legs: nothing of the
 * position can be traded now. */
export interface ClosingOrder {
  readonly legs: readonly OrderLeg[];
  readonly quantity: number;
  readonly leftOut: readonly LeftOutLeg[];
}

/** True where a leg that is held so can be closed now. */
export function hasMarket(quote: Quote | undefined, quantity: number): boolean {
  const side = quantity > 0 ? quote?.bid : quote?.ask;
  return side !== undefined && side > 0;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function closingLeg({ instrument, quantity }: HeldLeg, units: number): OrderLeg {
  const action = quantity > 0 ? 'sellToClose' : 'buyToClose';
  return { instrument, action, ratio: Math.abs(quantity) / units };
}

/** What is held, signed, by symbol. */
export function quantitiesOf(held: readonly HeldLeg[]): ReadonlyMap<string, number> {
  return new Map(held.map((leg) => [instrumentSymbol(leg.instrument), leg.quantity]));
}

/** What a long and the short that it covers have in common. */
export function rightOf({ instrument }: Pick<HeldLeg, 'instrument'>): string {
  return instrument.kind === 'option' ? instrument.right : instrument.kind;
}

function leftOut(leg: HeldLeg, reason: LeftOutReason): LeftOutLeg {
  return { symbol: instrumentSymbol(leg.instrument), reason };
}

/** Why a leg stays, if it does. `bareRights`: rights in which a short cannot be bought back. */
function reasonToStay(
  leg: HeldLeg,
  quotes: QuoteOf,
  bareRights: ReadonlySet<string>,
): LeftOutReason | undefined {
  const isTradable = hasMarket(quotes(instrumentSymbol(leg.instrument)), leg.quantity);
  if (!isTradable) return leg.quantity > 0 ? 'noBid' : 'noAsk';
  return leg.quantity > 0 && bareRights.has(rightOf(leg)) ? 'cover' : undefined;
}

function rightsWithBareShort(legs: readonly HeldLeg[], quotes: QuoteOf): ReadonlySet<string> {
  const bare = legs.filter(
    (leg) => leg.quantity < 0 && !hasMarket(quotes(instrumentSymbol(leg.instrument)), leg.quantity),
  );
  return new Set(bare.map(rightOf));
}

/**
 * The order that closes these legs as far as the market lets it. It never sells a long that covers
 * a short which stays. Ratios are in lowest terms, whatever fills have left.
 */
export function closingOrder(legs: readonly HeldLeg[], quotes: QuoteOf): ClosingOrder {
  const bareRights = rightsWithBareShort(legs, quotes);
  const stays: LeftOutLeg[] = [];
  const traded: HeldLeg[] = [];
  for (const leg of legs) {
    const reason = reasonToStay(leg, quotes, bareRights);
    if (reason === undefined) traded.push(leg);
    else stays.push(leftOut(leg, reason));
  }
  const units = traded.reduce(
    (divisor, leg) => greatestDivisor(Math.abs(leg.quantity), divisor),
    0,
  );
  const shortsFirst = traded.toSorted((a, b) => Math.sign(a.quantity) - Math.sign(b.quantity));
  return {
    legs: shortsFirst.map((leg) => closingLeg(leg, units)),
    quantity: units,
    leftOut: stays,
  };
}

/** The part of each leg that closes `units` of a position of `quantity` units. Of longs beyond those units
 * whole contracts go with each, and the rest with the last. Undefined when a leg cannot be split that way. */
export function shareOfLegs(
  legs: readonly HeldLeg[],
  units: number,
  quantity: number,
): readonly HeldLeg[] | undefined {
  const isWithin = Number.isSafeInteger(units) && units > 0 && units <= quantity;
  const parts = legs.map((leg) => {
    const part = (leg.quantity * units) / quantity;
    return { ...leg, quantity: leg.quantity > quantity ? Math.floor(part) : part };
  });
  const isWhole = parts.every((part) => Number.isSafeInteger(part.quantity));
  return isWithin && isWhole ? parts : undefined;
}
