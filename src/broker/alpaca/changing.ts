/**
 * Sending, cancelling and moving orders. One POST for each order that there is to be; what its answer
 * does not prove is unknown. Core thread only.
 */

import type { At } from '../../engine/domain/clock.ts';
import { isOpening } from '../../engine/domain/order.ts';
import type { Price } from '../../engine/domain/units.ts';
import { addMicros } from '../../engine/domain/units.ts';
import type { ApprovedOrder } from '../approved-order.ts';
import { isMovedByCancel } from '../moved-by-cancel.ts';
import { isPastCutoff, LAST_MOVE_MICROS } from '../order-cutoff.ts';
import { sendOutcome } from '../order-gateway.ts';
import type { Turn } from '../request-pacer.ts';
import type { WireAnswer } from '../wire-requests.ts';
import { bodyOf, isUnsent, noWordIn } from '../wire-requests.ts';
import { limitText, orderBody, unitsPerUnit } from './order-body.ts';
import type { Change, LineOrder, OrderLine } from './order-line.ts';
import {
  addOrder,
  isOversized,
  isWaiting,
  lastOrder,
  liveOrder,
  newLine,
  newOrder,
  nextClientId,
  touchedUnits,
  untouchedUnits,
} from './order-line.ts';
import { takeOrder } from './order-news.ts';
import type { AlpacaWorld } from './order-world.ts';
import { ask, readLater, refuseChange, reject, tell, tellLimit } from './order-world.ts';
import { refusalKind } from './refusal-kind.ts';
import { hasEnded, isDuplicate, parseJson, readOrder, refusalText } from './wire-order.ts';

/** A cancel or change that nothing is heard of is looked at after this long. */
const LOOK_MILLIS = 1_500;
const LOOK_SOON_MILLIS = 250;
const MOST_CANCEL_TRIES = 4;
/** Cancels that are taken have longer to show in the order, and no end of them is without a word. */
const MOST_MOVE_TRIES = 8;
/** A broker that refuses cancels, or fails at them, is asked less and less often: the account's requests are
 * few, and other ways out need them. */
const MOST_LOOK_MILLIS = 8_000;

type ChangeOf<Kind extends Change['kind']> = Extract<Change, { readonly kind: Kind }>;

/** What closes may use every request there is. Moving it leaves some of them to other ways out. */
export function turnOf({ intent }: OrderLine): Turn {
  return intent.legs.some(({ action }) => isOpening(action)) ? 'entry' : 'exit';
}

function isForClosing(line: OrderLine): boolean {
  return turnOf(line) === 'exit';
}

/** The one send of an intent. An intent that was sent before is not sent again. */
export function submit(world: AlpacaWorld, order: ApprovedOrder): void {
  const { intent } = order;
  const known = world.lines.get(intent.intentId);
  if (known !== undefined && known.orders.length > 0) return;
  const line = newLine(intent);
  world.lines.add(line);
  if (intent.stopTrigger !== undefined) {
    reject(world, line, 'stop orders are not used at Alpaca: nothing was sent');
    return;
  }
  const units = intent.quantity * unitsPerUnit(intent);
  post(world, line, { units, limit: intent.limit, turn: turnOf(line) });
}

function post(
  world: AlpacaWorld,
  line: OrderLine,
  { units, limit, turn }: { units: number; limit: Price; turn: Turn },
): void {
  const clientId = nextClientId(line);
  const order = newOrder(clientId, units, limit);
  addOrder(line, order);
  world.changes += 1;
  const body = orderBody(line.intent, { clientId, units, limit });
  const call = { turn, method: 'POST', path: '/v2/orders', body } as const;
  ask(world, call, (answer) => onPosted(world, line, order, answer));
}

