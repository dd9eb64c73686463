/** Quantities that may be parts of a share. Pure. */

import type { OrderIntent } from './order.ts';

const PARTS_PER_SHARE = 1_000_000_000;

/** A sum or difference of contracts or shares without the dust that binary fractions leave in it: the parts of a
 * share that Alpaca trades have up to nine decimals, and what is finer was never held. Whole numbers stay as
 * they are. */
export function shareQuantity(sum: number): number {
  return Number.isInteger(sum) ? sum : Math.round(sum * PARTS_PER_SHARE) / PARTS_PER_SHARE;
}

/** Contracts or shares together. */
export function quantityOf(parts: readonly { readonly quantity: number }[]): number {
  return shareQuantity(parts.reduce((sum, { quantity }) => sum + quantity, 0));
}

type Legs = Pick<OrderIntent, 'legs'>;

/** Units of an order that count: whole ones, but where a unit is one share its parts do too. */
export function countedUnits(order: Legs, units: number): number {
  return isOfSingleShares(order) ? shareQuantity(units) : Math.floor(units);
}

/** Units of an order that are not over: what is left of one counts as all of it, but of a share. */
export function unitsToGo(order: Legs, units: number): number {
  return isOfSingleShares(order) ? shareQuantity(units) : Math.ceil(units);
}

function isOfSingleShares({ legs }: Legs): boolean {
  const [leg] = legs;
  return legs.length === 1 && leg?.instrument.kind === 'shares' && leg.ratio === 1;
}
