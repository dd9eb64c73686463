/**
 * Native protection: a stop order of the engine's own that rests at the broker while a position is
 * open, so that the position is not bare when the engine is down. It stands further away than the
 * engine's stop, which judges better and goes first. Whatever else closes the position waits until
 * the stop is called back: the two never sell the same contracts.
 */

import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { dollarsFromPrice, type Price } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { ProtectiveStop } from '../../risk/protective-stop.ts';
import { protectiveStop, stopSideFault } from '../../risk/protective-stop.ts';
import { asOpenPosition } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import { judgeIntent } from '../previews/judging.ts';
import { tellOnce } from '../session/told-once.ts';
import { isBeingReported, reportedBy } from './being-reported.ts';
import type { OrderRecord } from './order-book.ts';
import { filledUnits, isCalledBackByEngine, isCalledBackByPerson, isFinal } from './order-book.ts';
import type { Protection } from './protection.ts';
import { amendProtection, newestStop } from './protection.ts';
import { callBackStop, recordIntent, settleReleased } from './sending.ts';

/** The broker's snapshot is asked about each stop this often: well within every 30 seconds. */
const VERIFY_EVERY_MICROS = 10_000_000;
/** A stop that was refused or lost is placed anew after this long. */
const REARM_AFTER_MICROS = 5_000_000;
/** Stops of one position that the broker may refuse. */
const MOST_REFUSALS = 2;

/** The broker's word for a stop proves it for so long, by the time of the picture that listed it. */
export const PROOF_HOLDS_MICROS = 30_000_000;

/** True while the broker's own word for the stop stands, however old it is: a stop is not called back for
 * a broker that cannot be read. What somebody is told of it goes by `isProven`. */
export function isProtected(desk: DeskContext, positionId: string): boolean {
  const known = desk.day.protections.get(positionId);
  const order = known === undefined ? undefined : desk.orders.get(known.intentId);
  const isResting = order?.status === 'working' && !order.cancelRequested;
  return isResting && known?.isListed === true;
}

/** True where that word is young enough to be told to whoever relies on it. */
export function isProven(desk: DeskContext, positionId: string): boolean {
  const verifiedAt = desk.day.protections.get(positionId)?.verifiedAt;
  if (verifiedAt === undefined || !isProtected(desk, positionId)) return false;
  return desk.at.wall - verifiedAt <= PROOF_HOLDS_MICROS;
}

function change(desk: DeskContext, positionId: string, amended: Partial<Protection>): void {
  amendProtection(desk.day.protections, positionId, amended);
}

function isOfOneLeg({ legs }: StructurePosition): boolean {
  let held = 0;
  for (const { quantity } of legs) if (quantity !== 0) held += 1;
  return held === 1;
}

/** The stop that this position should be given now; undefined: it needs none, or can have none, as whatever
 * holds several legs or has no stop on its value. */
function wantedStop(desk: DeskContext, position: StructurePosition): ProtectiveStop | undefined {
  const { day, orders, at } = desk;
  const { positionId } = position;
  const isLate = at.market >= day.schedule.flattenStartAt;
  const isStopped = position.exitPlan?.stop?.kind === 'valueAtOrBelow';
  if (!isStopped || isLate || !day.chainOpen || !isOfOneLeg(position)) return undefined;
  if (day.flattening.has(positionId) || orders.isClosing(positionId)) return undefined;
  const isOpening = (order: OrderRecord) => order.intent.purpose === 'open' && !isFinal(order);
  if (orders.of(positionId).some(isOpening)) return undefined;
  return protectiveStop(asOpenPosition(desk, position));
}

/** The engine's last stop of the position, where it ended without the engine's asking. One that was taken as
 * something else counts as refused, although the engine called it back. */
function lastEnd(desk: DeskContext, positionId: string): OrderRecord | undefined {
  const last = newestStop(desk.orders, positionId);
  if (last === undefined || !isFinal(last)) return undefined;
  return last.status === 'rejected' || !isCalledBackByEngine(last) ? last : undefined;
}

/** True where the broker refused stops of this position so often that asking again is no use. What never
 * reached it says nothing of that. */
function isRefused(desk: DeskContext, positionId: string): boolean {
  const refused = desk.orders.of(positionId).filter(({ intent, status, refusal }) => {
    return intent.purpose === 'protective' && status === 'rejected' && refusal !== 'unsent';
  });
  if (refused.length < MOST_REFUSALS) return false;
  tellOnce(desk, `unprotected ${positionId}`, () => {
    const text = `${positionId} has no stop at the broker: it refused ${refused.length}; the engine alone watches it`;
    desk.out.alert('critical', 'PROTECTION_REFUSED', text, positionId);
  });
  return true;
}

/** True where the broker's own list shows what the stop would sell: one that trails its fills would take
 * the stop for an opening, or refuse it. Where others took from the position the list is of after that. */
function isHeldThere(desk: DeskContext, positionId: string, { leg }: ProtectiveStop): boolean {
  const symbol = instrumentSymbol(leg.instrument);
  const snapshot = desk.gateway.snapshot(desk.at);
  if (snapshot === undefined || snapshot.asOf.wall < reportedBy(desk, positionId)) return false;
  return snapshot.positions.some((held) => {
    return held.symbol === symbol && held.quantity >= leg.quantity;
  });
}

/** True where a new stop has to wait, or the last one was called back by a person's own word: no later word lets a
 * stop work on, so however long that took and whatever the broker answered first, the end is theirs. */
function mayNotArm(desk: DeskContext, positionId: string): boolean {
  const ended = lastEnd(desk, positionId);
  if (ended === undefined) return false;
  const isByPerson = ended.status === 'cancelled' && isCalledBackByPerson(ended);
  return isByPerson || desk.at.wall - ended.updatedAt.wall < REARM_AFTER_MICROS;
}

