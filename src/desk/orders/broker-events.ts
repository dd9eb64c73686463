/**
 * Facts from the broker, applied to orders and positions. Every one is journalled first, in the
 * reserve if need be: a fill that no restart knows of would be a position that nobody watches.
 */

import type {
  BrokerEvent,
  BrokerFact,
  GatewayEffect,
  OrderSearch,
  Settlement,
} from '../../broker/order-gateway.ts';
import { unreachable } from '../../engine/domain/assert.ts';
import type { JournalledBrokerEvent } from '../../engine/domain/audit-record.ts';
import { brokerText, mixedText } from '../../engine/domain/broker-text.ts';
import type { At } from '../../engine/domain/clock.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderStatus } from '../../engine/domain/order.ts';
import { noteGone, withItsRest } from '../account/loss-history.ts';
import type { DeskContext } from '../desk-context.ts';
import { callOff, noteHeld } from './asked-closes.ts';
import { noteRatio, noteTakenFrom } from './being-reported.ts';
import { onCancelRejected, onReplaced, tellFilledWorse } from './change-answers.ts';
import type { Ended } from './ended-closes.ts';
import { noteEnded, withItsDoer } from './ended-closes.ts';
import { noteOthers } from './flatten-progress.ts';
import type { OrderRecord } from './order-book.ts';
import {
  filledUnits,
  isClose,
  isExternal,
  isFinal,
  isWhole,
  isWholeButBusted,
} from './order-book.ts';
import { publishOrder } from './order-views.ts';
import { noteOthersFill, takeOthersFill } from './others-fills.ts';
import { beginSearch, isProvenAbsent, isProvenUnlisted } from './outcome-search.ts';
import { asFilled } from './plan-as-filled.ts';
import { pageRefusedClose } from './refused-closes.ts';
import { settleUnknown } from './unproven.ts';

/** Performs what the gateway asked for: its events here, its wires through the shell. */
export function performGateway(desk: DeskContext, effects: readonly GatewayEffect[]): void {
  for (const effect of effects) {
    if (effect.kind === 'event') onBrokerEvent(desk, effect.event, effect.source);
    else desk.out.push({ kind: 'wire', effect });
  }
}

function journalled(event: BrokerEvent): JournalledBrokerEvent {
  if (event.kind !== 'fill') return { ...event };
  const { kind, fill, ...more } = event;
  return { kind, intentId: fill.intentId, fill, ...more };
}

function onBrokerEvent(desk: DeskContext, event: BrokerEvent, source?: 'snapshot'): void {
  if (event.kind === 'connection') onConnection(desk, event.connected, mixedText(event.detail));
  else if (event.kind === 'unheard') tellUnheard(desk, event);
  else takeEvent(desk, event, source);
  if (event.kind === 'searched') judgeSearch(desk, event.intentId, event.search);
}

/** Journals a fact and makes it part of the books. `source` tells where it was learnt, if not from
 * the broker's own stream. */
export function takeEvent(
  desk: DeskContext,
  event: BrokerFact,
  source?: 'snapshot' | 'operator',
): void {
  const fact = event.kind === 'cancelled' ? withItsDoer(desk, event) : withItsRest(desk, event);
  const told = source === undefined ? journalled(fact) : { ...journalled(fact), source };
  // A dry run is a word and no fact: a failed journal keeps its reserve for those.
  desk.out.append({ kind: 'brokerEvent', event: told }, event.kind !== 'dryRun');
  applyBrokerEvent(desk, fact);
}

/** A stream that was down may have missed anything: its silence proves nothing of that time. */
function onConnection(desk: DeskContext, connected: boolean, detail: string): void {
  if (desk.day.stream.connected === connected) return;
  desk.day.stream = { connected, detail, since: desk.at };
}

/** The two sources of an account differ in what they told, and not in what the books hold: those have it from
 * the list. So it is told, and stops nothing. */
function tellUnheard(
  { out }: DeskContext,
  { intentId, what }: Extract<BrokerEvent, { kind: 'unheard' }>,
): void {
  if (what === undefined) {
    const text = `the broker's stream has told of order ${intentId}, or began anew`;
    out.settle('resolve', 'STREAM_MISSED', text, intentId);
    return;
  }
  const missed = what === 'execution' ? 'an execution' : 'the end';
  const text = `the broker's list shows ${missed} of order ${intentId} that its stream, which is up, has not told: the stream loses messages. The books have it from the list; what else is lost comes with the next one`;
  out.alert('warning', 'STREAM_MISSED', text, intentId);
}

