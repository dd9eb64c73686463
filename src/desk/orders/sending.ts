/**
 * From an approved order to the broker: journal first, then clearance from the kill word, then one
 * submit. Nothing here sends twice: a submit happens on the one step that clears a recorded intent.
 */

import { assert } from '../../engine/domain/assert.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { Urgency } from '../../engine/domain/exit-choices.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import { cents, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { orderHash } from '../../risk/order-hash.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Judgement } from '../previews/judging.ts';
import { quoteSnapshot } from '../previews/judging.ts';
import { tellOnce } from '../session/told-once.ts';
import { callOff, isStillAsked, noteAsked, standInsOf } from './asked-closes.ts';
import { performGateway } from './broker-events.ts';
import { isCovered } from './close-cover.ts';
import { sellsCover } from './long-cover.ts';
import type { OrderRecord } from './order-book.ts';
import { isCalledBackByPerson, isClose, isExternal, isFinal, newOrder } from './order-book.ts';
import { publishOrder } from './order-views.ts';
import { newestStop } from './protection.ts';
import { rememberOrder } from './recent-orders.ts';

/** A close that waits this long for the end of its position's stop is paged. */
const STUCK_AFTER_MICROS = 5 * MICROS_PER_SECOND;
/** An opening goes out on a judgement that is no older. */
export const JUDGED_FOR_MICROS = 2 * MICROS_PER_SECOND;

/** The incident of a stop whose end the broker does not tell. */
const NOT_RELEASED = 'STOP_NOT_RELEASED';

/** Why a close is called back whose position is gone, or a part of it. */
const UNCOVERED = 'what it closes is not held any more';
const STOPPED = 'the stop at the broker closed the position first';
/** And why one is that sells the cover of an external short. */
const BARES = 'what it sells covers a short that is still open';

/** What an intent is recorded with. */
export interface Authorization {
  readonly tokenSha256: string | null;
  readonly previewId: string | null;
  readonly urgency: Urgency;
  /** Why the engine itself closes. */
  readonly exitReason?: string | undefined;
  /** It closes for somebody who wants all of the position gone. */
  readonly closesAll?: boolean | undefined;
}

/** Journals an approved intent. The record is also the consumption of its token. The approval may
 * carry a better limit than the intent that was previewed, with the exit plan of that: it is sent so,
 * once the record of that too is durable. */
export function recordIntent(
  desk: DeskContext,
  intent: OrderIntent,
  judgement: Judgement,
  authorization: Authorization,
): OrderRecord {
  const { verdict, approved, payoff } = judgement;
  const isOfAll = authorization.closesAll === true;
  assert(approved !== undefined, 'only an approved intent is recorded');
  const recordedSeq = desk.out.append(
    {
      kind: 'intentRecorded',
      intent,
      orderHash: orderHash(intent),
      tokenSha256: authorization.tokenSha256,
      previewId: authorization.previewId,
      checks: verdict.checks,
      quotes: quoteSnapshot(desk, intent),
      limitsVersion: verdict.limitsVersion,
      ...(isOfAll && { closesAll: isOfAll }),
    },
    intent.purpose !== 'open',
  );
  const intentSeq = appendBetter(desk, intent, approved.intent) ?? recordedSeq;
  const order = newOrder({
    intent,
    orderHash: orderHash(intent),
    worstCaseCents: intent.purpose === 'open' ? (payoff.maxLossCents ?? cents(0)) : cents(0),
    createdAt: desk.at,
    tokenSha256: authorization.tokenSha256,
    intentSeq,
    approved,
    limit: approved.intent.limit,
    exitPlan: approved.intent.exitPlan,
    urgency: authorization.urgency,
    exitReason: authorization.exitReason,
  });
  desk.orders.add(order);
  noteAsked(desk, order, isOfAll);
  if (intent.purpose === 'close') {
    const text = `${intent.intentId} asks for it again`;
    desk.out.settlePosition(['CLOSE_CANCELLED'], intent.positionId, text);
  }
  rememberOrder(desk, order, desk.at);
  publishOrder(desk, order);
  if (isClose(order)) callBackBefore(desk, intent);
  return order;
}

/** Journals the better limit that an intent goes out at, with the exit plan of what it opens. */
function appendBetter(
  desk: DeskContext,
  { intentId, purpose, limit: previewed }: OrderIntent,
  { limit, exitPlan }: OrderIntent,
): number | undefined {
  if (limit === previewed) return undefined;
  const plan = exitPlan === undefined ? {} : { exitPlan };
  const reason = 'better at confirm';
  const better = { kind: 'repriced', intentId, limit, reason, ...plan } as const;
  return desk.out.append(better, purpose !== 'open');
}

/** What must not work beside a close: the stop of its position at the broker, an opening of that position,
 * whose rest a market that broke the stop would fill, and any other of ours that stands on the other side
 * of one of its contracts. The account would trade with itself, which brokers refuse: the close. */
function callBackBefore(desk: DeskContext, close: OrderIntent): void {
  const stop = desk.orders.protecting(close.positionId);
  if (stop !== undefined) callBackStop(desk, stop);
  for (const order of desk.orders.live()) {
    const { intent } = order;
    if (intent.purpose !== 'open' || isExternal(order) || !isBeside(intent, close)) continue;
    order.reason = whyBehind(close);
    requestCancel(desk, order, 'engine');
  }
}

function whyBehind({ intentId }: OrderIntent): string {
  return `called back before ${intentId}, which closes what it opens`;
}

/** True where the opening must not work beside the close. */
function isBeside(opening: OrderIntent, close: OrderIntent): boolean {
  return opening.positionId === close.positionId || meets(opening, close);
}

/** Why an opening is called back for a close of ours: one that works beside it, or any of its own position,
 * whatever became of that, for what fills behind it opens again what was left. */
export function behindClose({ orders }: DeskContext, opening: OrderRecord): string | undefined {
  const { intent } = opening;
  const close = orders.all().find((order) => {
    const isBefore = !isFinal(order) || order.intent.positionId === intent.positionId;
    return isBefore && isClose(order) && !isExternal(order) && isBeside(intent, order.intent);
  });
  return close === undefined ? undefined : whyBehind(close.intent);
}

/** True where one of the two buys what the other sells. */
function meets(a: OrderIntent, b: OrderIntent): boolean {
  const sides = new Map(
    a.legs.map((leg) => [instrumentSymbol(leg.instrument), legSign(leg.action)]),
  );
  return b.legs.some(({ instrument, action }) => {
    return sides.get(instrumentSymbol(instrument)) === -legSign(action);
  });
}

/** The engine itself calls back a position's stop at the broker, and rests after a refusal: this is asked
 * for on every word of the journal, and each request makes new ones. */
export function callBackStop(desk: DeskContext, stop: OrderRecord): void {
  if (desk.at.wall < (stop.cancelAgainAt ?? 0)) return;
  requestCancel(desk, stop, 'engine');
}

/** Records up to `seq` are durable: their intents may go, once the kill word allows it. The journal
 * may say so twice, the second time late. */
export function onJournalDurable(desk: DeskContext, seq: number): void {
  desk.day.durableSeq = Math.max(desk.day.durableSeq, seq);
  sendRecorded(desk);
}

/** Asks clearance for all that is recorded durably. A close waits until the position's stop at the
 * broker has ended, so that the two never sell the same contracts; it is asked for again on every
 * batch and clock. */
export function sendRecorded(desk: DeskContext): void {
  for (const order of desk.orders.live()) {
    if (order.status !== 'recorded' || order.intentSeq > desk.day.durableSeq) continue;
    if (order.approved !== undefined && mayGo(desk, order)) askClearance(desk, order);
  }
}

function askClearance(desk: DeskContext, order: OrderRecord): void {
  order.status = 'sending';
  const { intentId, purpose } = order.intent;
  desk.out.push({ kind: 'clearance', intentId, opening: purpose === 'open', act: 'submit' });
}

/** True for an opening whose judgement still counts: a disk that stood still for longer ends it. */
function isJudgedLately(desk: DeskContext, order: OrderRecord): boolean {
  if (desk.at.wall - order.createdAt.wall <= JUDGED_FOR_MICROS) return true;
  endUnsent(desk, order, 'its record took too long to reach the disk: preview it again');
  return false;
}

/** False for an opening that was judged too long ago, for a close that waits for the end of the
 * position's stop, and for one whose position that stop or somebody else has closed, or that would sell
 * the cover of a short: such a close is dead. */
function mayGo(desk: DeskContext, order: OrderRecord): boolean {
  const { positionId, purpose } = order.intent;
  if (purpose === 'open') return isJudgedLately(desk, order);
  if (!isClose(order)) return true;
  const stop = desk.orders.protecting(positionId);
  if (stop !== undefined) {
    callBackStop(desk, stop);
    pageStuckStop(desk, order, stop);
    return false;
  }
  const fault = faultOf(desk, order);
  if (fault === undefined) return true;
  endUnsent(desk, order, fault);
  return false;
}

/** True where the newest stop of the position at the broker sold what it covered. */
function hasStopFilled({ orders }: DeskContext, { intent: { positionId } }: OrderRecord): boolean {
  return newestStop(orders, positionId)?.status === 'filled';
}

/** Why a close must not fill any more; undefined where it may. */
function faultOf(desk: DeskContext, close: OrderRecord): string | undefined {
  if (!isCovered(desk, close)) return hasStopFilled(desk, close) ? STOPPED : UNCOVERED;
  return sellsCover(desk, close) ? BARES : undefined;
}

/** A stop whose end the broker does not tell holds up the way out: a person has to look. */
function pageStuckStop(desk: DeskContext, order: OrderRecord, stop: OrderRecord): void {
  const { intentId, positionId } = stop.intent;
  if (desk.at.wall - order.createdAt.wall < STUCK_AFTER_MICROS) return;
  const text = `${positionId} cannot be closed: the broker does not say that its stop ${intentId} has ended`;
  tellOnce(desk, `stuck ${intentId}`, () =>
    desk.out.alert('critical', NOT_RELEASED, text, positionId),
  );
}

/** Tells that a stop has ended after all, whether or not a close waits for it still: the next one of its
 * position may get stuck too, and has to wake somebody. Called before that one is placed. */
export function settleReleased(desk: DeskContext): void {
  for (const { code, subject = '' } of desk.out.ofPositions) {
    if (code !== NOT_RELEASED || desk.orders.protecting(subject) !== undefined) continue;
    desk.out.settle('resolve', code, 'its stop at the broker has ended', subject);
  }
}

/** Calls back every order of ours that the broker took as something else, every close that would take more
 * than is held, for a fill of it would open the position the other way round, and every one that would
 * leave a short bare. Called after the broker's words and on the clock, which asks again where the broker
 * refused. */
export function callBackFaulty(desk: DeskContext): void {
  for (const order of desk.orders.live()) {
    if (isExternal(order) || order.cancelRequested) continue;
    if (desk.at.wall < (order.cancelAgainAt ?? 0)) continue;
    const fault = order.mistaken ?? (isClose(order) ? faultOf(desk, order) : undefined);
    if (fault === undefined) continue;
    if (isUnsent(order)) endUnsent(desk, order, fault);
    else {
      order.reason = fault;
      requestCancel(desk, order, 'engine');
    }
  }
}

/** True for a close of what the operator's own flatten takes in. */
function isOfConsole({ day }: DeskContext, order: OrderRecord): boolean {
  return isClose(order) && day.consoleFlattens.has(order.intent.positionId);
}

/**
 * Sends the closes of the operator's own flatten without waiting for the journal, where neither it nor its
 * reserve takes records, or its disk hangs: staying in is the larger risk then. One that goes so is
 * `recorded` no more, so that a journal that answers after all sends it no second time. Called at the end of
 * each step, so that what became a close of it, or free to go, waits for nothing; and by the command itself,
 * whose answer shows what goes.
 */
export function sendUnjournalled(desk: DeskContext): void {
  const { reserveExhausted, journalStalled } = desk.day;
  if (!reserveExhausted && !journalStalled) return;
  for (const order of desk.orders.live()) {
    if (order.status !== 'recorded' || !isOfConsole(desk, order)) continue;
    if (order.approved !== undefined && mayGo(desk, order)) askClearance(desk, order);
  }
}

/** The kill word allowed it: the one submit of this intent. */
export function onCleared(desk: DeskContext, intentId: string): void {
  const order = desk.orders.get(intentId);
  if (order?.status !== 'sending' || order.sentAt !== undefined) return;
  assert(order.approved !== undefined, 'a recorded intent holds its approval');
  order.sentAt = desk.at;
  order.updatedAt = desk.at;
  desk.out.append({ kind: 'orderSent', intentId }, order.intent.purpose !== 'open');
  desk.messages.note('submit', desk.at.wall);
  performGateway(desk, desk.gateway.submit(order.approved, desk.at));
}

/** The kill word stood in the way: the intent is dead, nothing was sent. */
export function onBlockedByKill(desk: DeskContext, intentId: string): void {
  const order = desk.orders.get(intentId);
  if (order?.status !== 'sending' || order.sentAt !== undefined) return;
  endUnsent(desk, order, 'blocked by the kill switch before it was sent');
}

/** True while it is certain that the order has not gone out. */
function isUnsent(order: OrderRecord): boolean {
  const isWaiting = order.status === 'recorded' || order.status === 'sending';
  return isWaiting && order.sentAt === undefined;
}

/** Ends an intent that was never sent. */
export function endUnsent(desk: DeskContext, order: OrderRecord, reason: string): void {
  assert(order.sentAt === undefined, 'an unsent order has no time of sending');
  order.status = 'denied';
  order.reason = reason;
  order.updatedAt = desk.at;
  desk.out.append({ kind: 'sendBlocked', intentId: order.intent.intentId, reason }, true);
  publishOrder(desk, order);
}

/** The journal broke: openings die unsent; exits wait for the reserve's word, if it can still give it. What
 * the operator flattens waits for neither. */
export function onJournalFailed(
  desk: DeskContext,
  reason: string,
  reserveExhausted: boolean,
): void {
  desk.day.journalHealthy = false;
  desk.day.reserveExhausted = reserveExhausted;
  for (const order of desk.orders.live()) {
    if (!isUnsent(order) || isOfConsole(desk, order)) continue;
    if (order.intent.purpose === 'open' || reserveExhausted) {
      endUnsent(desk, order, `the journal cannot record it: ${reason}`);
    }
  }
}

/** Asks the broker to cancel, once. A person's cancel ends what a trader asked for by the order too, also
 * where the order itself has ended already, and with it the orders by which the engine goes on with that. It
 * is recorded also where the engine's own is on its way: what made that one may be over when it is refused. */
export function requestCancel(
  desk: DeskContext,
  order: OrderRecord,
  principal: string,
  tokenSha256?: string,
): void {
  const isByPerson = principal !== 'engine';
  const isDone = order.cancelRequested || isFinal(order);
  const isCalledOff = isByPerson && isStillAsked(desk, order);
  const isNews = isByPerson && !isFinal(order) && !isCalledBackByPerson(order);
  if (isDone && !isCalledOff && !isNews) return;
  noteCallBack(order, principal, desk.at);
  const { intentId } = order.intent;
  const token = tokenSha256 === undefined ? {} : { tokenSha256 };
  desk.out.append({ kind: 'cancelRequested', intentId, principal, ...token }, true);
  if (isCalledOff) {
    callOff(desk, order);
    for (const each of standInsOf(desk, order)) requestCancel(desk, each, principal);
  }
  if (isDone) return;
  if (isUnsent(order)) {
    endUnsent(desk, order, 'cancelled before it was sent');
    return;
  }
  sendCancel(desk, order);
}

/** Sends a cancel whose record stands. Once more does no harm. */
export function sendCancel(desk: DeskContext, { intent }: OrderRecord): void {
  desk.messages.note('cancel', desk.at.wall);
  performGateway(desk, desk.gateway.cancel(intent.intentId, desk.at));
}

/** Enters that an order was called back: also from its record, after a restart. A person's word stays until
 * the order has ended or works on for a later one, whatever the engine calls it back for meanwhile. */
export function noteCallBack(order: OrderRecord, principal: string, { wall }: At): void {
  order.cancelRequested = true;
  if (!isCalledBackByPerson(order)) order.calledBackAt = wall;
  if (principal !== 'engine' || !isCalledBackByPerson(order)) order.calledBackBy = principal;
}

/** Asks once more for every cancel that was asked for and not answered before a restart: it may have gone
 * down with the run before, and no harm is done twice. Its record stands in the journal. The gateway holds
 * it until the broker tells of the order. */
export function repeatCancels(desk: DeskContext): void {
  for (const order of desk.orders.live()) if (order.cancelRequested) sendCancel(desk, order);
}
