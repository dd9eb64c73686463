/** Stops of the engine's own that rest at the broker, by position. */

import type { OrderBook, OrderRecord } from './order-book.ts';

/** What the desk knows of one position's stop at the broker. Times by the wall clock. */
export interface Protection {
  readonly intentId: string;
  /** The newest snapshot of the broker that listed the stop. */
  readonly verifiedAt: number | undefined;
  /** False from a snapshot on that did not list it. */
  readonly isListed: boolean;
}

/** The stop of a position that was given last, whatever became of it. */
export function newestStop(orders: OrderBook, positionId: string): OrderRecord | undefined {
  return orders.of(positionId).findLast(({ intent }) => intent.purpose === 'protective');
}

/** Protections by position id. */
export type Protections = Map<string, Protection>;

/** Changes what is known of a position's stop; nothing where none is known. */
export function amendProtection(
  protections: Protections,
  positionId: string,
  amended: Partial<Protection>,
): void {
  const known = protections.get(positionId);
  if (known !== undefined) protections.set(positionId, { ...known, ...amended });
}
