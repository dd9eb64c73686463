/**
 * What was asked of a working order and has no answer. A gateway answers each new limit and each cancel,
 * and the order is shown and left as if it would: where nothing comes, the limit counts as where the broker
 * last told it, so that it is asked for again, the cancel is asked for again, and somebody is called: also
 * for a cancel that is refused each time that it is asked for. A restart waits anew. Somebody is called too
 * for a close whose new limits all end without a word of the broker's: nothing is proven, so it stays where
 * it is. Since when that is so follows from what is journalled, so that a restart goes on waiting; a market
 * that wants no further limit meanwhile brings no word.
 */

import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { addMicros, dollarsFromPrice, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { tellOnce } from '../session/told-once.ts';
import type { OrderRecord } from './order-book.ts';
import { isCalledBack, isClose } from './order-book.ts';
import { sendCancel } from './sending.ts';

/** Longer than a request may take, a lost answer be looked for, and a cancel wait at the exchange. */
const ANSWERED_WITHIN_MICROS = 15 * MICROS_PER_SECOND;
/** A refused cancel that is wanted still is asked for again so soon after its pause. */
const ASKED_AGAIN_WITHIN_MICROS = 2 * MICROS_PER_SECOND;
const CODE = 'CHANGE_UNANSWERED';
const KEY = 'unanswered ';

/** True for an order whose cancel waits for its answer, or was refused and is asked for again. One that was
 * called back for a reason that is over, or is let work, is asked for no more. */
function isToGo({ at }: DeskContext, order: OrderRecord): boolean {
  if (order.cancelRequested) return true;
  const { cancelAgainAt } = order;
  if (!isCalledBack(order) || cancelAgainAt === undefined) return false;
  return at.wall <= addMicros(cancelAgainAt, ASKED_AGAIN_WITHIN_MICROS);
}

function isOwed(desk: DeskContext, order: OrderRecord): boolean {
  const { status, limit, brokerLimit } = order;
  return status === 'working' && (isToGo(desk, order) || limit !== brokerLimit);
}

/** Since when what is owed now has been, by the looks before; undefined where it was not. */
function owedSince(desk: DeskContext, order: OrderRecord): EpochMicros | undefined {
  const { owed, brokerLimit } = order;
  const isSame = owed?.isCancel === isToGo(desk, order) && owed.brokerLimit === brokerLimit;
  return isSame && isOwed(desk, order) ? owed.since : undefined;
}

/** True for a close of which the broker has said nothing to any new limit for so long as to be told. */
function isWordless({ at }: DeskContext, order: OrderRecord): boolean {
  const { status, limitRefusals } = order;
  if (status !== 'working' || !isClose(order)) return false;
  const since = limitRefusals?.wordless?.since ?? at.wall;
  return at.wall - since >= ANSWERED_WITHIN_MICROS;
}

/** Called on the clock, before limits are walked. */
export function watchAnswers(desk: DeskContext): void {
  settleAnswered(desk);
  for (const order of desk.orders.live()) watchAnswer(desk, order);
}

function watchAnswer(desk: DeskContext, order: OrderRecord): void {
  if (isWordless(desk, order)) tellWordless(desk, order);
  const { wall } = desk.at;
  const since = owedSince(desk, order) ?? wall;
  if (!isOwed(desk, order)) {
    order.owed = undefined;
    return;
  }
  const { brokerLimit } = order;
  const isCancel = isToGo(desk, order);
  const isLate = wall - since >= ANSWERED_WITHIN_MICROS;
  order.owed = { isCancel, brokerLimit, since: isLate ? wall : since };
  if (isLate) askAgain(desk, order);
}

function tellWordless(desk: DeskContext, { intent, brokerLimit, reason }: OrderRecord): void {
  const { intentId } = intent;
  const at = dollarsFromPrice(brokerLimit).toFixed(2);
  const text = `order ${intentId}: the broker has said nothing to its new limits, and it counts as resting at ${at}: ${reason ?? 'no reason given'}; it is asked again as the market moves: look at it there`;
  tellOnce(desk, `${KEY}${intentId}`, () => desk.out.alert('critical', CODE, text, intentId));
}

/** What has become of the cancel of an order. */
function unanswered({ mistaken, cancelRefusals }: OrderRecord): string {
  if (mistaken !== undefined) {
    return `took it as something else (${mistaken}) and has not cancelled it`;
  }
  return cancelRefusals > 0 ? 'refuses to cancel it' : 'has not answered its cancel';
}

function askAgain(desk: DeskContext, order: OrderRecord): void {
  const { intent, limit, brokerLimit } = order;
  const { intentId, purpose } = intent;
  const isCancel = isToGo(desk, order);
  const dollars = (net: Price): string => dollarsFromPrice(net).toFixed(2);
  const what = isCancel
    ? unanswered(order)
    : `has not answered its new limit of ${dollars(limit)}, and it counts as resting at ${dollars(brokerLimit)}`;
  const severity = !isCancel && purpose === 'open' ? 'warning' : 'critical';
  const text = `order ${intentId}: the broker ${what}; it is asked again: look at it there`;
  tellOnce(desk, `${KEY}${intentId}`, () => desk.out.alert(severity, CODE, text, intentId));
  if (order.cancelRequested) sendCancel(desk, order);
  else if (!isCancel) order.limit = brokerLimit;
}

/** Ends the incidents of orders whose answer came, or is awaited no more. */
function settleAnswered(desk: DeskContext): void {
  const { day, orders, out } = desk;
  for (const told of day.toldOnce) {
    if (!told.startsWith(KEY)) continue;
    const intentId = told.slice(KEY.length);
    const order = orders.get(intentId);
    const isOpen = order && (owedSince(desk, order) !== undefined || isWordless(desk, order));
    if (isOpen === true) continue;
    day.toldOnce.delete(told);
    out.settle('resolve', CODE, `order ${intentId} waits for that answer no more`, intentId);
  }
}
