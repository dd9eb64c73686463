/** Walks the limits of working orders from their first price toward the market, step by step. */

import { isMovedByCancel } from '../../broker/moved-by-cancel.ts';
import { isPastCutoff, LAST_MOVE_MICROS } from '../../broker/order-cutoff.ts';
import { gridOf, gridOfOne, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import { legPrices, type NetPrices, netPrices } from '../../engine/domain/net-price.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import {
  addMicros,
  MICROS_PER_MILLI,
  MICROS_PER_SECOND,
  price,
} from '../../engine/domain/units.ts';
import { isFresh, isQuietWing } from '../../risk/quote-age.ts';
import { approveReprice } from '../../risk/reprice.ts';
import { restMillis } from '../../risk/resting.ts';
import { tradingStateOf } from '../../risk/trading-state.ts';
import { lossesByStrategy } from '../account/loss-history.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf, spotNow } from '../desk-context.ts';
import type { LadderRung } from '../exits/limit-ladder.ts';
import {
  closingNets,
  ENTRY_REST_MILLIS,
  ladderRung,
  worstClosingNet,
} from '../exits/limit-ladder.ts';
import { awaitQuotes } from '../session/chain-filling.ts';
import { whyStale } from '../session/freshness.ts';
import { performGateway } from './broker-events.ts';
import { asHeld } from './closing.ts';
import { closingFloor, isHurried } from './closing-floor.ts';
import type { OrderRecord } from './order-book.ts';
import {
  fillsInto,
  isCalledBack,
  isCalledBackByPerson,
  isClose,
  isExternal,
  isFinal,
} from './order-book.ts';
import { isStuck, settleUnstuck, tellStuck } from './refused-limits.ts';
import { behindClose, requestCancel } from './sending.ts';
import { watchAnswers } from './unanswered.ts';

/** An opening still not filled after this long is cancelled: its moment has passed. */
const OPENING_PATIENCE_MILLIS = 90_000;

/** Why an order goes whose cancel a person asked for. */
const CANCELLED = 'its cancel was asked for';

/** And why a close goes whose new limits the broker refuses. */
const NOT_MOVED = 'the broker refused its new limits: it is given anew';

/** A market that is gone, or not seen, for this long is not a flicker. */
const LOST_MARKET_MICROS = 5_000_000;

/** After the broker refused an order its new limit it is asked for none for this long; a close that hurries
 * waits no longer than for a refused cancel. */
const REFUSED_PAUSE_MICROS = 10 * MICROS_PER_SECOND;
const HURRIED_REFUSED_PAUSE_MICROS = MICROS_PER_SECOND;

/** Between two rungs a close follows the market no sooner after its last move: each move is a request, and a
 * cancel and a new order where the broker moves it so. What one close spends, the next stop and a flatten
 * lack. */
const MOVE_PAUSE_MICROS = MICROS_PER_SECOND;
const CANCEL_MOVE_PAUSE_MICROS = 5 * MICROS_PER_SECOND;

/** Moves within a minute that closes which hurry have at that pace. Whoever goes on so is out of requests before
 * the minute is over and moves no more until it is: from there on all that move by a cancel share one move in
 * so long. */
const QUICK_MOVES_PER_MINUTE = 15;
const SHARED_MOVE_PAUSE_MICROS = 2 * MICROS_PER_SECOND;

/** Moves every working order whose ladder says so, and calls back what a person cancelled, whatever it is
 * for, until it has ended. Called on the clock, behind what may want an order to work after all. */
export function walkLimits(desk: DeskContext): void {
  watchAnswers(desk);
  settleUnstuck(desk);
  for (const order of desk.orders.live()) {
    if (order.status !== 'working' || order.cancelRequested || order.sentAt === undefined) continue;
    const { purpose } = order.intent;
    const waitedMillis = (desk.at.market - order.sentAt.market) / MICROS_PER_MILLI;
    if (isCalledBackByPerson(order)) callBack(desk, order, CANCELLED);
    else if (isExternal(order)) keepCallingBack(desk, order);
    else if (purpose === 'open') walkOpening(desk, order, waitedMillis);
    else if (purpose !== 'protective') walkClose(desk, order, waitedMillis);
  }
}