/** What a search came to. Not part of recovery: a restart begins its searches anew. A stream that nobody has told
 * of may still be on its way to its first connection: its silence proves nothing either. */
function judgeSearch(desk: DeskContext, intentId: string, search: OrderSearch): void {
  const order = desk.orders.get(intentId);
  if (order?.search === undefined) return;
  if (search.outcome === 'incomplete') order.search.unread = mixedText(search.evidence);
  else order.search.heardAt = desk.at.wall;
  if (search.outcome !== 'absent') return;
  const { stream } = desk.day;
  const quietSince = stream.connected === true ? stream.since : undefined;
  const isUnlisted = order.intent.purpose !== 'open' && isProvenUnlisted(order.search, search);
  const isSilent = isProvenAbsent(order.search, search, quietSince);
  if (!isSilent && !isUnlisted) return;
  const more = isSilent
    ? 'and its stream was silent'
    : 'ten seconds apart, and so late that no stream had to be heard';
  const evidence = `twice absent from the broker's complete history (${mixedText(search.evidence)}), ${more}`;
  desk.out.append({ kind: 'orderResolved', intentId, evidence, outcome: 'absentPresumed' }, true);
  presumeAbsent(desk, order, evidence);
}

/** An order that is never found is given up: also from the record of it, where a crash came before the page. */
export function presumeAbsent(desk: DeskContext, order: OrderRecord, evidence: string): void {
  const { intentId } = order.intent;
  setStatus(order, 'absentPresumed', evidence, desk.at);
  callOff(desk, order);
  settleUnknown(desk, intentId, evidence);
  const text = `order ${intentId} is presumed absent and is not sent again; a new preview may be made`;
  desk.out.alert('warning', 'ORDER_ABSENT', text, intentId);
  publishOrder(desk, order);
}

/** Folds an event into the state; the broker's own words as they may be shown, while the journal keeps
 * them as they came. Also used by recovery, which has the event from the journal. */
export function applyBrokerEvent(desk: DeskContext, event: BrokerEvent): void {
  switch (event.kind) {
    case 'accepted': {
      const order = desk.orders.get(event.intentId);
      if (order === undefined) return;
      order.brokerOrderId = event.brokerOrderId;
      if (event.warning !== undefined) order.mistaken = brokerText(event.warning);
      advance(desk, order, 'working', undefined);
      return;
    }
    case 'rejected':
      onRejected(desk, event);
      return;
    case 'unknown':
      onUnknown(desk, event.intentId, mixedText(event.reason));
      return;
    case 'fill':
      onFill(desk, event);
      return;
    case 'cancelled':
      end(desk, event, undefined);
      return;
    case 'expired':
      end(desk, event, 'the session ended');
      return;
    case 'cancelRejected':
      onCancelRejected(desk, event);
      return;
    case 'replaced':
      onReplaced(desk, event);
      return;
    case 'settlement':
      onSettlement(desk, event.settlement);
      return;
    case 'busted':
      onBusted(desk, event.intentId, event.fillId, mixedText(event.reason));
      return;
    case 'reopened':
      onReopened(desk, event.intentId, event.brokerOrderId, mixedText(event.reason));
      return;
    case 'dryRun':
      desk.dryRuns.answer(event.intentId, event.dryRun, desk.at.wall);
      return;
    case 'searched':
      onFound(desk, event.intentId, event.search);
      return;
    case 'connection':
    case 'unheard':
    case 'marked':
      return;
    default:
      unreachable(event);
  }
}

function setStatus(
  order: OrderRecord,
  status: OrderStatus,
  reason: string | undefined,
  at: At,
): void {
  order.status = status;
  // What works has been sent, also where the record of that was lost: its limit is walked from there.
  if (status === 'working') {
    order.sentAt ??= order.createdAt;
    order.workingSince ??= at;
  }
  if (reason !== undefined) order.reason = reason;
  order.updatedAt = at;
  order.search = status === 'unknown' ? beginSearch(at) : undefined;
}

/** An end stands, but for one that was only presumed: evidence is stronger. */
function hasEnded(order: OrderRecord): boolean {
  return isFinal(order) && order.status !== 'absentPresumed';
}