function onPosted(world: AlpacaWorld, line: OrderLine, order: LineOrder, answer: WireAnswer): void {
  if (order.id !== undefined) return;
  const { intentId } = line;
  const outcome = sendOutcome(answer, world.capabilities);
  const wire = readOrder(parseJson(bodyOf(answer) ?? ''));
  if (outcome === 'accepted' && wire !== undefined && takeOrder(world, wire) === line) return;
  const reason = reasonOf(answer);
  const isTaken = answer.kind === 'httpResponse' && isDuplicate(answer.status, answer.body);
  if (outcome === 'rejected' && !isTaken) {
    order.status = 'rejected';
    reject(world, line, reason, refusalKind(world, line.intent, answer));
    return;
  }
  world.changes += 1;
  tell(world, { kind: 'unknown', intentId, reason });
}

function reasonOf(answer: WireAnswer): string {
  return answer.kind === 'httpFailed' ? answer.reason : refusalText(answer.status, answer.body);
}

/** Asks for a cancel; the broker's own word ends the order. */
export function cancel(world: AlpacaWorld, intentId: string): void {
  const line = world.lines.get(intentId);
  const order = line === undefined ? undefined : liveOrder(line);
  if (line === undefined || line.end !== undefined) {
    const reason = line === undefined ? 'no such order' : `it is ${line.end}`;
    tell(world, { kind: 'cancelRejected', intentId, reason });
    return;
  }
  line.next = undefined;
  if (line.change?.kind === 'move' && line.change.phase === 'cancelling') {
    line.change = { kind: 'cancel', tries: 1, orderId: order?.id };
    return;
  }
  if (order === undefined || line.change?.kind === 'move') {
    line.wantsCancel = true;
    return;
  }
  beginCancel(world, line, order);
}

function beginCancel(world: AlpacaWorld, line: OrderLine, order: LineOrder): void {
  line.change = { kind: 'cancel', tries: 0, orderId: order.id };
  sendCancel(world, line, order);
}

/** How long after a cancel that came to nothing its order is looked at. */
function lookAgainMillis({ vainCancels }: LineOrder): number {
  return Math.min(LOOK_SOON_MILLIS * 2 ** Math.max(0, vainCancels - 2), MOST_LOOK_MILLIS);
}

function sendCancel(world: AlpacaWorld, line: OrderLine, order: LineOrder): void {
  const { id } = order;
  if (id === undefined) return;
  if (line.change?.kind === 'cancel') {
    line.change.tries += 1;
    line.change.orderId = id;
  } else if (line.change?.kind === 'move') line.change.tries += 1;
  const { change } = line;
  const turn = change?.kind === 'move' ? 'move' : 'exit';
  const call = { turn, method: 'DELETE', path: `/v2/orders/${id}` } as const;
  // Taken, refused or unheard: only the order itself tells what became of it.
  ask(world, call, (answer) => {
    if (turn === 'move' && isUnsent(answer)) {
      onMoveUnsent(world, line, change, reasonOf(answer));
      return;
    }
    const isTaken = bodyOf(answer) !== undefined;
    if (isTaken) order.vainCancels = 0;
    else if (!isUnsent(answer)) order.vainCancels += 1;
    readLater(world, id, isTaken ? LOOK_MILLIS : lookAgainMillis(order));
  });
}

/** There was no turn for a move, or no way to the broker: the order stays where it is. A cancel that came
 * meanwhile relied on it, and goes out by itself. */
function onMoveUnsent(
  world: AlpacaWorld,
  line: OrderLine,
  change: Change | undefined,
  reason: string,
): void {
  const live = liveOrder(line);
  if (line.end !== undefined) return;
  if (line.change === change) refuseChange(world, line, reason, 'unsent');
  else if (line.change?.kind === 'cancel' && live !== undefined) sendCancel(world, line, live);
}

/** Moves the limit of a working order. */
export function reprice(world: AlpacaWorld, approved: ApprovedOrder): void {
  const { intentId } = approved.intent;
  const line = world.lines.get(intentId);
  if (line === undefined || line.end !== undefined || lastOrder(line) === undefined) {
    if (line?.end !== undefined) {
      tell(world, { kind: 'cancelRejected', intentId, reason: `it is ${line.end}` });
    } else {
      const reason = 'the order is not known here yet';
      tell(world, { kind: 'cancelRejected', intentId, reason, refusal: 'unsent' });
    }
    return;
  }
  const { change } = line;
  if (change?.kind === 'cancel') {
    const reason = 'it is being cancelled';
    tell(world, { kind: 'cancelRejected', intentId, reason, refusal: 'unsent' });
  } else if (change?.kind === 'move' && change.phase === 'cancelling') change.order = approved;
  else if (change === undefined) beginChange(world, line, approved);
  else line.next = approved;
}

