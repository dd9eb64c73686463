/** Numbers as brokers write them. Pure. */

import { shareQuantity } from '../engine/domain/share-quantity.ts';
import { priceFromDollars } from '../engine/domain/units.ts';
import type { HeldPosition } from './order-gateway.ts';

/** No price, amount of money, order or day's volume is as large, and in hundredths of a cent it is still a whole
 * number by ninety contracts of a hundred shares: a larger one is none, for reckoning with it throws. */
export const MOST_ON_THE_WIRE = 10_000_000_000;

/** A number that came as a text or as a number; undefined for an empty one, and for one that is none. */
export function numberOnWire(value: unknown): number | undefined {
  return numberUpTo(value, MOST_ON_THE_WIRE);
}

/** A quantity that is held: of a coin of little worth it may be any number. */
export function heldOnWire(value: unknown): number | undefined {
  return numberUpTo(value, Number.MAX_SAFE_INTEGER);
}

function numberUpTo(value: unknown, most: number): number | undefined {
  if ((typeof value !== 'string' && typeof value !== 'number') || value === '') return undefined;
  const number = Number(value);
  return Math.abs(number) <= most ? number : undefined;
}

/** A position of so many, bought or sold at so many dollars; undefined where the money in it is none that can
 * be. What has no price is taken to have cost a dollar. */
export function heldPosition(
  symbol: string,
  quantity: number,
  dollars: number | undefined,
): HeldPosition | undefined {
  if (Math.abs(quantity * (dollars ?? 1)) > MOST_ON_THE_WIRE) return undefined;
  const held = { symbol, quantity: shareQuantity(quantity) };
  return dollars === undefined ? held : { ...held, averagePrice: priceFromDollars(dollars) };
}
