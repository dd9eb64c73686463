/**
 * Restart: the journal's records folded back into orders, positions, spent tokens and the kill latch,
 * before anything else happens. Nothing is sent and nothing is appended here.
 */

import { unreachable } from '../engine/domain/assert.ts';
import type { AuditBody, AuditRecord } from '../engine/domain/audit-record.ts';
import type { OrderIntent } from '../engine/domain/order.ts';
import { type Cents, cents, price, type SessionDate } from '../engine/domain/units.ts';
import { latchRepeats } from './account/governing.ts';
import { payoffOf } from './account/opening-payoff.ts';
import { keepAges, takeStampsAsNow } from './clock-set-back.ts';
import type { DeskContext } from './desk-context.ts';
import type { JournalSummary } from './journal-summary.ts';
import { brokerEventOf } from './journal-summary.ts';
import { adoptOrder } from './orders/adopting.ts';
import { callOff, noteAsked } from './orders/asked-closes.ts';
import { applyBrokerEvent, presumeAbsent } from './orders/broker-events.ts';
import { externalWorstCase } from './orders/external-worst-case.ts';
import { beginFlattening, endFlattened } from './orders/flatten-progress.ts';
import type { OrderRecord } from './orders/order-book.ts';
import { isExternal, newOrder } from './orders/order-book.ts';
import { beginSearch } from './orders/outcome-search.ts';
import { asSent } from './orders/plan-as-filled.ts';
import { rememberOrder } from './orders/recent-orders.ts';
import { movedUrgency, recordedUrgency } from './orders/restored-urgency.ts';
import { restoreWishes } from './orders/restored-wishes.ts';
import { noteCallBack } from './orders/sending.ts';
import type { PreviewShelf } from './previews/preview-shelf.ts';
import { ReplacementFold } from './previews/restored-replacements.ts';
import { restoreDay } from './restored-day.ts';
import { closeBefore, noteClose, recordedPrice } from './session/closing-price.ts';
import { restoreMark, restoreSealedMark } from './session/exercise-mark.ts';
import { UntoldFold } from './untold.ts';

/** Rebuilds the desk's state from the records that it follows from; hands back what the last of them had to
 * tell and did not, and the replacements that were lost with the engine. */
export function recover(desk: DeskContext, shelf: PreviewShelf, past: JournalSummary) {
  const untold = new UntoldFold(past.lastStep);
  const replacements = new ReplacementFold();
  const then: { -readonly [Part in keyof DeskContext]: DeskContext[Part] } = { ...desk };
  let before: AuditRecord['body']['kind'] | undefined;
  let triggered: Triggered | undefined;
  let session: AuditRecord['session'] | undefined;
  for (const record of past.steps) {
    const { body } = record;
    const isBehindCut = before !== undefined && before !== 'engineStopped';
    if (body.kind === 'engineStarted') restoreStart(desk, record, body.broker, isBehindCut);
    if (body.kind !== 'alertDelivered') before = body.kind;
    // What a step leaves gone ends its flatten, as the clock's next look did then.
    if (record.at.wall !== then.at.wall) endFlattened(then);
    then.out = untold.outboxOf(record);
    keepAges(then, record.at);
    then.at = record.at;
    replacements.see(then, record);
    if (record.session !== session) beginSession(then, record.session);
    session = record.session;
    apply(then, shelf, record);
    if (body.kind === 'exitTriggered') triggered = body;
    if (body.kind === 'intentRecorded') triggered = restoreExit(desk, body, triggered);
  }
  keepAges(then, desk.at);
  settleUnsent(desk);
  endFlattened(desk);
  takeStampsAsNow(desk);
  return { untold: untold.alerts(), lost: replacements.lost() };
}

/** What a session forgets when it begins. */
function beginSession(desk: DeskContext, session: SessionDate): void {
  desk.day.goneAt.clear();
  desk.book.startSession(session, closeBefore(desk, session));
  desk.orders.forgetOld(desk.at.market);
}

/** Each run leaves numbers out behind one that was cut off, and so must all that follow it. What the paper
 * broker had told nothing of until then, not even that it took it, was dead from that start on: no record says
 * so but that of the start. */
function restoreStart(
  desk: DeskContext,
  { session, at }: AuditRecord,
  broker: string,
  isBehindCut: boolean,
): void {
  desk.orders.beginRun({ session, wall: at.wall, broker, isBehindCut });
  if (broker !== 'paper') return;
  for (const order of desk.orders.live()) {
    if (!isExternal(order) && order.brokerOrderId === undefined) endAsLost(order);
  }
}