function advance(
  desk: DeskContext,
  order: OrderRecord,
  status: OrderStatus,
  reason: string | undefined,
): void {
  if (hasEnded(order)) return;
  if (order.status === 'unknown' || order.status === 'absentPresumed') {
    const { intentId } = order.intent;
    const evidence = `the broker reported ${status}`;
    desk.out.append({ kind: 'orderResolved', intentId, evidence }, true);
    settleUnknown(desk, intentId, evidence);
    if (order.status === 'absentPresumed') {
      const text = `order ${intentId}, presumed absent, is ${status} at the broker`;
      desk.out.alert('critical', 'ORDER_APPEARED', text, intentId);
    }
  }
  setStatus(order, status, reason, desk.at);
  publishOrder(desk, order);
}

/** An order that the broker lists as filled has ended with all that it filled: also where it worked again
 * meanwhile, and where executions were taken back since. While it lived here, the contracts that it lacks could
 * not be closed by another. */
function onFound(desk: DeskContext, intentId: string, search: OrderSearch): void {
  const order = desk.orders.get(intentId);
  if (order === undefined || isFinal(order)) return;
  if (search.outcome !== 'found' || search.standing !== 'filled') return;
  if (isWhole(order)) advance(desk, order, 'filled', undefined);
  else if (isWholeButBusted(order)) {
    advance(desk, order, 'filled', 'filled at the broker, which took executions of it back');
  }
}

function end(desk: DeskContext, event: Ended, reason: string | undefined): void {
  const order = desk.orders.get(event.intentId);
  if (order === undefined) return;
  // A broker tells an end again after each start: what was asked for since stands.
  if (!hasEnded(order)) {
    advance(desk, order, event.kind, reason);
    noteEnded(desk, order, event);
  }
  noteHeld(desk, {});
}

function onRejected(desk: DeskContext, event: Extract<BrokerEvent, { kind: 'rejected' }>): void {
  const order = desk.orders.get(event.intentId);
  if (order === undefined || hasEnded(order)) return;
  order.refusal = event.refusal;
  advance(desk, order, 'rejected', brokerText(event.reason));
  if (desk.out.isHeard) pageRefusedClose(desk, order);
}

function onUnknown(desk: DeskContext, intentId: string, reason: string): void {
  const order = desk.orders.get(intentId);
  if (order === undefined || isFinal(order)) return;
  setStatus(order, 'unknown', reason, desk.at);
  const text = `order ${intentId} has no proven outcome: ${reason}`;
  desk.out.alert('critical', 'ORDER_UNKNOWN', text, intentId);
  publishOrder(desk, order);
}

function onFill(desk: DeskContext, event: Extract<BrokerEvent, { kind: 'fill' }>): void {
  const { fill } = event;
  const order = desk.orders.get(fill.intentId);
  if (desk.book.knows(fill.fillId) || hasFill(order, fill.fillId)) return;
  let takenFrom: readonly string[] = [];
  if (order === undefined || isExternal(order)) {
    takenFrom = desk.book.applyExternalFill(fill);
    const text = `a fill this engine did not order: ${fill.fillId}`;
    desk.out.alert('warning', 'EXTERNAL_FILL', text, fill.fillId);
  } else {
    const fills = [...order.fills, fill];
    takenFrom = desk.book.applyFill(fill, asFilled({ ...order, fills }));
  }
  noteGone(desk, event.leavesUnbid);
  noteOthers(desk, fill, order, takenFrom);
  noteHeld(desk, { fillId: fill.fillId, intent: order?.intent });
  order?.fills.push(fill);
  noteTakenFrom(desk, takenFrom, order);
  if (order === undefined) noteOthersFill(desk, fill);
  if (order === undefined) return;
  const { purpose, strategy } = order.intent;
  if (purpose === 'protective') desk.plan.noteStop(strategy, 'stop at the broker', desk.at.market);
  noteRatio(desk, order);
  const whole = isWhole(order);
  tellOverfill(desk, order);
  if (whole) tellFilledWorse(desk, order);
  if (hasEnded(order)) onLateFill(desk, order, whole);
  else advance(desk, order, whole ? 'filled' : 'working', undefined);
  desk.out.push({ kind: 'publish', event: { kind: 'positions' } });
}

