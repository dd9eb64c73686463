/** Names for orders: one for the exact order, one for its shape. */

import { instrumentSymbol } from '../engine/domain/instrument.ts';
import type { OrderIntent, OrderLeg } from '../engine/domain/order.ts';
import { contentHash } from './content-hash.ts';

/** Raised when the fields under the hash change, so that old hashes are never taken for new ones. */
const ORDER_HASH_VERSION = 1;

interface CanonicalLeg {
  readonly symbol: string;
  readonly action: string;
  readonly ratio: number;
}

/** Legs put in order before: they never change, and an order is hashed several times. */
const CANONICAL = new WeakMap<readonly OrderLeg[], readonly CanonicalLeg[]>();

/** Legs in symbol order: the order in which they were written down means nothing. */
function canonicalLegs(legs: readonly OrderLeg[]): readonly CanonicalLeg[] {
  const known = CANONICAL.get(legs);
  if (known !== undefined) return known;
  const plain = legs.map(({ instrument, action, ratio }) => ({
    symbol: instrumentSymbol(instrument),
    action,
    ratio,
  }));
  plain.sort((a, b) => compareText(a.symbol + a.action, b.symbol + b.action));
  CANONICAL.set(legs, plain);
  return plain;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * SHA-256 over what an order does: purpose, strategy, legs, quantity, limit, worst price and exit
 * plan, and for a close the position it takes from. Not over its id and its principal: those name
 * the sending of it, and a token binds the principal by itself.
 */
export function orderHash(intent: OrderIntent): string {
  const { purpose, strategy, quantity, limit, worst, exitPlan, stopTrigger } = intent;
  const positionId = purpose === 'open' ? undefined : intent.positionId;
  const legs = canonicalLegs(intent.legs);
  const order = {
    purpose,
    strategy,
    positionId,
    legs,
    quantity,
    limit,
    worst,
    exitPlan,
    stopTrigger,
  };
  return contentHash({ version: ORDER_HASH_VERSION, ...order });
}

interface Shape {
  readonly quantity: number;
  readonly hash: string;
}

/** Shapes hashed before, by their legs, which never change: an order is judged several times. */
const SHAPES = new WeakMap<readonly OrderLeg[], Shape>();

/** SHA-256 over legs, actions and quantity without any price: two orders of one shape, whatever
 * strategy made them, look like one order sent twice. */
export function shapeHash(order: Pick<OrderIntent, 'legs' | 'quantity'>): string {
  const { quantity } = order;
  const known = SHAPES.get(order.legs);
  if (known?.quantity === quantity) return known.hash;
  const legs = canonicalLegs(order.legs);
  const hash = contentHash({ version: ORDER_HASH_VERSION, legs, quantity });
  SHAPES.set(order.legs, { quantity, hash });
  return hash;
}