function arm(desk: DeskContext, position: StructurePosition): void {
  const { positionId } = position;
  const stop = isBeingReported(desk, positionId) ? undefined : wantedStop(desk, position);
  if (stop === undefined) return;
  const symbol = instrumentSymbol(stop.leg.instrument);
  if (mayNotArm(desk, positionId) || stopSideFault(stop, quoteOf(desk, symbol)) !== undefined) {
    return;
  }
  if (isRefused(desk, positionId) || !isHeldThere(desk, positionId, stop)) return;
  const lost = lastEnd(desk, positionId);
  if (lost !== undefined) {
    const became = lost.refusal === 'unsent' ? 'did not get there' : `ended (${lost.status})`;
    const text = `${positionId}: its stop at the broker ${became}; a new one is placed`;
    desk.out.alert('warning', 'PROTECTION_LOST', text, positionId);
  }
  const least = gridOf([stop.leg]).step;
  const intent: OrderIntent = {
    intentId: desk.orders.nextIntentId(desk.day.session.date),
    purpose: 'protective',
    strategy: position.openingIntent?.strategy ?? 'place_order',
    positionId,
    legs: [{ instrument: stop.leg.instrument, action: 'sellToClose', ratio: 1 }],
    quantity: stop.leg.quantity,
    limit: least,
    worst: least,
    stopTrigger: stop.trigger,
    principal: 'engine',
  };
  const judgement = judgeIntent(desk, intent);
  if (judgement.approved === undefined) return;
  const authorization = { tokenSha256: null, previewId: null, urgency: 'patient' } as const;
  recordIntent(desk, intent, judgement, authorization);
  desk.day.protections.set(positionId, {
    intentId: intent.intentId,
    verifiedAt: undefined,
    isListed: false,
  });
}

/** Looks after a live stop. One that covers another size than is held is called back, and only such
 * a one: a chain that is not open yet or a market that is gone takes no protection away. */
function keep(desk: DeskContext, order: OrderRecord, position: StructurePosition): void {
  const { intent } = order;
  const { positionId } = position;
  if (!desk.day.protections.has(positionId)) {
    const known = { intentId: intent.intentId, verifiedAt: undefined, isListed: false };
    desk.day.protections.set(positionId, known);
  }
  const held = position.legs.length === 1 ? position.legs[0]?.quantity : undefined;
  if (held !== intent.quantity - filledUnits(order)) callBackStop(desk, order);
  else if (order.status === 'working') verify(desk, order);
}

/** Looks for the stop in the broker's own snapshot: what was told of its absence is over once it is there. */
function verify(desk: DeskContext, { intent }: OrderRecord): void {
  const { positionId, intentId } = intent;
  const known = desk.day.protections.get(positionId);
  const isFresh = desk.at.wall - (known?.verifiedAt ?? 0) < VERIFY_EVERY_MICROS;
  if (known === undefined || (known.isListed && isFresh)) return;
  const snapshot = desk.gateway.snapshot(desk.at);
  if (snapshot === undefined) return;
  const listed = snapshot.workingOrders.find((order) => order.intentId === intentId);
  const isListed = listed !== undefined;
  if (isListed) {
    change(desk, positionId, { isListed, verifiedAt: snapshot.asOf.wall });
    tellTrigger(desk, intent, listed.stopTrigger);
    const text = `the broker lists a stop of ${positionId}: ${intentId}`;
    desk.out.settlePosition(['PROTECTION_MISSING', 'PROTECTION_LOST'], positionId, text);
    return;
  }
  if (!known.isListed) return;
  change(desk, positionId, { isListed });
  const text = `${positionId}: the broker does not list its stop ${intentId} any more`;
  desk.out.alert('critical', 'PROTECTION_MISSING', text, positionId);
}

/** Somebody gave a stop of this engine another trigger, at another screen: it guards at that one. */
function tellTrigger(desk: DeskContext, intent: OrderIntent, listed: Price | undefined): void {
  const { intentId, positionId, stopTrigger = listed } = intent;
  if (listed === undefined || listed === stopTrigger) return;
  tellOnce(desk, `trigger ${intentId} ${listed}`, () => {
    const [now, before] = [listed, stopTrigger ?? listed].map(inDollars);
    const text = `order ${intentId}, the stop of ${positionId} at the broker, was given the trigger ${now} at another screen, instead of ${before}: it guards at that one now, and the engine watches its own stop on`;
    desk.out.alert('critical', 'ORDER_MOVED', text, intentId);
  });
}

function inDollars(trigger: Price): string {
  return dollarsFromPrice(trigger).toFixed(2);
}

/** Arms, verifies, and calls back the stops of all positions. Called on the clock. */
export function keepProtection(desk: DeskContext): void {
  settleReleased(desk);
  if (!desk.gateway.capabilities.nativeStops) return;
  const live = new Map(
    desk.orders
      .live()
      .filter(({ intent }) => intent.purpose === 'protective')
      .map((order) => [order.intent.positionId, order]),
  );
  for (const position of desk.book.structures()) {
    const order = live.get(position.positionId);
    live.delete(position.positionId);
    if (order !== undefined) keep(desk, order, position);
    else if (!desk.day.stopping) arm(desk, position);
  }
  for (const orphan of live.values()) callBackStop(desk, orphan);
}

/** When the broker last listed a stop that stands, in milliseconds ago; null where none was listed. */
export function listedAgoMillis(desk: DeskContext, positionId: string): number | null {
  const verifiedAt = desk.day.protections.get(positionId)?.verifiedAt;
  if (verifiedAt === undefined || !isProtected(desk, positionId)) return null;
  return Math.round((desk.at.wall - verifiedAt) / 1_000);
}