const KEPT = 'the broker keeps it working';
const LATE = 'the broker takes no order in a moment: nothing could take its place';

/** True where the new order of a move might come after the last one that the broker takes today. */
function isLateToMove(world: AlpacaWorld, { intent }: OrderLine): boolean {
  const { at, session, capabilities } = world;
  const posted = addMicros(at.market, LAST_MOVE_MICROS);
  return session !== undefined && isPastCutoff(intent.legs, posted, session, capabilities);
}

function beginChange(world: AlpacaWorld, line: OrderLine, order: ApprovedOrder): void {
  const live = liveOrder(line);
  if (live === undefined) {
    line.next = order;
    return;
  }
  if (limitText(line.intent, order.intent.limit) === limitText(line.intent, live.limit)) {
    tellLimit(world, line, live.limit);
    return;
  }
  const hasFilled = touchedUnits(line, live) > 0;
  if (hasFilled && !isForClosing(line)) {
    const reason = 'an opening that filled in part is not moved at Alpaca: cancel it instead';
    refuseChange(world, line, reason);
    return;
  }
  const needsMove =
    isForClosing(line) && isMovedByCancel(line.intent, hasFilled, world.capabilities);
  if (needsMove && isLateToMove(world, line)) refuseChange(world, line, LATE, 'unsent');
  else if (needsMove) {
    line.change = { kind: 'move', order, phase: 'cancelling', tries: 0 };
    sendCancel(world, line, live);
  } else {
    line.change = { kind: 'amend', order, sentAs: undefined, answeredAt: undefined };
    sendChange(world, line);
  }
}

/** Goes on with a change as far as the state of the order lets it. Called after every news of it. */
export function sendChange(world: AlpacaWorld, line: OrderLine): void {
  if (line.end !== undefined) return;
  const live = liveOrder(line);
  const { change } = line;
  if (live !== undefined && mustGo(line, live)) {
    line.wantsCancel = false;
    beginCancel(world, line, live);
  } else if (change?.kind === 'amend') goOnAmending(world, line, change);
  else if (change?.kind === 'move' && live === undefined) goOnMoving(world, line, change);
  else if (change === undefined && line.next !== undefined && live !== undefined) {
    const { next } = line;
    line.next = undefined;
    beginChange(world, line, next);
  }
}

/** True for an order that is to be cancelled and was not asked to: of a cancel that came too early or
 * met another order of the line, and of one that could fill more than was meant. */
function mustGo(line: OrderLine, live: LineOrder): boolean {
  const { change } = line;
  if (change?.kind === 'cancel') return change.orderId !== live.id;
  return line.wantsCancel || isOversized(line);
}

/** An amendment that was taken may come to nothing yet: then the old order works on. */
function goOnAmending(world: AlpacaWorld, line: OrderLine, change: ChangeOf<'amend'>): void {
  const { sentAs } = change;
  const heir = line.orders.find(({ clientId }) => clientId === sentAs);
  if (sentAs === undefined) sendAmend(world, line, change);
  else if (heir !== undefined && hasEnded(heir.status)) {
    refuseChange(world, line, `the broker took the new limit, and then it was ${heir.status}`);
  }
}

