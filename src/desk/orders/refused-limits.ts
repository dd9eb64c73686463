/**
 * Closes whose new limits the broker refuses. One refusal may pass by itself. After several in a row the
 * close would stay at an old price while it counts as under way: somebody is called, and it goes the other
 * way, called back and given anew by whoever wants the position closed. The count follows from the
 * broker's words, which a restart has from the journal.
 */

import { moreUrgent, type Urgency } from '../../engine/domain/exit-choices.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { dollarsFromPrice, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { ownPriceOf } from './closing-floor.ts';
import type { ExitCause } from './exit-cause.ts';
import type { OrderRecord } from './order-book.ts';
import { isClose, isFinal } from './order-book.ts';

const CODE = 'LIMIT_REFUSED';
/** A close that so many new limits in a row were refused is given anew. */
const MOST_IN_A_ROW = 3;
/** Closes that come one after another are of one incident: it ends where none has come for so long. */
const OVER_AFTER_MICROS = 15 * MICROS_PER_SECOND;

/** True for a close that has to be given anew to move at all. */
export function isStuck({ limitRefusals }: OrderRecord): boolean {
  return (limitRefusals?.inARow ?? 0) >= MOST_IN_A_ROW;
}

/** Tells of a close that is stuck: once for its position, also where the next one gets stuck too. */
export function tellStuck(desk: DeskContext, order: OrderRecord): void {
  const { intentId, positionId } = order.intent;
  if (desk.out.isOpen(CODE, positionId)) return;
  const text = `order ${intentId}, which closes ${positionId}, ${restsAt(order)}: ${order.reason ?? 'no reason given'}, ${MOST_IN_A_ROW} times in a row; it is called back and given anew: look at it there`;
  desk.out.alert('critical', CODE, text, positionId);
}

function restsAt({ brokerLimit }: OrderRecord): string {
  return `rests at ${dollarsFromPrice(brokerLimit).toFixed(2)} and is not moved`;
}

/** Why an order that closes the position does not move; undefined where each does. */
export function whyNotMoved({ orders }: DeskContext, positionId: string): string | undefined {
  const order = orders
    .closing(positionId)
    .find(({ limitRefusals }) => (limitRefusals?.inARow ?? 0) > 0);
  if (order === undefined) return undefined;
  return `the broker refused ${order.intent.intentId} a new limit: it ${restsAt(order)}`;
}

/** How much the next close of the position hurries: where no limit is moved, the first has to be one that
 * fills. One for a price of its own pays no more than that. */
export function urgencyAnew(
  { out }: DeskContext,
  positionId: string,
  { urgency, because }: { readonly urgency: Urgency; readonly because?: ExitCause },
): Urgency {
  const hasOwnPrice = ownPriceOf(because?.reason) !== undefined;
  if (hasOwnPrice || !out.isOpen(CODE, positionId)) return urgency;
  return moreUrgent(urgency, 'fast');
}

/** True for a close of its position that was given once the stuck one had ended, for something of what that was to close. What
 * worked beside it says nothing of it. */
function isInPlaceOf(order: OrderRecord, stuck: OrderRecord): boolean {
  if (order === stuck || !isFinal(stuck) || !isClose(order)) return false;
  if (order.createdAt.wall < stuck.updatedAt.wall) return false;
  const symbols = stuck.intent.legs.map(({ instrument }) => instrumentSymbol(instrument));
  return order.intent.legs.some(({ instrument }) => symbols.includes(instrumentSymbol(instrument)));
}

/** True until a close that stands for the stuck one has moved or filled, or none of them works any more nor is
 * given anew. A close goes out at the limit of its intent. */
function isNotMovedYet({ at, orders }: DeskContext, stuck: OrderRecord): boolean {
  const anew = orders.of(stuck.intent.positionId).filter((order) => isInPlaceOf(order, stuck));
  if (anew.some(({ intent, brokerLimit }) => brokerLimit !== intent.limit)) return false;
  const given = [stuck, ...anew];
  if (given.some(({ status }) => status === 'filled')) return false;
  const isRecent = (order: OrderRecord) => at.wall - order.updatedAt.wall < OVER_AFTER_MICROS;
  return given.some((order) => !isFinal(order) || isRecent(order));
}

/** Ends what was told of positions whose closes move again, or that nothing closes any more. Called on the
 * clock. */
export function settleUnstuck(desk: DeskContext): void {
  for (const { code, subject = '' } of desk.out.ofPositions) {
    if (code !== CODE) continue;
    const stuck = desk.orders.of(subject).filter((order) => isClose(order) && isStuck(order));
    if (stuck.some((order) => isNotMovedYet(desk, order))) continue;
    const text = `closes of ${subject} move again, or nothing closes it any more`;
    desk.out.settle('resolve', code, text, subject);
  }
}
