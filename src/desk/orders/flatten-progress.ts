/**
 * What a flatten takes in: all that is held of its positions when it is asked for, and what the openings of
 * that moment still fill. A contract of somebody else's is held under its own name, which may wait for a bid
 * for hours, and be bought again meanwhile: what others open later was not asked for, and what they close
 * later is of that first. Follows from records, in a run and after a restart alike.
 */

import type { Fill } from '../../engine/domain/order.ts';
import { isOpening } from '../../engine/domain/order.ts';
import { externalPositionId } from '../../engine/portfolio/external-position.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { areLeftToExpire, expiredBefore, haveExpired, isOpen } from '../account/held-position.ts';
import type { ChangeOfOthers, DeskContext } from '../desk-context.ts';
import type { OrderRecord } from './order-book.ts';
import { fillsInto, isCalledBack, isExternal, isFinal } from './order-book.ts';

/** The code that tells of the end of one. */
export const FLATTEN_DONE = 'FLATTEN_DONE';

/** Takes a position into the flatten; one that is in it already stays as it is. */
export function beginFlattening({ day, at }: DeskContext, positionId: string): void {
  if (day.flattening.has(positionId)) return;
  const asked = { askedAt: at.market, others: new Map() };
  day.flattening.set(positionId, { since: at.wall, told: '', ...asked });
  day.flattenUntold = true;
}

/** Takes in all that is held of it now, also where it is in the flatten already. */
export function askForAll(desk: DeskContext, positionId: string): void {
  beginFlattening(desk, positionId);
  const progress = desk.day.flattening.get(positionId);
  if (progress === undefined) return;
  const asked = { askedAt: desk.at.market, others: new Map() };
  desk.day.flattening.set(positionId, { ...progress, ...asked });
}

/** Notes what an order of others, given since, opened or closed of a contract that is being flattened; forgets
 * it where the broker took that execution back. Of shares a broker may say neither: what `took` from something
 * that is held has closed. */
export function noteOthers(
  { day }: DeskContext,
  fill: Fill,
  order: OrderRecord | undefined,
  took: readonly string[] | 'busted',
): void {
  if (order !== undefined && !isExternal(order)) return;
  const positionId = externalPositionId(fill.instrument);
  const progress = day.flattening.get(positionId);
  if (progress === undefined) return;
  const { askedAt } = progress;
  const { marketAt, quantity } = fill;
  const wasGiven = order !== undefined && order.createdAt.market <= askedAt;
  if (wasGiven || marketAt <= askedAt) return;
  const others = new Map(progress.others);
  if (took === 'busted') others.delete(fill.fillId);
  else {
    const isOfShares = fill.instrument.kind === 'shares';
    const opens = isOfShares ? took.length === 0 : isOpening(fill.action);
    others.set(fill.fillId, { change: opens ? quantity : -quantity, marketAt });
  }
  day.flattening.set(positionId, { ...progress, others });
}

/** As they happened, for streams tell executions out of turn; openings first of one moment. */
function inTurn(a: ChangeOfOthers, b: ChangeOfOthers): number {
  return a.marketAt - b.marketAt || b.change - a.change;
}

/** Contracts of it that others opened since and did not close: they were not asked for. */
export function laterOf({ day }: DeskContext, positionId: string): number {
  let later = 0;
  const others = day.flattening.get(positionId)?.others;
  if (others === undefined || others.size === 0) return later;
  for (const { change } of [...others.values()].toSorted(inTurn))
    later = Math.max(0, later + change);
  return later;
}

/** Contracts or shares of it that the flatten takes in, and that are held still. */
export function askedOf(desk: DeskContext, { positionId, legs }: StructurePosition): number {
  const held = legs.reduce((sum, { quantity }) => sum + Math.abs(quantity), 0);
  return Math.max(0, held - laterOf(desk, positionId));
}

/** The live opening that may still fill into a position that is flattened. A foreign one that nobody called
 * back is its owner's. */
export function openingInto({ orders }: DeskContext, positionId: string): OrderRecord | undefined {
  return orders.live().find((order) => {
    return fillsInto(order).includes(positionId) && (!isExternal(order) || isCalledBack(order));
  });
}

/** True once nothing that was asked for is held of a position and nothing can still open it. */
function isGone(desk: DeskContext, positionId: string): boolean {
  const position = desk.book.structure(positionId);
  if (position !== undefined && askedOf(desk, position) > 0) return false;
  if (!desk.orders.of(positionId).every(isFinal)) return false;
  return openingInto(desk, positionId) === undefined;
}

/** True for what is held of a day that is over. */
function isPast({ book, day }: DeskContext, positionId: string): boolean {
  const position = book.structure(positionId);
  if (position === undefined || !isOpen(position)) return false;
  return expiredBefore(day.session.date, position.legs);
}

/** Takes out of the flatten what is gone, for a name that is held again later, as that of shares or of a
 * contract that somebody else bought, is none of it; and in the session after it what has expired. */
export function endFlattened(desk: DeskContext): void {
  const { flattening, consoleFlattens } = desk.day;
  for (const positionId of flattening.keys()) {
    if (!isGone(desk, positionId) && !isPast(desk, positionId)) continue;
    flattening.delete(positionId);
    consoleFlattens.delete(positionId);
  }
}

/** True while a flatten goes on. What is gone, and what has expired or is left to expire, for nobody bids for
 * it, is done with. */
export function isFlattening(desk: DeskContext): boolean {
  return [...desk.day.flattening.keys()].some((positionId) => {
    const position = desk.book.structure(positionId);
    if (position === undefined || askedOf(desk, position) === 0) return !isGone(desk, positionId);
    if (haveExpired(desk, position.legs)) return false;
    return !areLeftToExpire(desk, position.legs) || desk.orders.isClosing(positionId);
  });
}
