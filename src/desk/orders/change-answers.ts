/** What the broker answers to a cancel or to a new limit, applied to its order. */

import { isMovedByCancel } from '../../broker/moved-by-cancel.ts';
import type { BrokerEvent, NoWord } from '../../broker/order-gateway.ts';
import { brokerText } from '../../engine/domain/broker-text.ts';
import { gridOf } from '../../engine/domain/instrument.ts';
import { shareQuantity } from '../../engine/domain/share-quantity.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { addMicros, dollarsFromPrice, price } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { externalWorstCase } from './external-worst-case.ts';
import type { WordlessLimits } from './limit-changes.ts';
import type { OrderRecord } from './order-book.ts';
import {
  averageFillNet,
  filledUnits,
  isClose,
  isExternal,
  isFinal,
  isUneven,
} from './order-book.ts';
import { publishOrder } from './order-views.ts';

/** After the broker refused a cancel, in its own words or because it is asked too often, the engine asks
 * again no sooner. */
const REFUSED_CANCEL_PAUSE_MICROS = 1_000_000;

/** What became of a change of which the broker said no word. */
const BECAME: Readonly<Record<NoWord, string>> = { unsent: 'not sent', unproven: 'not proven' };

/** A word against a new limit says nothing of cancels, nor one against a cancel of limits. */
export function onCancelRejected(
  desk: DeskContext,
  { intentId, reason, refusal }: Extract<BrokerEvent, { kind: 'cancelRejected' }>,
): void {
  const order = desk.orders.get(intentId);
  if (order === undefined || isFinal(order)) return;
  const { wall } = desk.at;
  const isOfCancel = order.cancelRequested;
  if (isOfCancel) order.cancelRefusals += 1;
  else noteLimitRefused(desk, order, refusal);
  if (isOfCancel || (refusal !== 'unsent' && isMoving(desk, order))) {
    order.cancelAgainAt = addMicros(wall, REFUSED_CANCEL_PAUSE_MICROS);
  }
  order.cancelRequested = false;
  order.limit = order.brokerLimit;
  const became = refusal === undefined ? 'refused' : BECAME[refusal];
  order.reason = `${isOfCancel ? 'cancel' : 'new limit'} ${became}: ${brokerText(reason)}`;
  // Of a foreign order that the broker lists no more the gateway refuses each: what pictures say of it counts.
  if (!isExternal(order)) order.updatedAt = desk.at;
  publishOrder(desk, order);
}

/** A word against no limit that is asked for, as a second one against one cancel, makes the row no longer, nor
 * does a limit of which the broker said nothing: given anew, the order would lack its way there too. */
function noteLimitRefused(
  { at }: DeskContext,
  order: OrderRecord,
  noWord: NoWord | undefined,
): void {
  const { limit, brokerLimit, limitRefusals } = order;
  const isCounted = noWord === undefined && limit !== brokerLimit;
  const inARow = (limitRefusals?.inARow ?? 0) + (isCounted ? 1 : 0);
  const wordless = noWord === undefined ? undefined : wordlessWith(order, noWord, at.wall);
  order.limitRefusals = { inARow, wall: at.wall, wordless };
}

/** An answer that got lost says nothing of a limit that the broker has told meanwhile. */
function wordlessWith(
  { limit, brokerLimit, limitRefusals }: OrderRecord,
  noWord: NoWord,
  wall: EpochMicros,
): WordlessLimits | undefined {
  const before = limitRefusals?.wordless;
  if (before === undefined && limit === brokerLimit) return undefined;
  const mayBeTaken = before?.mayBeTaken === true || noWord === 'unproven';
  return { since: before?.since ?? wall, mayBeTaken };
}

/** True of a close whose new limit came by a cancel: one that was sent may be on its way still, and end it. */
function isMoving({ gateway }: DeskContext, order: OrderRecord): boolean {
  return (
    isClose(order) && isMovedByCancel(order.intent, order.fills.length > 0, gateway.capabilities)
  );
}

export function onReplaced(
  desk: DeskContext,
  { intentId, limit, remaining = 0 }: Extract<BrokerEvent, { kind: 'replaced' }>,
): void {
  const order = desk.orders.get(intentId);
  if (order === undefined || isFinal(order)) return;
  order.limit = limit;
  order.brokerLimit = limit;
  order.limitRefusals = undefined;
  order.updatedAt = desk.at;
  if (!isExternal(order)) {
    tellMoved(desk, order);
    return;
  }
  // Its units count from its adoption on, as its executions do.
  if (remaining > 0) {
    const quantity = shareQuantity(filledUnits(order) + remaining);
    order.intent = { ...order.intent, quantity };
  }
  order.worstCaseCents = externalWorstCase(desk, order.intent, limit);
}

/** Somebody gave an order of this engine a limit that it never asked for, at another screen: both sources show
 * the same one then, so that no comparison of them finds it. */
function tellMoved({ out }: DeskContext, { intent, limit, knownLimits }: OrderRecord): void {
  if (knownLimits.has(limit)) return;
  knownLimits.add(limit);
  const { intentId, purpose } = intent;
  const next =
    purpose === 'protective'
      ? 'it guards at that one now, and the engine watches its own stop on'
      : 'the engine moves it on by its own ladder; to end it cancel it, and to leave at once flatten';
  const text = `order ${intentId} was moved to a net of ${dollars(limit)}, which is in no record here: at another screen, or in the moment of a crash; ${next}`;
  out.alert('critical', 'ORDER_MOVED', text, intentId);
}

/** Tells of an order of this engine that has filled at worse than all that was ever asked for: one that is moved at
 * another screen and fills at once is never seen at its new limit. */
export function tellFilledWorse({ out }: DeskContext, order: OrderRecord): void {
  const { intent, knownLimits } = order;
  const isOwn = !isExternal(order) && !isUneven(order);
  const net = isOwn ? averageFillNet(order) : undefined;
  const least = Math.min(...knownLimits);
  if (net === undefined || net >= least - gridOf(intent.legs).step) return;
  const { intentId } = intent;
  const text = `order ${intentId} filled at a net of ${dollars(net)}, and ${dollars(price(least))} is the worst that was asked for: its limit was moved at another screen, or in the moment of a crash, or the broker filled it wrongly. What is held counts at what it cost, and leaves by its plan`;
  out.alert('critical', 'FILLED_WORSE', text, intentId);
}

function dollars(net: Price): string {
  return dollarsFromPrice(net).toFixed(2);
}