function walkClose(desk: DeskContext, order: OrderRecord, waitedMillis: number): void {
  if (isPastOrders(desk, order.intent.legs, LAST_MOVE_MICROS)) return;
  if (isStuck(order)) giveAnew(desk, order);
  else if (mayMove(desk, order)) walk(desk, order, waitedMillis);
}

/** A close that stays at an old price helps nobody: whoever wants it closed closes at the live one, once the
 * end of this one is proven. */
function giveAnew(desk: DeskContext, order: OrderRecord): void {
  tellStuck(desk, order);
  callBack(desk, order, NOT_MOVED);
}

/** False for a while after the broker refused the order a new limit, and, where it refused to cancel it, before
 * what called it back has had its turn to ask again. */
function mayMove({ at: { wall } }: DeskContext, order: OrderRecord): boolean {
  const { limitRefusals, cancelAgainAt } = order;
  if (isCalledBack(order) && wall < (cancelAgainAt ?? 0)) return false;
  if (limitRefusals === undefined) return true;
  const isSoon = isClose(order) && isHurried(order);
  return (
    wall - limitRefusals.wall >= (isSoon ? HURRIED_REFUSED_PAUSE_MICROS : REFUSED_PAUSE_MICROS)
  );
}

/** False for a close that has just moved, stands on the same rung and hurries no more than then; where it moves
 * by a cancel, on the next rung too: until it has moved it has no order. */
function isDue(desk: DeskContext, order: OrderRecord, { step }: LadderRung): boolean {
  const { at, gateway } = desk;
  const { intent, fills, lastMove, urgency } = order;
  if (!isClose(order) || urgency !== lastMove.urgency) return true;
  const isByCancel = isMovedByCancel(intent, fills.length > 0, gateway.capabilities);
  const isNext = step !== lastMove.step;
  if (isNext && !isByCancel) return true;
  const isCalm = isByCancel && !isNext && !isHurried(order);
  const pause = isCalm ? CANCEL_MOVE_PAUSE_MICROS : MOVE_PAUSE_MICROS;
  const waited = at.wall - lastMove.wall;
  return waited >= pause && (!isByCancel || waited >= sharedPause(desk));
}

/** How long each close that moves by a cancel waits so that their moves last the minute. */
function sharedPause({ at, gateway, messages, orders }: DeskContext): number {
  if (messages.lastMinute('modify', at.wall) < QUICK_MOVES_PER_MINUTE) return 0;
  const moving = orders.live().filter((order) => {
    const isByCancel = isMovedByCancel(order.intent, order.fills.length > 0, gateway.capabilities);
    return isClose(order) && isByCancel;
  });
  return moving.length * SHARED_MOVE_PAUSE_MICROS;
}

/** True where the broker takes no order in these any more, or will not so long from now. A moved limit is
 * an order like any other: what works stays where it is, for nothing could take its place. */
export function isPastOrders(
  { at, day, gateway }: DeskContext,
  holdings: Parameters<typeof isPastCutoff>[0],
  aheadMicros = 0,
): boolean {
  const market = addMicros(at.market, aheadMicros);
  return isPastCutoff(holdings, market, day.session, gateway.capabilities);
}

/** True while the market of an opening is not seen as a preview would have to see it: the feed is down, no
 * option is heard, the underlying has no price, or the quote of a leg or of the underlying is too old. */
function isUnseen(desk: DeskContext, { intent }: OrderRecord): boolean {
  const { day, at, evidence, config } = desk;
  if (!day.feedConnected || whyStale(desk) !== undefined) return true;
  if (spotNow(desk) === undefined) return true;
  evidence.look(day);
  const tick = gridOf(intent.legs).step;
  return !intent.legs.every(({ instrument }) => {
    const quote = evidence.of(instrumentSymbol(instrument));
    return quote !== undefined && isFresh(quote, at, config.limits.maxQuoteAgeMillis, tick);
  });
}

/** Why an opening of ours may not work any more, though nothing is wrong with its market: the engine stops, its
 * strategy has lost since, or nothing opens any more in this session. */
function againstOurs(desk: DeskContext, { intent }: OrderRecord): string | undefined {
  const { at, day, config } = desk;
  if (day.stopping) return 'the engine stops: nothing opens';
  if (at.market >= day.schedule.openingCutoffAt)
    return 'the opening cut-off has passed: nothing opens';
  const lost = lossesByStrategy(desk).get(intent.strategy);
  const isResting = lost !== undefined && restMillis(lost, { at, limits: config.limits }) > 0;
  return isResting ? `${intent.strategy} has lost and rests: nothing of it opens` : undefined;
}

