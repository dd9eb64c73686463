/**
 * Facts from the broker, applied to orders and positions. Every one is journalled first, in the
 * reserve if need be: a fill that no restart knows of would be a position that nobody watches.
 */

import type { BrokerEvent, GatewayEffect, Settlement } from '../broker/order-gateway.ts';
import { unreachable } from '../engine/domain/assert.ts';
import type { JournalledBrokerEvent } from '../engine/domain/audit-record.ts';
import type { OrderStatus } from '../engine/domain/order.ts';
import { addMicros } from '../engine/domain/units.ts';
import type { DeskContext } from './desk-context.ts';
import type { OrderRecord } from './order-book.ts';
import { filledUnits, isFinal } from './order-book.ts';
import { publishOrder } from './order-views.ts';

/** After the broker refused to change an order it is not asked again for this long. */
const REFUSED_CHANGE_PAUSE_MICROS = 10_000_000;

/** Performs what the gateway asked for: its events here, its wires through the shell. */
export function performGateway(desk: DeskContext, effects: readonly GatewayEffect[]): void {
  for (const effect of effects) {
    if (effect.kind === 'event') onBrokerEvent(desk, effect.event);
    else desk.out.push({ kind: 'wire', effect });
  }
}

function journalled(event: BrokerEvent): JournalledBrokerEvent {
  return event.kind === 'fill'
    ? { kind: event.kind, intentId: event.fill.intentId, fill: event.fill }
    : { ...event };
}

function onBrokerEvent(desk: DeskContext, event: BrokerEvent): void {
  if (event.kind === 'connection') return;
  desk.out.append({ kind: 'brokerEvent', event: journalled(event) }, true);
  applyBrokerEvent(desk, event);
}

/** Folds an event into the state. Also used by recovery, which has the event from the journal. */
export function applyBrokerEvent(desk: DeskContext, event: BrokerEvent): void {
  switch (event.kind) {
    case 'accepted': {
      const order = desk.orders.get(event.intentId);
      if (order === undefined) return;
      order.brokerOrderId = event.brokerOrderId;
      advance(desk, order, 'working', undefined);
      return;
    }
    case 'rejected':
      end(desk, event.intentId, 'rejected', event.reason);
      pageRejectedClose(desk, event.intentId, event.reason);
      return;
    case 'unknown':
      onUnknown(desk, event.intentId, event.reason);
      return;
    case 'fill':
      onFill(desk, event);
      return;
    case 'cancelled':
      end(desk, event.intentId, 'cancelled', undefined);
      return;
    case 'expired':
      end(desk, event.intentId, 'expired', 'the session ended');
      return;
    case 'cancelRejected':
      onCancelRejected(desk, event.intentId, event.reason);
      return;
    case 'replaced':
      onReplaced(desk, event.intentId, event);
      return;
    case 'settlement':
      onSettlement(desk, event.settlement);
      return;
    case 'connection':
      return;
    default:
      unreachable(event);
  }
}

function advance(
  desk: DeskContext,
  order: OrderRecord,
  status: OrderStatus,
  reason: string | undefined,
): void {
  if (isFinal(order)) return;
  if (order.status === 'unknown') {
    const evidence = `the broker reported ${status}`;
    desk.out.append({ kind: 'orderResolved', intentId: order.intent.intentId, evidence });
  }
  order.status = status;
  if (reason !== undefined) order.reason = reason;
  order.updatedAt = desk.at;
  publishOrder(desk, order);
}

function end(
  desk: DeskContext,
  intentId: string,
  status: OrderStatus,
  reason: string | undefined,
): void {
  const order = desk.orders.get(intentId);
  if (order !== undefined) advance(desk, order, status, reason);
}

/** A close that the broker rejects leaves a position open that somebody wanted closed. */
function pageRejectedClose(desk: DeskContext, intentId: string, reason: string): void {
  const intent = desk.orders.get(intentId)?.intent;
  if (intent === undefined || intent.purpose === 'open') return;
  const text = `${intent.positionId} stays open: the broker rejected ${intentId}: ${reason}`;
  desk.out.alert('critical', 'CLOSE_REJECTED', text);
}

function onUnknown(desk: DeskContext, intentId: string, reason: string): void {
  const order = desk.orders.get(intentId);
  if (order === undefined || isFinal(order)) return;
  order.status = 'unknown';
  order.reason = reason;
  order.updatedAt = desk.at;
  desk.out.alert('critical', 'ORDER_UNKNOWN', `order ${intentId} has no proven outcome: ${reason}`);
  publishOrder(desk, order);
}

function onFill(desk: DeskContext, event: Extract<BrokerEvent, { kind: 'fill' }>): void {
  const { fill } = event;
  const order = desk.orders.get(fill.intentId);
  if (order === undefined) {
    desk.book.applyExternalFill(fill);
    desk.out.alert('warning', 'EXTERNAL_FILL', `a fill this engine did not order: ${fill.fillId}`);
    return;
  }
  if (order.fills.some((known) => known.fillId === fill.fillId)) return;
  order.fills.push(fill);
  desk.book.applyFill(fill, order.intent);
  const whole = filledUnits(order) === order.intent.quantity;
  advance(desk, order, whole ? 'filled' : 'working', undefined);
  desk.out.push({ kind: 'publish', event: { kind: 'positions' } });
}

/** The broker settles what it holds, and its word counts; what this book lacked of it is paged. */
function onSettlement(desk: DeskContext, settlement: Settlement): void {
  const unheld = desk.book.applySettlement(settlement);
  if (unheld !== 0) {
    const text = `${settlement.settlementId}: the broker held ${unheld} more than this book`;
    desk.out.alert('critical', 'SETTLEMENT_DIFFERS', text);
  }
  desk.out.push({ kind: 'publish', event: { kind: 'positions' } });
}

function onCancelRejected(desk: DeskContext, intentId: string, reason: string): void {
  const order = desk.orders.get(intentId);
  if (order === undefined || isFinal(order)) return;
  order.cancelRequested = false;
  order.limit = order.brokerLimit;
  order.limitStaysUntil = addMicros(desk.at.wall, REFUSED_CHANGE_PAUSE_MICROS);
  order.reason = `cancel refused: ${reason}`;
  order.updatedAt = desk.at;
  publishOrder(desk, order);
}

function onReplaced(
  desk: DeskContext,
  intentId: string,
  event: Extract<BrokerEvent, { kind: 'replaced' }>,
): void {
  const order = desk.orders.get(intentId);
  if (order === undefined || isFinal(order)) return;
  order.limit = event.limit;
  order.brokerLimit = event.limit;
  order.updatedAt = desk.at;
}
