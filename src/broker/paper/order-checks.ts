/** Why the paper broker rejects an order, in words for the trader. Pure. */

import type { Instrument } from '../../engine/domain/instrument.ts';
import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { isOpening, legSign } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { isOnTick, tickAt } from '../../engine/domain/tick-grid.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { dollarsFromPrice } from '../../engine/domain/units.ts';
import type { PaperOrder } from './paper-order.ts';
import { remainingOfLeg, reserveCents } from './paper-order.ts';

/** What the broker knows when an order reaches it. */
export interface OrderWorld {
  readonly now: EpochMicros;
  /** The session of `now`'s date; undefined on a day without one. */
  readonly session: SessionTimes | undefined;
  readonly maxLegs: number;
  readonly nativeStops: boolean;
  readonly isQuoted: (symbol: string) => boolean;
  /** What a symbol can be sold for now. */
  readonly bidOf: (symbol: string) => number | undefined;
  /** Net contracts or shares held of a symbol. */
  readonly held: (symbol: string) => number;
  /** The other working orders. */
  readonly working: readonly PaperOrder[];
  readonly buyingPowerCents: number;
}

/** The first reason to reject the order; undefined when it can work. */
export function rejection(order: PaperOrder, world: OrderWorld): string | undefined {
  return (
    malformed(order, world.maxLegs) ??
    untradable(order, world) ??
    wrongStop(order, world) ??
    wrongEffect(order, world) ??
    unaffordable(order, world)
  );
}

function malformed({ intent, limit }: PaperOrder, maxLegs: number): string | undefined {
  const { legs, quantity } = intent;
  if (legs.length === 0 || legs.length > maxLegs) return `an order has 1 to ${maxLegs} legs`;
  const symbols = new Set(legs.map((leg) => instrumentSymbol(leg.instrument)));
  if (symbols.size < legs.length) return 'an instrument stands in two legs';
  const counts = [quantity, ...legs.map((leg) => leg.ratio)];
  if (counts.some((count) => !Number.isSafeInteger(count) || count < 1)) {
    return 'quantities and ratios are whole numbers above 0';
  }
  return offGrid(intent.legs, limit);
}

/** Why a limit cannot stand; undefined where it is a price of the order's grid. */
export function offGrid(legs: readonly OrderLeg[], limit: Price): string | undefined {
  const grid = gridOf(legs);
  if (isOnTick(grid, limit)) return undefined;
  return `the limit is not a whole number of $${dollarsFromPrice(tickAt(grid, limit)).toFixed(2)} steps`;
}

/** When an instrument stops trading on the session's date. */
export function tradesUntil(instrument: Instrument, session: SessionTimes): EpochMicros {
  return instrument.kind === 'option' ? session.lastTrade : session.exerciseMark;
}

function untradable({ intent }: PaperOrder, world: OrderWorld): string | undefined {
  const { session, now } = world;
  if (session === undefined || now < session.open) return 'the market is closed';
  for (const { instrument, action } of intent.legs) {
    const symbol = instrumentSymbol(instrument);
    if (instrument.kind === 'option' && instrument.expiry < session.date) {
      return `${symbol} has expired`;
    }
    if (now >= tradesUntil(instrument, session)) return `the market for ${symbol} is closed`;
    if (!world.isQuoted(symbol)) return `${symbol} is not an instrument that is quoted here`;
    if (instrument.kind === 'shares' && isOpening(action)) return 'shares can only be closed here';
  }
  return undefined;
}

/** A stop rests on one leg that is sold, and below what that leg is bid: elsewhere it would trade at
 * once, which is not what a stop is for. */
function wrongStop({ intent, symbols }: PaperOrder, world: OrderWorld): string | undefined {
  const { stopTrigger, legs } = intent;
  if (stopTrigger === undefined) return undefined;
  if (!world.nativeStops) return 'this account holds no stop orders';
  if (legs.length !== 1 || legs[0]?.action !== 'sellToClose') {
    return 'a stop order sells one leg that is held';
  }
  if (!isOnTick(gridOf(legs), stopTrigger)) return 'the trigger is not on the price grid';
  const bid = world.bidOf(symbols[0] ?? '');
  const isBelow = bid !== undefined && stopTrigger < bid;
  return isBelow ? undefined : 'the trigger is on the wrong side of the market';
}

/** Signed contracts that working orders will still trade of a symbol, openings or closings. */
function pending(world: OrderWorld, symbol: string, openings: boolean): number {
  let signed = 0;
  for (const order of world.working) {
    for (const [index, leg] of order.intent.legs.entries()) {
      const counts = isOpening(leg.action) === openings;
      if (!counts || instrumentSymbol(leg.instrument) !== symbol) continue;
      signed += legSign(leg.action) * remainingOfLeg(order, index);
    }
  }
  return signed;
}

/** Closings need what they close; openings may not stand against what is held, since an account
 * nets its positions by symbol. */
function wrongEffect(order: PaperOrder, world: OrderWorld): string | undefined {
  for (const leg of order.intent.legs) {
    const symbol = instrumentSymbol(leg.instrument);
    const sign = legSign(leg.action);
    const held = world.held(symbol);
    if (isOpening(leg.action)) {
      const against = Math.sign(held) === -sign;
      const meets = Math.sign(pending(world, symbol, true)) === -sign;
      if (against || meets) return `${symbol} is held or ordered the other way: close that first`;
    } else {
      const free = -sign * (held + pending(world, symbol, false));
      const wanted = leg.ratio * order.intent.quantity;
      if (free < wanted) return `only ${Math.max(0, free)} of ${symbol} are free to close`;
    }
  }
  return undefined;
}

function unaffordable(order: PaperOrder, world: OrderWorld): string | undefined {
  const needed = reserveCents(order, order.limit);
  if (needed === 0 || needed <= world.buyingPowerCents) return undefined;
  const [needs, has] = [needed, world.buyingPowerCents].map((amount) => (amount / 100).toFixed(2));
  return `insufficient buying power: needs $${needs}, has $${has}`;
}
