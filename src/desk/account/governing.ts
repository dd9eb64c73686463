/** Governs the trading state from the marks: daily loss, delta cap, unmarkable legs, shares. */

import { cents, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { CALM, governDailyLoss } from '../../risk/daily-loss-governor.ts';
import { isRepeating } from '../../risk/repeats.ts';
import type { TradingState } from '../../risk/risk-input.ts';
import type { StateCause, StateChange, TradingStatus } from '../../risk/trading-state.ts';
import { governDelta, openSession, setCause, tradingStateOf } from '../../risk/trading-state.ts';
import type { DeskContext } from '../desk-context.ts';
import { cancelOpenings, isFlattening, keepFlattening } from '../orders/flattening.ts';
import { recentOrders } from '../orders/recent-orders.ts';
import { reducingOffer } from '../previews/reducing-offer.ts';
import { heldDelta } from './book-greeks.ts';
import { dayPnl, haveMarksJumped } from './day-pnl.ts';
import { consecutiveRejects } from './loss-history.ts';

/** Causes that stand for the rest of the day, whatever the marks do: a restart must find them in the
 * journal even where something else held trading down already. */
export const LATCHED_CAUSES: readonly StateCause[] = [
  'dailyLoss',
  'flatten',
  'repeatedExecution',
  'rejectBreaker',
];

/** Causes that only the operator's re-arm lifts: a person has to have looked. */
export const HUMAN_CAUSES: readonly StateCause[] = ['repeatedExecution', 'rejectBreaker'];

/** What tells of one cause, and is over with it. */
export const INCIDENTS_OF_CAUSES: ReadonlyMap<string, StateCause> = new Map([
  ['DAILY_LOSS_FLATTEN', 'flatten'],
  ['DELTA_CAP', 'deltaCap'],
  ['REJECT_BREAKER', 'rejectBreaker'],
  ['REPEATED_EXECUTION', 'repeatedExecution'],
]);

/** The causes that hold from here on. */
function takeCauses(desk: DeskContext, status: TradingStatus): void {
  const { causes } = desk.day.status;
  desk.day.status = status;
  for (const [code, cause] of INCIDENTS_OF_CAUSES) {
    const isOver = causes.includes(cause) && !status.causes.includes(cause);
    if (isOver) desk.out.settle('resolve', code, `${cause} holds trading down no more`);
  }
}

/** Raises or lifts one cause; records and tells a change of state. */
export function holdTrading(desk: DeskContext, cause: StateCause, holds: boolean): void {
  settle(desk, cause, setCause(desk.day.status, cause, holds));
}

/** Takes over what a rule made of the state. */
function settle(desk: DeskContext, cause: StateCause, { status, changed }: StateChange): void {
  const before = desk.day.status;
  takeCauses(desk, status);
  if (changed === undefined) {
    const isLatched = status !== before && LATCHED_CAUSES.includes(cause);
    const state = tradingStateOf(status);
    if (!isLatched) return;
    recordState(desk, state, state, cause);
    return;
  }
  const { from, to, reason } = changed;
  recordState(desk, from, to, reason);
  tellState(desk, changed);
  publishState(desk);
}

/** Each state below active is an incident of its own, over once it is left: a halt pages though trading
 * was reducing already. The kill switch tells of itself. */
function tellState(desk: DeskContext, { from, to, reason }: NonNullable<StateChange['changed']>) {
  const text = `trading went from ${from} to ${to}: ${reason}`;
  if (from !== 'active') desk.out.settle('resolve', 'TRADING_STATE', text, from);
  if (to === 'active' || reason === 'kill') return;
  const severity = to === 'halted' ? 'critical' : 'warning';
  desk.out.alert(severity, 'TRADING_STATE', text, to);
}

/** The causes stand in the record too: a restart reads from them which latches were up. */
function recordState(desk: DeskContext, from: TradingState, to: TradingState, reason: StateCause) {
  const { causes } = desk.day.status;
  desk.out.append({ kind: 'tradingStateChanged', from, to, reason, causes: [...causes] }, true);
}

/** Tells subscribers about the trading state. */
function publishState(desk: DeskContext): void {
  const { status, killed } = desk.day;
  const state = tradingStateOf(status);
  desk.out.push({ kind: 'publish', event: { kind: 'tradingState', state, killed } });
}

/** What the market holds down is lifted once it was not so for this long: at its edge every other quote
 * would bring it and take it away, and each time page. */
const LIFTED_AFTER_MICROS = 5 * MICROS_PER_SECOND;

/** Takes over a state that quotes bring: a cause at once, its end once it lasts. */
function settleByQuotes(desk: DeskContext, cause: StateCause, change: StateChange): void {
  const { status, calmSince } = desk.day;
  const isEnd = status.causes.includes(cause) && !change.status.causes.includes(cause);
  const since = isEnd ? (calmSince.get(cause) ?? desk.at.wall) : undefined;
  if (since === undefined) calmSince.delete(cause);
  else calmSince.set(cause, since);
  if (since === undefined || desk.at.wall - since >= LIFTED_AFTER_MICROS) {
    settle(desk, cause, change);
  }
}

/** Yesterday's causes end with the day they were about. */
export function beginDay(desk: DeskContext): void {
  const from = tradingStateOf(desk.day.status);
  takeCauses(desk, openSession(desk.day.status));
  const to = tradingStateOf(desk.day.status);
  if (from !== to && from !== 'active') {
    desk.out.settle('resolve', 'TRADING_STATE', 'what was about the day ended with it', from);
  }
  desk.day.governor = CALM;
  desk.day.flattenAgainAt = undefined;
  publishState(desk);
}

/** Judges the day once more. Called after each batch and on the clock. */
export function govern(desk: DeskContext): void {
  const { day, book, config } = desk;
  if (!day.chainOpen) {
    holdWhileFlattening(desk);
    return;
  }
  const pnl = dayPnl(desk);
  const lowest = Math.min(pnl.liquidationCents ?? 0, pnl.atBestCents ?? 0);
  const isBeyond = lowest <= 0 - config.limits.maxDailyLossCents;
  const { realizedCents, feesCents } = book.day();
  const judged = governDailyLoss(day.governor, {
    dayPnlCents: pnl.liquidationCents,
    atBestCents: pnl.atBestCents,
    isJump: isBeyond && haveMarksJumped(desk),
    realizedCents: cents(realizedCents - feesCents),
    trusted: pnl.trusted,
    evidenceAt: pnl.evidenceAt ?? desk.at.market,
    lookedAt: desk.at.market,
    limits: config.limits,
  });
  day.governor = judged.memory;
  if (judged.action !== 'none') loseDay(desk, judged.action);
  const { portfolioDeltaCap } = config.limits;
  const wasBeyond = day.status.causes.includes('deltaCap');
  settleByQuotes(desk, 'deltaCap', governDelta(day.status, heldDelta(desk), portfolioDeltaCap));
  if (day.status.causes.includes('deltaCap') && !wasBeyond) offerToReduce(desk);
  const hasUnmarkable = pnl.unmarkable.length > 0;
  settleByQuotes(desk, 'unmarkable', setCause(day.status, 'unmarkable', hasUnmarkable));
  holdTrading(desk, 'sharesHeld', book.sharesHeld() !== 0);
  holdTrading(desk, 'notReconciled', !day.reconciled);
  latchPace(desk);
  const isAll = day.status.causes.includes('flatten');
  keepFlattening(desk, () => isAll);
  holdWhileFlattening(desk);
}

/** Nothing opens while everything is being closed: from the request on, and until it is done. */
export function holdWhileFlattening(desk: DeskContext): void {
  const { day } = desk;
  const change = setCause(day.status, 'flattening', isFlattening(desk));
  // Whether something is left to expire is for quotes to say, and they may say so for a moment.
  if (day.flattening.size > 0) settleByQuotes(desk, 'flattening', change);
  else settle(desk, 'flattening', change);
}

/** The market moved delta beyond its cap: what would bring it back is offered, never done. */
function offerToReduce(desk: DeskContext): void {
  const offer = reducingOffer(desk);
  const cap = desk.config.limits.portfolioDeltaCap;
  const what =
    offer === undefined
      ? `net delta is beyond its cap of ${cap} and no single close brings it back`
      : `net delta ${Math.round(offer.netDelta)} is beyond its cap of ${cap}: ${offer.next} and would leave ${Math.round(offer.netDeltaAfter)}`;
  desk.out.alert('warning', 'DELTA_CAP', what);
}

/** A strategy that repeats itself and a broker that keeps rejecting hold trading down until the
 * operator re-arms: raised here, never lifted. */
function latchPace(desk: DeskContext): void {
  const { day, config } = desk;
  const { rearmedAt: rearmedAtWall } = day;
  const recent = {
    at: desk.at,
    recentOrders: recentOrders(desk),
    limits: config.limits,
    rearmedAtWall,
  };
  if (isRepeating(recent)) latch(desk, 'repeatedExecution', 'REPEATED_EXECUTION');
  const isRejected = consecutiveRejects(desk) >= config.limits.maxConsecutiveRejects;
  if (isRejected) latch(desk, 'rejectBreaker', 'REJECT_BREAKER');
}

function latch(desk: DeskContext, cause: StateCause, code: string): void {
  if (desk.day.status.causes.includes(cause)) return;
  holdTrading(desk, cause, true);
  const what = 'nothing opens until the operator has looked and re-arms: deltaring rearm';
  desk.out.alert('critical', code, what);
}

/** What repeated or was rejected until now is forgiven: also by the record of it, after a restart. */
export function noteRearm({ day, at, out }: DeskContext): void {
  day.rearmedAt = at.wall;
  day.rearmedSeq = out.seq;
}

/** The operator has looked. Called where the kill was released or a latch stands, so that a record tells of
 * it. */
export function rearmPace(desk: DeskContext): void {
  noteRearm(desk);
  for (const cause of HUMAN_CAUSES) holdTrading(desk, cause, false);
}

/** The loss limit latches for the day: what would open is called back. At its multiple everything
 * is closed. */
function loseDay(desk: DeskContext, action: 'halt' | 'flatten'): void {
  const { causes } = desk.day.status;
  if (!causes.includes('dailyLoss')) {
    holdTrading(desk, 'dailyLoss', true);
    cancelOpenings(desk, 'engine');
  }
  if (action !== 'flatten' || causes.includes('flatten')) return;
  holdTrading(desk, 'flatten', true);
  desk.day.flattenAgainAt = undefined;
  desk.out.alert('critical', 'DAILY_LOSS_FLATTEN', 'the day lost 1.5 times its limit: closing all');
}
