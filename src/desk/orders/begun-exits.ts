/**
 * Exits that the broker takes one leg at a time only. The stop of a side measures what is short of it: once
 * that is bought back nothing asks for its long any more, and a market that turns between two legs would
 * leave a half of any other exit. What is begun so is ended. It follows from the book of orders.
 */

import { areLeftToExpire } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import type { ExitClose, ExitPart, ExitReason } from '../exits/exit-input.ts';
import { legsOfPart } from '../exits/exit-input.ts';
import type { OpenPosition } from '../exits/open-position.ts';
import type { OrderRecord } from './order-book.ts';
import { isTakenApart } from './refused-closes.ts';

/** What each exit leaves in the end. What covered shorts that were bought back for a nickel stays. */
const PARTS: Readonly<Record<Exclude<ExitReason, 'nickel'>, ExitPart>> = {
  stop: 'whole',
  callSideStop: 'callSide',
  putSideStop: 'putSide',
  trail: 'whole',
  oppositeBreak: 'whole',
  target: 'whole',
  exDividend: 'callSide',
  timeExit: 'whole',
  flatBy: 'whole',
};

function isReason(reason: string | undefined): reason is keyof typeof PARTS {
  return reason !== undefined && Object.hasOwn(PARTS, reason);
}

/** The exit of which an order has filled and a part is still free, the newest first. `position`: what of
 * it no order closes. Asked on every batch of quotes. */
export function begunExit(desk: DeskContext, position: OpenPosition): ExitClose | undefined {
  const { positionId } = position;
  if (!isTakenApart(desk, positionId)) return undefined;
  const all = desk.orders.all();
  for (let index = all.length - 1; index >= 0; index -= 1) {
    const order = all[index];
    if (order?.intent.positionId !== positionId) continue;
    const begun = goesOn(desk, position, order);
    if (begun !== undefined) return begun;
  }
  return undefined;
}

function goesOn(
  desk: DeskContext,
  position: OpenPosition,
  { intent, exitReason, fills, urgency }: OrderRecord,
): ExitClose | undefined {
  if (fills.length === 0 || !isReason(exitReason)) return undefined;
  const close = PARTS[exitReason];
  const left = legsOfPart(position, close);
  if (left.length === 0 || areLeftToExpire(desk, left)) return undefined;
  return { close, reason: exitReason, numbers: { goesOnFrom: intent.intentId }, urgency };
}
