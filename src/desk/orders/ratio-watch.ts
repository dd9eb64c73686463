/** Fills that leave the legs of an order out of proportion for longer than reporting takes, and those of somebody
 * else that take a short's cover. */

import { instrumentSymbol, type Right } from '../../engine/domain/instrument.ts';
import { isOpening, legSign } from '../../engine/domain/order.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { holdTrading } from '../account/governing.ts';
import { areLeftToExpire, haveExpired } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { quantitiesOf } from '../exits/close-legs.ts';
import { isLifted } from '../session/lifting.ts';
import { GRACE_MICROS, reportedBy } from './being-reported.ts';
import { lacksCover } from './long-cover.ts';
import type { OrderRecord } from './order-book.ts';
import { isFinal } from './order-book.ts';

/** What is held of a leg of an order: longs of units that are gone are none of it. */
interface HeldUnits {
  readonly right: Right | undefined;
  readonly isLong: boolean;
  readonly units: number;
}

function heldUnits(order: OrderRecord, { legs, quantity: most }: StructurePosition): HeldUnits[] {
  const held = quantitiesOf(legs);
  return order.intent.legs.map(({ instrument, action, ratio }) => {
    const sign = isOpening(action) ? legSign(action) : -legSign(action);
    const isLong = sign > 0;
    const units = (sign * (held.get(instrumentSymbol(instrument)) ?? 0)) / ratio;
    const right = instrument.kind === 'option' ? instrument.right : undefined;
    return { right, isLong, units: isLong ? Math.min(units, most) : units };
  });
}

function areEven(legs: readonly HeldUnits[]): boolean {
  return legs.every(({ units }) => units === legs[0]?.units);
}

/** True for a spread, or where nothing of it is held. */
function isSound(side: readonly HeldUnits[]): boolean {
  if (!areEven(side)) return false;
  const isSpread = side.some(({ isLong }) => isLong) && side.some(({ isLong }) => !isLong);
  return isSpread || side.every(({ units }) => units === 0);
}

/** True where the legs of an order that has ended are held in its proportion, or not at all, whatever made
 * up for what it lacks: all of them, or those of each side, as where a side was stopped. */
function isEvenAgain(order: OrderRecord, position: StructurePosition): boolean {
  if (!isFinal(order)) return false;
  const legs = heldUnits(order, position);
  const rights = [...new Set(legs.map(({ right }) => right))];
  return areEven(legs) || rights.every((side) => isSound(legs.filter((leg) => leg.right === side)));
}

const BROKEN_RATIO = 'BROKEN_RATIO';

/** Pages of each position once, by what became of it, and ends what was told of the others. */
function tellBroken(desk: DeskContext, broken: ReadonlyMap<string, string>): void {
  for (const [positionId, text] of broken) {
    if (desk.out.isOpen(BROKEN_RATIO, positionId)) continue;
    desk.out.alert('critical', BROKEN_RATIO, text, positionId);
  }
  for (const { code, subject = '' } of desk.out.ofPositions) {
    if (code !== BROKEN_RATIO || broken.has(subject)) continue;
    desk.out.settle('resolve', code, `${subject} lacks no leg any more`, subject);
  }
}

/** True for longs that nobody bids for; once they were told of, only where that lasts: their bid may come and
 * go with every quote. */
function isLeft(desk: DeskContext, { positionId, legs }: StructurePosition): boolean {
  const isUnbid = areLeftToExpire(desk, legs);
  const lasts = isLifted(desk, `${BROKEN_RATIO} ${positionId}`, isUnbid);
  return lasts || (isUnbid && !desk.out.isOpen(BROKEN_RATIO, positionId));
}

/** Positions of which others took the longs that cover their shorts; once they have told of all that they took. */
function* bare(desk: DeskContext): Generator<string> {
  for (const positionId of desk.day.takenFrom.keys()) {
    const position = desk.book.structure(positionId);
    if (position === undefined || haveExpired(desk, position.legs)) continue;
    if (desk.at.wall >= reportedBy(desk, positionId) && lacksCover(position)) yield positionId;
  }
}

/** Holds trading at reducing while positions stand on uneven orders or lack their cover, and pages of each once;
 * not for longs that nobody bids for, nor for what has expired, of which nothing is left to do. Called on the
 * clock. */
export function watchRatios(desk: DeskContext): void {
  const { uneven } = desk.day;
  const broken = new Map<string, string>();
  for (const [intentId, since] of uneven) {
    const order = desk.orders.get(intentId);
    const positionId = order?.intent.positionId ?? '';
    const position = desk.book.structure(positionId);
    const isOver = position === undefined || haveExpired(desk, position.legs);
    if (isOver || (order !== undefined && isEvenAgain(order, position))) uneven.delete(intentId);
    else if (desk.at.wall - since < GRACE_MICROS || isLeft(desk, position)) continue;
    else {
      const text = `the legs of ${positionId} by order ${intentId} filled out of proportion: look at it, close it or let it fill`;
      broken.set(positionId, text);
    }
  }
  for (const positionId of bare(desk)) {
    const text = `somebody else's order took longs of ${positionId} that cover its shorts, which may lose more than was agreed: close_position takes it off, or buy them back`;
    broken.set(positionId, text);
  }
  tellBroken(desk, broken);
  holdTrading(desk, 'brokenRatio', broken.size > 0);
}