/** Two orders of one intent can trade at once where a replacement wins against fills of what it replaces. */
function tellOverfill(desk: DeskContext, order: OrderRecord): void {
  const { intentId, quantity } = order.intent;
  const filled = filledUnits(order);
  if (filled <= quantity || quantity === 0) return;
  const text = `order ${intentId} was of ${quantity} units and the broker traded ${filled}: what is held counts in every limit and leaves by its plan; close_position takes off what you do not want`;
  desk.out.alert('critical', 'ORDER_OVERFILLED', text, intentId);
}

/** True of an execution of the order that was told before, or taken back: the book forgets it after a
 * session, and a search of days later tells it again. */
function hasFill(order: OrderRecord | undefined, fillId: string): boolean {
  const isIt = (told: Fill): boolean => told.fillId === fillId;
  return order !== undefined && (order.fills.some(isIt) || order.busted.some(isIt));
}

/** A fill can win against a cancel and be told after it: it counts, whatever was said before. One that
 * closes may have taken more than was held. */
function onLateFill(desk: DeskContext, order: OrderRecord, whole: boolean): void {
  const { intentId } = order.intent;
  const text = `order ${intentId} was ${order.status} and has filled after all`;
  const severity = isClose(order) ? 'critical' : 'warning';
  desk.out.alert(severity, 'LATE_FILL', text, intentId);
  if (whole) setStatus(order, 'filled', 'filled after its end was reported', desk.at);
  publishOrder(desk, order);
}

/** What a busted execution bought or sold is as it was before; where its order stands is open. */
function onBusted(desk: DeskContext, intentId: string, fillId: string, reason: string): void {
  const order = desk.orders.get(intentId);
  const index = order?.fills.findIndex((fill) => fill.fillId === fillId) ?? -1;
  const [own] = index < 0 ? [] : (order?.fills.splice(index, 1) ?? []);
  const fill = own ?? takeOthersFill(desk, fillId);
  if (fill === undefined) return;
  const isOthers = order === undefined || isExternal(order);
  if (isOthers) desk.book.bustExternalFill(fill);
  else {
    const opening = desk.orders.get(order.intent.positionId);
    desk.book.bustFill(fill, order.intent, opening === undefined ? undefined : asFilled(opening));
  }
  noteGone(desk);
  noteOthers(desk, fill, order, 'busted');
  noteHeld(desk, { fillId, isBust: true });
  if (order !== undefined && own !== undefined) {
    order.busted.push(own);
    noteRatio(desk, order);
    if (order.status === 'filled')
      setStatus(order, 'unknown', `fill ${fillId} was busted`, desk.at);
    publishOrder(desk, order);
  }
  const where = isOthers ? instrumentSymbol(fill.instrument) : order.intent.positionId;
  const text = `the broker took back fill ${fillId} of order ${intentId} (${reason}): look at ${where}`;
  desk.out.alert('critical', 'TRADE_BUSTED', text, fillId);
  desk.out.push({ kind: 'publish', event: { kind: 'positions' } });
}

function onReopened(
  desk: DeskContext,
  intentId: string,
  brokerOrderId: string,
  reason: string,
): void {
  const order = desk.orders.get(intentId);
  if (order === undefined || order.status === 'working') return;
  const text = `order ${intentId} was ${order.status} and works again at the broker: ${reason}`;
  desk.out.alert('critical', 'ORDER_REOPENED', text, intentId);
  if (order.status === 'unknown') settleUnknown(desk, intentId, 'it works again at the broker');
  order.brokerOrderId = brokerOrderId;
  order.workingSince = desk.at;
  order.cancelRequested = false;
  setStatus(order, 'working', reason, desk.at);
  publishOrder(desk, order);
}

/** The broker settles what it holds, and its word counts; what this book lacked of it is paged. */
function onSettlement(desk: DeskContext, settlement: Settlement): void {
  const unheld = desk.book.applySettlement(settlement);
  noteGone(desk);
  noteHeld(desk, {});
  if (unheld !== 0) {
    const text = `${settlement.settlementId}: the broker held ${unheld} more than this book`;
    desk.out.alert('critical', 'SETTLEMENT_DIFFERS', text, settlement.settlementId);
  }
  desk.out.push({ kind: 'publish', event: { kind: 'positions' } });
}