function apply(desk: DeskContext, shelf: PreviewShelf, record: AuditRecord): void {
  const { body } = record;
  switch (body.kind) {
    case 'previewMade':
      restorePreview(desk, shelf, body);
      return;
    case 'intentRecorded':
    case 'orderAdopted':
      restoreOrder(desk, record, body);
      return;
    case 'orderSent':
    case 'sendBlocked':
    case 'repriced':
    case 'orderResolved':
    case 'cancelRequested':
      restoreStep(desk, body);
      return;
    case 'brokerEvent':
      restoreEvent(desk, record);
      return;
    case 'markHeard':
    case 'sessionSealed':
    case 'heldCarried':
    case 'contractCarried':
      restoreClose(desk, record.session, body);
      return;
    case 'exitTriggered':
    case 'planRun':
    case 'planGranted':
    case 'planRevoked':
    case 'alertSet':
    case 'alertFired':
    case 'alertCleared':
      if (record.session === desk.day.session.date) restoreWishes(desk, body);
      return;
    case 'tradingStateChanged':
    case 'flattenRequested':
    case 'trailRaised':
    case 'sideEased':
    case 'killEngaged':
    case 'killReleased':
    case 'limitsInForce':
    case 'alert':
      restoreDay(desk, record.session, body);
      return;
    case 'engineStarted':
    case 'engineStopped':
    case 'auditKeyChanged':
    case 'configChanged':
    case 'buildChanged':
    case 'sessionOpened':
    case 'previewRefused':
    case 'confirmRefused':
    case 'residualAdopted':
    case 'feedOutage':
    case 'reconciled':
    case 'alertDelivered':
      return;
    default:
      unreachable(body);
  }
}

function restorePreview(
  desk: DeskContext,
  shelf: PreviewShelf,
  { previewId, intent }: Extract<AuditBody, { readonly kind: 'previewMade' }>,
): void {
  shelf.seen(previewId);
  desk.orders.seen(intent.intentId);
}

function restoreEvent(desk: DeskContext, record: AuditRecord): void {
  const event = brokerEventOf(record);
  if (event !== undefined) applyBrokerEvent(desk, event);
}

type CloseKind = 'markHeard' | 'sessionSealed' | 'heldCarried' | 'contractCarried';

/** What the underlying ended one day at, by what its options were exercised, and what is held begins the next. */
function restoreClose(
  desk: DeskContext,
  session: SessionDate,
  body: Extract<AuditBody, { readonly kind: CloseKind }>,
): void {
  if (body.kind === 'contractCarried') {
    desk.book.carryContractAt(body.symbol, price(body.mid));
    return;
  }
  const recorded = recordedPrice(desk, body);
  if (body.kind === 'markHeard') {
    restoreMark(desk, session, recorded);
    return;
  }
  if (body.kind === 'heldCarried') {
    if (recorded !== undefined) desk.book.carrySharesAt(recorded);
    return;
  }
  restoreSealedMark(desk, session, recordedPrice(desk, { ...body, spot: body.mark }));
  noteClose(desk, session, recorded);
}

type OrderStep = 'orderSent' | 'sendBlocked' | 'repriced' | 'orderResolved' | 'cancelRequested';

/** What the engine itself did with an order that it had recorded. */
function restoreStep(
  desk: DeskContext,
  body: Extract<AuditRecord['body'], { kind: OrderStep }>,
): void {
  const { intentId } = body;
  switch (body.kind) {
    case 'orderSent':
      update(desk, intentId, { status: 'sending', sentAt: desk.at });
      return;
    case 'sendBlocked':
      update(desk, intentId, { status: 'denied', reason: body.reason });
      return;
    case 'repriced':
      restoreReprice(desk, body);
      return;
    case 'orderResolved':
      restoreResolved(desk, body);
      return;
    case 'cancelRequested':
      restoreCancel(desk, body);
      return;
    default:
      unreachable(body);
  }
}

/** A limit as it was last asked for, how urgently, and the exit plan that was made for it. A better one at the
 * confirm is what the order goes out at. */
function restoreReprice(
  desk: DeskContext,
  body: Extract<AuditRecord['body'], { kind: 'repriced' }>,
): void {
  const { intentId, limit, exitPlan } = body;
  const plan = exitPlan === undefined ? {} : { exitPlan, plannedLimit: price(limit) };
  const urgency = movedUrgency(body);
  const moved = urgency === undefined ? {} : { urgency };
  const isSent = desk.orders.get(intentId)?.sentAt !== undefined;
  const sent = isSent ? {} : { brokerLimit: price(limit) };
  update(desk, intentId, { limit: price(limit), ...sent, ...plan, ...moved });
  const order = desk.orders.get(intentId);
  order?.knownLimits.add(price(limit));
  if (order === undefined || exitPlan === undefined) return;
  order.worstCaseCents = worstCaseOfOpening(desk, asSent(order));
}

/** As it was judged. */
function worstCaseOfOpening(desk: DeskContext, intent: OrderIntent): Cents {
  if (intent.purpose !== 'open') return cents(0);
  return payoffOf(desk, intent).maxLossCents ?? cents(0);
}

