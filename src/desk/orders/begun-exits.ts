/**
 * Exits that are begun and not through. The stop of a side measures what is short of it: once that is bought
 * back nothing asks for its long any more, whether the broker took it one leg at a time, nobody bid for the
 * long at that moment, or its short was being bought back already. And at a broker that takes one leg at a
 * time a market that turns between two of them would leave a half of any other exit. What is begun so is
 * ended. It follows from the book of orders and from what was told, which a restart has from the journal.
 */

import type { LegAction } from '../../engine/domain/order.ts';
import { areLeftToExpire } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { rightOf } from '../exits/close-legs.ts';
import type { ExitClose, ExitPart, ExitReason, Side } from '../exits/exit-input.ts';
import { isShortSide, legsOfPart, rightOfPart } from '../exits/exit-input.ts';
import type { HeldLeg, OpenPosition } from '../exits/open-position.ts';
import { wasTold } from './exit-cause.ts';
import type { OrderRecord } from './order-book.ts';
import { contractsLeft, isCalledBackByPerson, isClose, isWhole } from './order-book.ts';
import { isTakenApart } from './refused-closes.ts';

/** Exits of a side. Once one was told, nothing of that side stays, whoever bought its shorts back; what
 * covered shorts that were bought back for a nickel alone does. */
const OF_A_SIDE: readonly (readonly [ExitReason, Side])[] = [
  ['callSideStop', 'callSide'],
  ['putSideStop', 'putSide'],
  ['exDividend', 'callSide'],
];

const NOTHING: readonly HeldLeg[] = [];

const OF_THE_WHOLE: ReadonlySet<string | undefined> = new Set<ExitReason>([
  'stop',
  'trail',
  'oppositeBreak',
  'target',
  'timeExit',
  'flatBy',
]);

export function isOfTheWhole(reason: string | undefined): reason is ExitReason {
  return OF_THE_WHOLE.has(reason);
}

/** What is free of a side that is left for this reason, once its shorts are bought back. */
function restOf(
  desk: DeskContext,
  free: OpenPosition,
  held: OpenPosition,
  [reason, side]: readonly [ExitReason, Side],
): readonly HeldLeg[] {
  const left = legsOfPart(free, side);
  if (left.length === 0 || isShortSide(held, side)) return NOTHING;
  return wasTold(desk, free.positionId, reason) ? left : NOTHING;
}

/** True where the long of such a side is left to expire, and it is all that an exit of `part` was about: of
 * another part it says nothing while anything is short. */
export function isRestLeft(
  desk: DeskContext,
  free: OpenPosition,
  held: OpenPosition,
  part: ExitPart | undefined,
): boolean {
  const isShortHeld = held.legs.some(isShort);
  return OF_A_SIDE.some((exit) => {
    const [, side] = exit;
    if (side !== part && isShortHeld) return false;
    const left = restOf(desk, free, held, exit);
    return left.length > 0 && areLeftToExpire(desk, left);
  });
}

/** The exit of a side that is begun, where its rest is to be sold. */
function begunSide(
  desk: DeskContext,
  free: OpenPosition,
  held: OpenPosition,
  exit: readonly [ExitReason, Side],
): ExitClose | undefined {
  const left = restOf(desk, free, held, exit);
  if (left.length === 0 || areLeftToExpire(desk, left)) return undefined;
  if (isOfOthers(desk, free.positionId)) return undefined;
  const [reason, side] = exit;
  const order = newestOf(desk, free.positionId, side);
  if (order === undefined || isEndedByHand(order)) return undefined;
  return { close: side, reason, numbers: { goesOnFrom: order.intent.intentId }, urgency: 'fast' };
}

/** The exit that is begun and of which a part is still free. `free`: what of the position no order closes;
 * `held`: all of it. Asked on every batch of quotes. */
export function begunExit(
  desk: DeskContext,
  free: OpenPosition,
  held: OpenPosition,
): ExitClose | undefined {
  let begun: ExitClose | undefined;
  for (const exit of OF_A_SIDE) {
    const side = begunSide(desk, free, held, exit);
    // Nothing is short then, and one side that cannot be sold must not keep the other.
    if (begun !== undefined && side !== undefined && side.close !== begun.close) {
      return { ...side, close: 'whole' };
    }
    begun ??= side;
  }
  if (begun !== undefined) return begun;
  const isLeft = isTakenApart(desk, free.positionId) || areLongsLeft(desk, held);
  return isLeft ? begunWhole(desk, free) : undefined;
}

function isShort({ quantity }: HeldLeg): boolean {
  return quantity < 0;
}

/** True where an exit of the whole bought back what was short last, all that it was to, and longs are left for
 * which nobody bid then: without their shorts no price breaks a stop again. Where anything else bought back the
 * rest, or a person has called a sale back since, the longs are kept. */
function areLongsLeft(desk: DeskContext, { positionId, legs }: OpenPosition): boolean {
  if (legs.some(isShort) || isOfOthers(desk, positionId)) return false;
  const all = desk.orders.of(positionId);
  const from = all.findLastIndex(({ fills }) => fills.some(isBuyBack));
  const order = all[from];
  if (order === undefined || !isOfTheWhole(order.exitReason) || lacksShorts(order)) return false;
  return !all.slice(from).some((each) => isClose(each) && isEndedByHand(each));
}

/** True where something that the order was to buy back was left to others. */
function lacksShorts(order: OrderRecord): boolean {
  return order.intent.legs.some((leg) => isBuyBack(leg) && contractsLeft(order, leg) > 0);
}

function isBuyBack({ action }: { readonly action: LegAction }): boolean {
  return action === 'buyToClose';
}

/** True for one contract that somebody else opened: it is no side of anything, and is found again under the
 * same id however often it is sold and bought. */
function isOfOthers({ book }: DeskContext, positionId: string): boolean {
  return book.structure(positionId)?.strategy === 'external';
}

/** The newest order that closes any of a side. */
function newestOf(desk: DeskContext, positionId: string, side: Side): OrderRecord | undefined {
  const right = rightOfPart(side);
  return desk.orders.newestClose(positionId, ({ intent }) => {
    return intent.legs.some((leg) => rightOf(leg) === right);
  });
}

/** True where a person called the order back and it left something: whoever wants to keep a long may. */
function isEndedByHand(order: OrderRecord): boolean {
  return isCalledBackByPerson(order) && !isWhole(order);
}

/** The exit of the whole of which an order has filled, the newest first. */
function begunWhole(desk: DeskContext, free: OpenPosition): ExitClose | undefined {
  if (areLeftToExpire(desk, free.legs)) return undefined;
  const order = desk.orders.of(free.positionId).findLast(({ exitReason, fills }) => {
    return fills.length > 0 && isOfTheWhole(exitReason);
  });
  if (order === undefined || !isOfTheWhole(order.exitReason)) return undefined;
  const { intent, exitReason: reason, urgency } = order;
  return { close: 'whole', reason, numbers: { goesOnFrom: intent.intentId }, urgency };
}
