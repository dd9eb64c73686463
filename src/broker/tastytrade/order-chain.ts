/**
 * One intent at tastytrade: a replace makes another order there, so an intent is a chain of orders,
 * the first of them and what replaced it. Pure.
 */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { countedUnits, quantityOf, shareQuantity } from '../../engine/domain/share-quantity.ts';
import type { TastyFill, TastyLeg, TastyOrder } from './tasty-order.ts';
import { isWhole, legLike } from './tasty-order.ts';

/** What is known of an order so far, with news taken in: REST and stream race, and messages come late,
 * twice and in any order. An end stands, a fill that was told stands, the newest word on the rest. */
export function merge(known: TastyOrder | undefined, news: TastyOrder): TastyOrder {
  if (known === undefined) return news;
  const isOlder =
    news.updatedAtMillis < known.updatedAtMillis ||
    (known.standing !== 'working' && news.standing === 'working');
  const [newest, other] = isOlder ? [known, news] : [news, known];
  const legs = newest.legs.map((leg) => {
    const told = new Set(leg.fills.map(({ fillId }) => fillId));
    const more = (legLike(other, leg)?.fills ?? []).filter(({ fillId }) => !told.has(fillId));
    return more.length === 0 ? leg : { ...leg, fills: [...leg.fills, ...more] };
  });
  return {
    ...newest,
    legs,
    awaitsFills: newest.standing === 'filled' && !isWhole(legs),
    // One that is called back while it waits has never worked.
    isContingent:
      newest.isContingent || (other.isContingent && newest.status === 'Cancel Requested'),
    externalId: newest.externalId ?? other.externalId,
    replacesId: newest.replacesId ?? other.replacesId,
    replacingId: newest.replacingId ?? other.replacingId,
  };
}

/** True where nothing but the time of its last word differs. */
export function isSame(a: TastyOrder, b: TastyOrder): boolean {
  return (
    a.id === b.id &&
    a.status === b.status &&
    a.standing === b.standing &&
    a.isContingent === b.isContingent &&
    a.isOnItsWay === b.isOnItsWay &&
    a.awaitsFills === b.awaitsFills &&
    a.externalId === b.externalId &&
    a.replacesId === b.replacesId &&
    a.replacingId === b.replacingId &&
    a.limit === b.limit &&
    a.rejectReason === b.rejectReason &&
    areSame(a.legs, b.legs, isSameLeg)
  );
}

function isSameLeg(a: TastyLeg, b: TastyLeg): boolean {
  return (
    instrumentSymbol(a.instrument) === instrumentSymbol(b.instrument) &&
    a.action === b.action &&
    a.quantity === b.quantity &&
    a.remaining === b.remaining &&
    areSame(a.fills, b.fills, isSameFill)
  );
}

function isSameFill(a: TastyFill, b: TastyFill): boolean {
  return a.fillId === b.fillId && a.quantity === b.quantity && a.price === b.price && a.at === b.at;
}

function areSame<T>(a: readonly T[], b: readonly T[], isEqual: (a: T, b: T) => boolean): boolean {
  return (
    a.length === b.length &&
    a.every((each, index) => {
      const other = b[index];
      return other !== undefined && (each === other || isEqual(each, other));
    })
  );
}

/** Units of an order: its legs over their common divisor. */
export function unitsOf({ legs }: TastyOrder): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  return legs.map(({ quantity }) => quantity).reduce(divisor, 0);
}

/** What one unit of an order trades. */
export function orderLegs(order: TastyOrder): readonly OrderLeg[] {
  const units = unitsOf(order);
  return order.legs.map(({ instrument, action, quantity }) => {
    return { instrument, action, ratio: quantity / units };
  });
}

/** Units of a chain that never filled: the leg that has filled least decides. */
export function unitsLeft(chain: readonly TastyOrder[]): number {
  const [first] = chain;
  if (first === undefined) return 0;
  const units = unitsOf(first);
  const filled = first.legs.map((leg) => {
    const contracts = quantityOf(chain.flatMap((order) => legLike(order, leg)?.fills ?? []));
    return (contracts * units) / leg.quantity;
  });
  return shareQuantity(units - countedUnits({ legs: orderLegs(first) }, Math.min(...filled)));
}

/** The order of a chain that trades, or would: the newest that works and waits for no other. */
export function headOf(chain: readonly TastyOrder[]): TastyOrder | undefined {
  const working = chain.filter(({ standing }) => standing === 'working');
  return working.findLast(({ isContingent }) => !isContingent) ?? working.at(-1);
}

export type ChainEnd = 'cancelled' | 'rejected' | 'expired' | 'filled';

/**
 * How a chain has ended; undefined while it has not, or while that is not sure: a replacement named
 * and not yet seen, or an order told as filled of which fills are still to come.
 */
export function endOf(chain: readonly TastyOrder[]): ChainEnd | undefined {
  const ids = new Set(chain.map(({ id }) => id));
  const isOpen = chain.some(({ standing, replacingId, awaitsFills }) => {
    if (standing === 'working') return true;
    if (standing === 'filled') return awaitsFills;
    return replacingId !== undefined && !ids.has(replacingId);
  });
  if (chain.length === 0 || isOpen) return undefined;
  if (chain.some(({ standing }) => standing === 'filled')) return 'filled';
  const { standing = 'cancelled' } = lastEnded(chain) ?? {};
  return standing === 'working' ? undefined : standing;
}

/** The order whose end is that of its chain: a replacement that is rejected ends it, unless the order that
 * it was to replace works on and ends later. Of two that ended together it is the newer one. */
export function lastEnded(chain: readonly TastyOrder[]): TastyOrder | undefined {
  let last: TastyOrder | undefined;
  for (const order of chain) {
    if (last === undefined || order.updatedAtMillis >= last.updatedAtMillis) last = order;
  }
  return last;
}

/** True of a replacement that would trade more than is left of the intent, as where one orders the whole
 * again after a fill. */
export function isOversized(
  [first]: readonly TastyOrder[],
  order: TastyOrder,
  remaining: number,
): boolean {
  if (first === undefined || order.id === first.id) return false;
  const units = unitsOf(first);
  const left = order.legs.map((leg) => {
    return (leg.remaining * units) / (legLike(first, leg)?.quantity ?? 1);
  });
  return Math.max(...left) > remaining;
}

/** True where the order in which a chain ended was oversized: such a one is called back here, whatever else
 * becomes of it. The broker's lists show it, so that a restart knows it too. */
export function endedOversized(orders: readonly TastyOrder[], remaining: number): boolean {
  const last = lastEnded(orders);
  return last !== undefined && isOversized(orders, last, remaining);
}