/** An order that was never found stays given up. */
function restoreResolved(
  desk: DeskContext,
  { intentId, outcome, evidence }: Extract<AuditRecord['body'], { kind: 'orderResolved' }>,
): void {
  const order = desk.orders.get(intentId);
  if (outcome !== 'absentPresumed' || order === undefined) return;
  presumeAbsent(desk, order, evidence);
}

/** What was called back stays so, and a cancel that took a token has spent it. Somebody else's order is
 * unknown to the gateway before its first picture, so that a cancel of it could not be repeated: what still
 * speaks against it asks anew. */
function restoreCancel(
  desk: DeskContext,
  body: Extract<AuditRecord['body'], { kind: 'cancelRequested' }>,
): void {
  const { intentId, principal, tokenSha256 } = body;
  const order = desk.orders.get(intentId);
  if (order !== undefined) noteCallBack(order, principal, desk.at);
  if (order !== undefined && isExternal(order)) order.cancelRequested = false;
  if (order !== undefined && principal !== 'engine') callOff(desk, order);
  if (tokenSha256 === undefined) return;
  const result = { intentIds: [intentId] };
  desk.tokens.restoreConsumed({ tokenSha256, previewId: '', principal, result });
}

type Recorded = Extract<AuditRecord['body'], { kind: 'intentRecorded' | 'orderAdopted' }>;

function restoreOrder(desk: DeskContext, record: AuditRecord, body: Recorded): void {
  if (body.kind === 'orderAdopted') {
    adoptOrder(desk, body.order);
    return;
  }
  const { intent, orderHash, tokenSha256, previewId } = body;
  const order = newOrder({
    intent,
    orderHash,
    worstCaseCents: worstCaseOfOpening(desk, intent),
    createdAt: record.at,
    tokenSha256,
    intentSeq: record.seq,
    approved: undefined,
    limit: intent.limit,
    urgency: recordedUrgency(desk, intent),
  });
  desk.orders.add(order);
  rememberOrder(desk, order, record.at);
  latchRepeats(desk);
  if (intent.purpose === 'flatten') beginFlattening(desk, intent.positionId);
  if (tokenSha256 !== null) {
    desk.tokens.restoreConsumed({
      tokenSha256,
      previewId: previewId ?? '',
      principal: intent.principal,
      result: { intentIds: [intent.intentId] },
    });
  }
  if (record.session !== desk.day.session.date) return;
  noteAsked(desk, order, body.closesAll === true);
  if (intent.breakoutKey !== undefined) desk.day.breakoutsTaken.push(intent.breakoutKey);
}

type Triggered = Extract<AuditRecord['body'], { kind: 'exitTriggered' }>;

/** The record of an exit stands right before that of its order. */
function restoreExit(
  desk: DeskContext,
  { intent }: Extract<Recorded, { readonly kind: 'intentRecorded' }>,
  triggered: Triggered | undefined,
): undefined {
  const order = desk.orders.get(intent.intentId);
  const isOfIt = intent.purpose === 'exit' && intent.positionId === triggered?.positionId;
  if (order === undefined || !isOfIt) return;
  order.exitReason = triggered.reason;
  order.urgency = recordedUrgency(desk, intent, triggered);
}

function update(desk: DeskContext, intentId: string, change: Partial<OrderRecord>): void {
  const order = desk.orders.get(intentId);
  if (order !== undefined) Object.assign(order, change, { updatedAt: desk.at });
}

/** Ends an order that never reached the paper broker, and counts as none that it took. */
function endAsLost(order: OrderRecord): void {
  order.status = 'cancelled';
  order.reason = 'the paper broker holds no such order after the restart';
  order.sentAt = undefined;
  order.search = undefined;
}

/**
 * Orders whose end the journal does not hold. None is ever picked up and sent again. Each is looked
 * for in the broker's own working orders; where the broker does not list it, its outcome is unknown
 * until evidence comes, even without a record of the send: that record need not have been durable
 * when the order went. The paper broker has no memory but the journal, so there it does not exist.
 */
function settleUnsent(desk: DeskContext): void {
  const working = new Map(
    (desk.gateway.snapshot(desk.at)?.workingOrders ?? []).map((o) => [o.intentId, o]),
  );
  for (const order of desk.orders.live()) {
    const found = working.get(order.intent.intentId);
    if (found !== undefined) {
      order.status = 'working';
      order.brokerOrderId = found.brokerOrderId;
      order.limit = found.limit;
      order.brokerLimit = found.limit;
      if (isExternal(order)) {
        order.worstCaseCents = externalWorstCase(desk, order.intent, found.limit);
      }
      order.sentAt ??= order.createdAt;
      order.workingSince ??= desk.at;
    } else if (!isExternal(order) && desk.gateway.capabilities.name === 'paper') {
      endAsLost(order);
    } else if (!isExternal(order)) {
      order.status = 'unknown';
      order.reason = 'the engine stopped while it was sent; the broker does not list it';
      order.search = beginSearch(desk.at);
    }
  }
}