/** Why no opening may work, whoever gave it: trading is halted, others cannot see the log, or what it would
 * fill into is flattened. */
function againstFilling({ day }: DeskContext, order: OrderRecord): string | undefined {
  if (tradingStateOf(day.status) === 'halted') return 'trading is halted: nothing opens';
  if (day.status.causes.includes('auditBehind')) return 'the audit log is behind: nothing opens';
  const isFlattened = fillsInto(order).some((positionId) => day.flattening.has(positionId));
  return isFlattened ? 'what it opens is being flattened' : undefined;
}

/** Why an opening of ours is called back now: it may not work at all, a close works beside it, nothing of
 * ours opens, its market was not seen for a while, or its moment has passed. */
function againstOpening(
  desk: DeskContext,
  order: OrderRecord,
  waitedMillis: number,
): string | undefined {
  const { at } = desk;
  const { marketMissingSince = at.wall } = order;
  const against =
    againstFilling(desk, order) ?? behindClose(desk, order) ?? againstOurs(desk, order);
  if (against !== undefined) return against;
  const isLost = at.wall - marketMissingSince >= LOST_MARKET_MICROS;
  if (isLost) return 'its market is not seen any more: nothing opens';
  const isLate = waitedMillis > OPENING_PATIENCE_MILLIS;
  return isLate ? 'not filled in time at an acceptable price' : undefined;
}

/** Calls an order back; where the broker refused to, again after a pause. A person's cancel is asked for again
 * by the engine: theirs ends all that was asked of the position, also what they ask for later. */
function callBack(desk: DeskContext, order: OrderRecord, reason: string): void {
  if (desk.at.wall < (order.cancelAgainAt ?? 0)) return;
  order.reason = reason;
  requestCancel(desk, order, 'engine');
}

/** A foreign opening that was called back, and whose cancel the broker refused, is called back again while
 * that still holds. One that somebody gives meanwhile is theirs. */
function keepCallingBack(desk: DeskContext, order: OrderRecord): void {
  if (order.intent.purpose !== 'open' || !isCalledBack(order)) return;
  const against = againstFilling(desk, order);
  if (against !== undefined) callBack(desk, order, against);
}

/** An opening is called back where something speaks against it. While trading is reducing, or its market is
 * not seen, it stays where it is: nothing is conceded for what could not be opened now. */
function walkOpening(desk: DeskContext, order: OrderRecord, waitedMillis: number): void {
  const isBlind = isUnseen(desk, order);
  if (isBlind) order.marketMissingSince ??= desk.at.wall;
  else order.marketMissingSince = undefined;
  const against = againstOpening(desk, order, waitedMillis);
  if (against !== undefined) callBack(desk, order, against);
  else if (!isBlind && mayMove(desk, order) && tradingStateOf(desk.day.status) === 'active') {
    walk(desk, order, waitedMillis - ENTRY_REST_MILLIS[order.urgency]);
  }
}

/** True for a close that concedes all that can make sense: a worse price pays for more than the legs
 * can ever be worth. */
export function concedesAll(desk: DeskContext, { intent, limit }: OrderRecord): boolean {
  const worst = worstClosingNet(intent.legs, spotNow(desk));
  return intent.purpose !== 'open' && worst !== undefined && limit <= worst;
}

function walk(desk: DeskContext, order: OrderRecord, elapsedMillis: number): void {
  if (elapsedMillis < 0) return;
  const net = netNow(desk, order);
  if (net === undefined || order.cancelRequested) return;
  const rung = rungOf(desk, order, net, elapsedMillis);
  const { limit, step } = rung;
  if (limit === order.brokerLimit) settleUnsent(order);
  if (limit === order.limit || !isDue(desk, order, rung)) return;
  const { intentId, purpose } = order.intent;
  const { limits } = desk.config;
  if (purpose === 'open' && !desk.messages.mayMoveOpening(desk.at.wall, limits)) return;
  desk.out.append({ kind: 'repriced', intentId, limit, reason: order.urgency }, purpose !== 'open');
  // Counted where it is asked for, so that openings that move in one step do not pass the limit together.
  desk.messages.note('modify', desk.at.wall);
  order.limit = limit;
  order.knownLimits.add(limit);
  order.lastMove = { wall: desk.at.wall, step, urgency: order.urgency };
  if (purpose !== 'open') sendReprice(desk, order);
  else desk.out.push({ kind: 'clearance', intentId, opening: true, act: 'reprice' });
}

