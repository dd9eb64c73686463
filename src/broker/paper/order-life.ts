/** What happens to an order at the paper broker, from its arrival to its end. */

import { assert } from '../../engine/domain/assert.ts';
import type { Fill, OrderLeg } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_SECOND, price } from '../../engine/domain/units.ts';
import { fillFees } from '../fees.ts';
import { end } from './history.ts';
import type { Match } from './matching.ts';
import { matchOrder } from './matching.ts';
import { offGrid, rejection, tradesUntil } from './order-checks.ts';
import type { PaperOrder } from './paper-order.ts';
import { countFill, endedOrder, laggingLegs, remainingUnits, reserveCents } from './paper-order.ts';
import type { PaperWorld } from './paper-world.ts';
import { buyingPower, luckOf, sessionAt, takeTurn } from './paper-world.ts';
import { scheduleSettlement } from './settlement-life.ts';

/** How long the truth about an `unknown` order takes in a drill. */
const TRUTH_AFTER_SECONDS = 3;
/** Below every net price: what completes a torn execution trades at any. */
const ANY_PRICE: Price = price(-1_000_000_000_000);

/** The order reaches the broker and is accepted or rejected. */
export function arrive(
  world: PaperWorld,
  order: PaperOrder,
  now: EpochMicros,
  afterUnknown: boolean,
): void {
  if (order.status !== 'arriving') return;
  const { intentId } = order.intent;
  if (!afterUnknown && takeTurn(world, 'unknownNext')) {
    const truthAt = addMicros(now, TRUTH_AFTER_SECONDS * MICROS_PER_SECOND);
    world.events.push({ kind: 'unknown', intentId, reason: 'no answer from the paper broker' });
    world.agenda.add(truthAt, { kind: 'arrive', intentId, afterUnknown: true });
    return;
  }
  const reason = takeTurn(world, 'rejectNext') ? 'rejected by a drill' : judge(world, order, now);
  if (reason !== undefined) {
    finish(world, order, 'rejected');
    world.events.push({ kind: 'rejected', intentId, reason });
    return;
  }
  order.status = 'working';
  world.live.delete(order);
  world.live.add(order);
  world.events.push({ kind: 'accepted', intentId, brokerOrderId: order.brokerOrderId });
  const session = sessionAt(world, now);
  assert(session !== undefined, 'orders are accepted in session only');
  scheduleEndOfDay(world, order, session);
}

function judge(world: PaperWorld, order: PaperOrder, now: EpochMicros): string | undefined {
  return rejection(order, {
    now,
    session: sessionAt(world, now),
    maxLegs: world.maxLegs,
    nativeStops: world.nativeStops,
    isQuoted: (symbol) => world.tape.of(symbol) !== undefined,
    bidOf: (symbol) => world.tape.of(symbol)?.quote.bid,
    held: (symbol) => world.account.held(symbol),
    working: [...world.live].filter((other) => other.status === 'working'),
    buyingPowerCents: buyingPower(world),
  });
}

/** A day order ends when the first of its instruments stops trading. */
export function scheduleEndOfDay(
  world: PaperWorld,
  order: PaperOrder,
  session: SessionTimes,
): void {
  const { intentId, legs } = order.intent;
  let until = session.lastTrade;
  for (const { instrument } of legs) {
    const its = tradesUntil(instrument, session);
    if (its < until) until = its;
  }
  world.agenda.add(until, { kind: 'endOfDay', intentId });
}

/** A cancel reaches the broker: too late where the order has ended. */
export function cancelNow(world: PaperWorld, intentId: string): void {
  const order = world.orders.get(intentId);
  if (takeTurn(world, 'refuseCancelNext')) {
    world.events.push({ kind: 'cancelRejected', intentId, reason: 'refused by a drill' });
    return;
  }
  if (order === undefined || order.status === 'ended') {
    refuseChange(world, intentId, order);
    return;
  }
  const remaining = remainingUnits(order);
  finish(world, order, 'cancelled');
  world.events.push({ kind: 'cancelled', intentId, remaining });
}

/** A new limit reaches the broker. */
export function replaceNow(world: PaperWorld, intentId: string, limit: Price): void {
  const order = world.orders.get(intentId);
  if (order?.status !== 'working') {
    refuseChange(world, intentId, order);
    return;
  }
  const isDrilled = takeTurn(world, 'refuseLimitNext');
  const reason = isDrilled ? 'refused by a drill' : limitFault(world, order, limit);
  if (reason !== undefined) {
    world.events.push({ kind: 'cancelRejected', intentId, reason });
    return;
  }
  order.limit = limit;
  world.events.push({ kind: 'replaced', intentId, limit });
}

