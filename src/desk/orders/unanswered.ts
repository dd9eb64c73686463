/**
 * What was asked of a working order and has no answer. A gateway answers each new limit and each cancel,
 * and the order is shown and left as if it would: where nothing comes, the limit counts as where the broker
 * last told it, so that it is asked for again, the cancel is asked for again, and somebody is called. A
 * restart waits anew.
 */

import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { dollarsFromPrice, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { tellOnce } from '../session/told-once.ts';
import type { OrderRecord } from './order-book.ts';
import { sendCancel } from './sending.ts';

/** Longer than a request may take, a lost answer be looked for, and a cancel wait at the exchange. */
const ANSWERED_WITHIN_MICROS = 15 * MICROS_PER_SECOND;
const CODE = 'CHANGE_UNANSWERED';
const KEY = 'unanswered ';

/** What was taken as something else is to go, however often that is refused. */
function isToGo({ cancelRequested, mistaken }: OrderRecord): boolean {
  return cancelRequested || mistaken !== undefined;
}

function isOwed(order: OrderRecord): boolean {
  const { status, limit, brokerLimit } = order;
  return status === 'working' && (isToGo(order) || limit !== brokerLimit);
}

/** Since when what is owed now has been, by the looks before; undefined where it was not. */
function owedSince(order: OrderRecord): EpochMicros | undefined {
  const { owed, brokerLimit } = order;
  const isSame = owed?.isCancel === isToGo(order) && owed.brokerLimit === brokerLimit;
  return isSame && isOwed(order) ? owed.since : undefined;
}

/** Called on the clock, before limits are walked. */
export function watchAnswers(desk: DeskContext): void {
  settleAnswered(desk);
  for (const order of desk.orders.live()) watchAnswer(desk, order);
}

function watchAnswer(desk: DeskContext, order: OrderRecord): void {
  const { wall } = desk.at;
  const since = owedSince(order) ?? wall;
  if (!isOwed(order)) {
    order.owed = undefined;
    return;
  }
  const { brokerLimit } = order;
  const isCancel = isToGo(order);
  const isLate = wall - since >= ANSWERED_WITHIN_MICROS;
  order.owed = { isCancel, brokerLimit, since: isLate ? wall : since };
  if (isLate) askAgain(desk, order);
}

function askAgain(desk: DeskContext, order: OrderRecord): void {
  const { intent, mistaken, limit, brokerLimit } = order;
  const { intentId, purpose } = intent;
  const isCancel = isToGo(order);
  const dollars = (net: Price): string => dollarsFromPrice(net).toFixed(2);
  const cancel =
    mistaken === undefined
      ? 'has not answered its cancel'
      : `took it as something else (${mistaken}) and has not cancelled it`;
  const what = isCancel
    ? cancel
    : `has not answered its new limit of ${dollars(limit)}, and it counts as resting at ${dollars(brokerLimit)}`;
  const severity = !isCancel && purpose === 'open' ? 'warning' : 'critical';
  const text = `order ${intentId}: the broker ${what}; it is asked again: look at it there`;
  tellOnce(desk, `${KEY}${intentId}`, () => desk.out.alert(severity, CODE, text, intentId));
  if (order.cancelRequested) sendCancel(desk, order);
  else if (!isCancel) order.limit = brokerLimit;
}

/** Ends the incidents of orders whose answer came, or is awaited no more. */
function settleAnswered({ day, orders, out }: DeskContext): void {
  for (const told of day.toldOnce) {
    if (!told.startsWith(KEY)) continue;
    const intentId = told.slice(KEY.length);
    const order = orders.get(intentId);
    if (order !== undefined && owedSince(order) !== undefined) continue;
    day.toldOnce.delete(told);
    out.settle('resolve', CODE, `order ${intentId} waits for that answer no more`, intentId);
  }
}