/** Limits that never left, and are not wanted any more, are no word that is waited for: the order rests where
 * it belongs. */
function settleUnsent(order: OrderRecord): void {
  const { limitRefusals } = order;
  if (limitRefusals?.wordless?.mayBeTaken !== false) return;
  order.limitRefusals = { ...limitRefusals, wordless: undefined };
}

function sendReprice(desk: DeskContext, order: OrderRecord): void {
  const approved = approveReprice(order.intent, order.limit, desk.config.limits.version);
  performGateway(desk, desk.gateway.reprice(approved, desk.at));
}

/** The kill word allowed it: the new limit of an opening goes to the broker. */
export function onRepriceCleared(desk: DeskContext, intentId: string): void {
  const order = desk.orders.get(intentId);
  if (order?.status === 'working' && !order.cancelRequested) sendReprice(desk, order);
}

/** The kill word stood in the way: the limit stays where the broker has it, and the opening is
 * called back without waiting for the core to hear of the kill. */
export function onRepriceBlocked(desk: DeskContext, intentId: string): void {
  const order = desk.orders.get(intentId);
  if (order === undefined || isFinal(order)) return;
  order.limit = order.brokerLimit;
  const reason = 'blocked by the kill switch';
  desk.out.append({ kind: 'repriced', intentId, limit: order.limit, reason }, true);
  order.reason = reason;
  requestCancel(desk, order, 'engine');
}

/** A close with a leg that nobody trades any more can never fill, and keeps the rest of the position
 * from being closed: it is called back, and whoever closes next leaves that leg out. One whose legs wait for
 * their first quotes of this run stays where it is, for nothing would take its place meanwhile. */
function giveUpLostMarket(desk: DeskContext, order: OrderRecord): void {
  if (order.intent.purpose === 'open' || awaitQuotes(desk, asHeld(order.intent))) return;
  order.marketMissingSince ??= desk.at.wall;
  if (desk.at.wall - order.marketMissingSince < LOST_MARKET_MICROS) return;
  order.reason = 'a leg of it has no market any more; the rest is closed without it';
  requestCancel(desk, order, 'engine');
}

/** What the legs of an order trade at now; undefined where one has no market on its side. While a close waits
 * for the bid of a wing that is offered at a few ticks it walks on with that as nothing: the wing is worth no
 * more, and the market of the others may run away. */
function netNow(desk: DeskContext, order: OrderRecord): NetPrices | undefined {
  const { legs } = order.intent;
  const quotes = (symbol: string) => quoteOf(desk, symbol);
  const quoted = netPrices(legs, quotes);
  if (!('missing' in quoted)) {
    order.marketMissingSince = undefined;
    return quoted;
  }
  giveUpLostMarket(desk, order);
  const asNothing = (symbol: string, { action, instrument }: OrderLeg): Quote | undefined => {
    const quote = quotes(symbol);
    if (quote === undefined || action !== 'sellToClose') return quote;
    const isBare = isQuietWing(quote, gridOfOne(instrument).step);
    return isBare ? { ...quote, bid: price(0) } : quote;
  };
  const isLeft = legs.some((leg) => legPrices(leg, quotes(instrumentSymbol(leg.instrument))));
  const net = netPrices(legs, asNothing);
  return isLeft && !('missing' in net) ? net : undefined;
}

/** Where the order's limit belongs now. */
function rungOf(
  desk: DeskContext,
  order: OrderRecord,
  quoted: NetPrices,
  elapsedMillis: number,
): LadderRung {
  const { legs, purpose, worst } = order.intent;
  const opening = purpose === 'open';
  const spot = spotNow(desk);
  const net = opening ? quoted : closingNets(quoted, legs, spot);
  const worstNet = opening ? worst : closingFloor(desk, order, quoted.natural);
  const { urgency } = order;
  return ladderRung({ net, grid: gridOf(legs), urgency, elapsedMillis, worstNet });
}