function limitFault(world: PaperWorld, order: PaperOrder, limit: Price): string | undefined {
  const fault = offGrid(order.intent.legs, limit);
  if (fault !== undefined) return fault;
  const needed = reserveCents(order, limit);
  const isAffordable = needed === 0 || needed <= buyingPower(world, order);
  return isAffordable ? undefined : 'insufficient buying power for the new limit';
}

function refuseChange(world: PaperWorld, intentId: string, order: PaperOrder | undefined): void {
  const state = order?.status === 'ended' ? `already ${order.ending}` : 'not working here';
  world.events.push({ kind: 'cancelRejected', intentId, reason: `the order is ${state}` });
}

/** The market for the order's instruments closed. */
export function endOfDay(world: PaperWorld, intentId: string): void {
  const order = world.orders.get(intentId);
  if (order === undefined || order.status === 'ended') return;
  const remaining = remainingUnits(order);
  finish(world, order, 'expired');
  world.events.push({ kind: 'expired', intentId, remaining });
}

function finish(world: PaperWorld, order: PaperOrder, how: string): void {
  end(order, how);
  world.live.delete(order);
  world.ended = [...world.ended, ...endedOrder(order)];
}

/** A leg of the order was quoted: executes what the market now gives. */
export function tryFill(world: PaperWorld, order: PaperOrder, now: EpochMicros): void {
  if (!isTrading(world, order, now) || isResting(world, order)) return;
  const { intent, limit } = order;
  const lagging = laggingLegs(order);
  const isTorn = lagging.length > 0;
  const legs = isTorn ? lagging : intent.legs;
  const match = matchOrder({
    legs,
    limit: isTorn ? ANY_PRICE : limit,
    units: isTorn ? 1 : remainingUnits(order),
    displayed: (symbol) => world.tape.standing(symbol),
    knobs: world.knobs,
    luck: (name) => luckOf(world, `${intent.intentId} ${name}`, now),
  });
  if (match === undefined) return;
  execute(world, { order, legs, match, now });
  if (remainingUnits(order) === 0) finish(world, order, 'filled');
}

/** True while a stop waits, and for the quote that sets it off: it trades from the next one on. */
function isResting(world: PaperWorld, order: PaperOrder): boolean {
  const { stopTrigger } = order.intent;
  if (order.isTriggered || stopTrigger === undefined) return false;
  const bid = world.tape.of(order.symbols[0] ?? '')?.quote.bid ?? 0;
  order.isTriggered = bid <= stopTrigger;
  return true;
}

function isTrading(world: PaperWorld, { intent }: PaperOrder, now: EpochMicros): boolean {
  const session = sessionAt(world, now);
  if (session === undefined || now < session.open) return false;
  return intent.legs.every(({ instrument }) => now < tradesUntil(instrument, session));
}

interface Execution {
  readonly order: PaperOrder;
  readonly legs: readonly OrderLeg[];
  readonly match: Match;
  readonly now: EpochMicros;
}

function execute(world: PaperWorld, execution: Execution): void {
  const isReported = !takeTurn(world, 'dropFillEvents');
  for (const [index, leg] of execution.legs.entries()) {
    const fill = fillOf(execution, leg, index);
    const { order } = execution;
    world.account.applyFill(fill, order.intent.positionId);
    countFill(order, fill);
    world.executions = [...world.executions, fill];
    world.ledger.push({ kind: 'fill', fill });
    const symbol = order.symbols[indexOfLeg(order, leg)] ?? '';
    world.tape.take(symbol, legSign(leg.action), fill.quantity);
    scheduleSettlement(world, leg.instrument);
    if (isReported) world.events.push({ kind: 'fill', fill });
  }
}

function indexOfLeg({ intent }: PaperOrder, leg: OrderLeg): number {
  return intent.legs.findIndex((other) => other.instrument === leg.instrument);
}

function fillOf({ order, match, now }: Execution, leg: OrderLeg, index: number): Fill {
  const quantity = leg.ratio * match.units;
  const at = match.prices[index];
  assert(at !== undefined, 'a match prices every leg');
  const { instrument, action } = leg;
  return {
    fillId: `${order.brokerOrderId}-${order.executions + 1}`,
    intentId: order.intent.intentId,
    instrument,
    action,
    quantity,
    price: at,
    feesCents: fillFees('paper', leg, quantity, order.filled[indexOfLeg(order, leg)] ?? 0),
    marketAt: now,
  };
}