/** An order can be amended once the venue has it. One that fills meanwhile is judged anew. */
function sendAmend(world: AlpacaWorld, line: OrderLine, change: ChangeOf<'amend'>): void {
  const live = liveOrder(line);
  if (live?.id === undefined) return;
  const { limit } = change.order.intent;
  const isThere = limitText(line.intent, limit) === limitText(line.intent, live.limit);
  if (isThere || touchedUnits(line, live) > 0) {
    line.change = undefined;
    beginChange(world, line, change.order);
    return;
  }
  if (live.status !== 'new') return;
  const clientId = nextClientId(line);
  change.sentAs = clientId;
  const body = JSON.stringify({
    limit_price: limitText(line.intent, limit),
    client_order_id: clientId,
  });
  const path = `/v2/orders/${live.id}`;
  const turn = isForClosing(line) ? 'move' : 'entry';
  const call = { turn, method: 'PATCH', path, body } as const;
  const oldId = live.id;
  ask(world, call, (answer) => onAmended(world, line, change, { oldId, answer }));
}

function onAmended(
  world: AlpacaWorld,
  line: OrderLine,
  change: ChangeOf<'amend'>,
  { oldId, answer }: { readonly oldId: string; readonly answer: WireAnswer },
): void {
  change.answeredAt = world.at.wall;
  const wire = readOrder(parseJson(bodyOf(answer) ?? ''));
  if (wire !== undefined && takeOrder(world, wire) === line) return;
  // Whatever else was answered, the old order's own word tells what became of it.
  if (sendOutcome(answer, world.capabilities) === 'rejected' && line.change === change) {
    refuseChange(world, line, reasonOf(answer), noWordIn(answer));
  }
  if (!isUnsent(answer)) readLater(world, oldId, 0);
}

/** The old order is proven cancelled: what it left is sent at the new limit. */
function goOnMoving(world: AlpacaWorld, line: OrderLine, change: ChangeOf<'move'>): void {
  const last = lastOrder(line);
  if (change.phase !== 'cancelling' || last?.status !== 'canceled') return;
  change.phase = 'posting';
  const { limit } = change.order.intent;
  post(world, line, { units: untouchedUnits(line), limit, turn: 'finish' });
}

/** An order that was read by itself showed news, and not what became of the change: it is read until it
 * does. */
export function lookAgain(world: AlpacaWorld, line: OrderLine): void {
  const live = liveOrder(line);
  if (line.change === undefined || live?.id === undefined || line.end !== undefined) return;
  readLater(world, live.id, LOOK_MILLIS);
}

/** An order that was read by itself is as it was: a change that is under way did not happen. */
export function judgeUnchanged(world: AlpacaWorld, line: OrderLine, askedAt: At): void {
  const { change } = line;
  const live = liveOrder(line);
  if (change === undefined || live?.id === undefined || line.end !== undefined) return;
  const isAmended = change.kind === 'amend' && isWaiting(line, live);
  if (isAmended || live.status.startsWith('pending')) readLater(world, live.id, LOOK_MILLIS);
  else if (change.kind === 'amend') judgeAmendment(world, line, change, askedAt);
  else if (change.kind === 'move') goOnCancelling(world, line, change, live);
  else if (Math.max(change.tries, live.vainCancels) < MOST_CANCEL_TRIES) {
    sendCancel(world, line, live);
  } else refuseChange(world, line, KEPT);
}

/** Not where the order was asked for before its amendment was answered: that is told by the answer, and by the
 * read that follows it. */
function judgeAmendment(
  world: AlpacaWorld,
  line: OrderLine,
  { answeredAt }: ChangeOf<'amend'>,
  askedAt: At,
): void {
  if (answeredAt === undefined || askedAt.wall < answeredAt) return;
  refuseChange(world, line, 'the broker did not take the new limit', 'unproven');
}

/** A cancel that was asked for may still be taken. */
function goOnCancelling(
  world: AlpacaWorld,
  line: OrderLine,
  { phase, tries }: ChangeOf<'move'>,
  live: LineOrder,
): void {
  if (phase === 'posting') return;
  const isInVain = live.vainCancels >= MOST_CANCEL_TRIES || tries >= MOST_MOVE_TRIES;
  if (isInVain) refuseChange(world, line, KEPT, 'unproven');
  else if (isLateToMove(world, line)) refuseChange(world, line, LATE, 'unsent');
  else sendCancel(world, line, live);
}
