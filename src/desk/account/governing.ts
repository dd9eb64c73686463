/** Governs the trading state from the marks: daily loss, delta cap, unmarkable legs, shares. */

import { cents, dollarsFromCents } from '../../engine/domain/units.ts';
import { CALM, governDailyLoss } from '../../risk/daily-loss-governor.ts';
import { isRepeating } from '../../risk/repeats.ts';
import type { TradingState } from '../../risk/risk-input.ts';
import type { StateCause, StateChange, TradingStatus } from '../../risk/trading-state.ts';
import {
  governDelta,
  openSession,
  setCause,
  stateWords,
  tradingStateOf,
} from '../../risk/trading-state.ts';
import type { DeskContext } from '../desk-context.ts';
import { isFlattening } from '../orders/flatten-progress.ts';
import { cancelOpenings, keepFlattening } from '../orders/flattening.ts';
import { reducingOffer } from '../previews/reducing-offer.ts';
import { isLifted } from '../session/lifting.ts';
import { heldDelta } from './book-greeks.ts';
import { type DayPnl, dayPnl, haveMarksJumped } from './day-pnl.ts';
import { areOutsideChain } from './held-position.ts';
import { consecutiveRejects } from './loss-history.ts';
import { endUnmarkable, watchUnmarkable } from './unmarkable-watch.ts';

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
  ['DAILY_LOSS', 'dailyLoss'],
  ['DAILY_LOSS_FLATTEN', 'flatten'],
  ['DELTA_CAP', 'deltaCap'],
  ['REJECT_BREAKER', 'rejectBreaker'],
  ['REPEATED_EXECUTION', 'repeatedExecution'],
]);

/** Causes that page by themselves: those above, and those that whatever raises them tells of and ends. */
const TELL_OF_THEMSELVES: ReadonlySet<StateCause> = new Set([
  ...INCIDENTS_OF_CAUSES.values(),
  'kill',
  'journalFailed',
  'auditBehind',
  'chainMissing',
  'unmarkable',
  'brokenRatio',
  'sharesHeld',
  'notReconciled',
]);

/** The state that a cause which nothing else tells of makes; active where there is none, or a worse one tells
 * of itself. */
function stateToTell(status: TradingStatus): TradingState {
  const state = tradingStateOf(status);
  const untold = status.causes.filter((cause) => !TELL_OF_THEMSELVES.has(cause));
  return tradingStateOf({ causes: untold }) === state ? state : 'active';
}

/** Ends what tells of causes that are gone. A state that nothing else tells of is an incident of its own, over
 * once it is left. */
function tellCauses(desk: DeskContext, before: TradingStatus): void {
  const { status } = desk.day;
  for (const [code, cause] of INCIDENTS_OF_CAUSES) {
    const isOver = before.causes.includes(cause) && !status.causes.includes(cause);
    if (isOver) desk.out.settle('resolve', code, `${cause} holds trading down no more`);
  }
  const from = stateToTell(before);
  const to = stateToTell(status);
  if (from === to) return;
  const text = `trading is ${stateWords(status)}`;
  if (from !== 'active') desk.out.settle('resolve', 'TRADING_STATE', text, from);
  if (to === 'active') return;
  desk.out.alert(to === 'halted' ? 'critical' : 'warning', 'TRADING_STATE', text, to);
}

/** Raises or lifts one cause; records and tells a change of state. */
export function holdTrading(desk: DeskContext, cause: StateCause, holds: boolean): void {
  settle(desk, cause, setCause(desk.day.status, cause, holds));
}

/** Takes over what a rule made of the state. */
function settle(desk: DeskContext, cause: StateCause, { status, changed }: StateChange): void {
  const before = desk.day.status;
  if (status === before) return;
  desk.day.status = status;
  const state = tradingStateOf(status);
  if (changed !== undefined) recordState(desk, changed.from, changed.to, changed.reason);
  else if (LATCHED_CAUSES.includes(cause)) recordState(desk, state, state, cause);
  tellCauses(desk, before);
  if (changed !== undefined) publishState(desk);
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

/** Takes over a state that quotes bring: a cause at once, its end once it lasts. */
function settleByQuotes(desk: DeskContext, cause: StateCause, change: StateChange): void {
  const { causes } = desk.day.status;
  const isEnd = causes.includes(cause) && !change.status.causes.includes(cause);
  const isOver = isLifted(desk, cause, isEnd);
  if (!isEnd || isOver) settle(desk, cause, change);
}

/** Yesterday's causes end with the day they were about. */
export function beginDay(desk: DeskContext): void {
  const before = desk.day.status;
  desk.day.status = openSession(before);
  tellCauses(desk, before);
  endUnmarkable(desk);
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
    isDoubtful: isBeyond && haveMarksJumped(desk),
    realizedCents: cents(realizedCents - feesCents),
    trusted: pnl.trusted,
    evidenceAt: pnl.evidenceAt ?? desk.at.market,
    lookedAt: desk.at.market,
    limits: config.limits,
  });
  day.governor = judged.memory;
  if (judged.action !== 'none') loseDay(desk, judged.action);
  governByQuotes(desk, pnl);
  holdTrading(desk, 'sharesHeld', book.sharesHeld() !== 0);
  holdTrading(desk, 'notReconciled', !day.reconciled);
  latchRejects(desk);
  const isAll = day.status.causes.includes('flatten');
  // What no order of this session can close would outlast the loss, and its owner did not ask for it.
  keepFlattening(desk, ({ legs }) => isAll && !areOutsideChain(desk, legs));
  holdWhileFlattening(desk);
}

/** Holds trading down by what the market does to the book. */
function governByQuotes(desk: DeskContext, { unmarkable }: DayPnl): void {
  const { day, config } = desk;
  const { causes } = day.status;
  const { portfolioDeltaCap } = config.limits;
  settleByQuotes(desk, 'deltaCap', governDelta(day.status, heldDelta(desk), portfolioDeltaCap));
  settleByQuotes(desk, 'unmarkable', setCause(day.status, 'unmarkable', unmarkable.length > 0));
  if (day.status.causes.includes('deltaCap') && !causes.includes('deltaCap')) offerToReduce(desk);
  watchUnmarkable(desk, unmarkable);
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
      : `net delta ${Math.round(offer.netDelta)} is beyond its cap of ${cap}: ${offer.next}; that leaves ${Math.round(offer.netDeltaAfter)}`;
  desk.out.alert('warning', 'DELTA_CAP', what);
}

/** A broker that keeps rejecting holds trading down until the operator re-arms: raised here, never lifted. */
function latchRejects(desk: DeskContext): void {
  const isRejected = consecutiveRejects(desk) >= desk.config.limits.maxConsecutiveRejects;
  if (isRejected) latch(desk, 'rejectBreaker');
}

/** A strategy that repeats itself holds trading down until the operator re-arms. To be called behind each
 * opening that is recorded, and by a restart behind its record: whoever looks later may find it beyond the
 * window, for a crash or the machine's sleep comes in between, or by another limit, once a raise has ended. */
export function latchRepeats(desk: DeskContext): void {
  const { at, day, config } = desk;
  const { limits } = config;
  const { recentOrders, rearmedAt: rearmedAtWall } = day;
  const recent = { at, recentOrders, limits, rearmedAtWall };
  if (isRepeating(recent)) latch(desk, 'repeatedExecution');
}

function latch(desk: DeskContext, cause: StateCause): void {
  if (desk.day.status.causes.includes(cause)) return;
  holdTrading(desk, cause, true);
  tellLatched(desk, cause);
}

/** Pages of what latched: also from its record, where a crash came before the page. */
export function tellLatched({ out, config }: DeskContext, cause: StateCause): void {
  const code = [...INCIDENTS_OF_CAUSES].find(([, each]) => each === cause)?.[0];
  if (code === undefined) return;
  const limit = dollarsFromCents(config.limits.maxDailyLossCents);
  const ofTheDay = new Map<StateCause, string>([
    [
      'dailyLoss',
      `the day's loss has reached MAX_DAILY_LOSS ($${limit}): nothing opens until the next session, every way out stays open`,
    ],
    ['flatten', 'the day lost 1.5 times its limit: closing all'],
  ]);
  const byHand = 'nothing opens until the operator has looked and re-arms: deltaring rearm';
  out.alert('critical', code, ofTheDay.get(cause) ?? byHand);
}

/** The kill switch: a reason engages it, none releases it. */
export function setKill({ day, at }: DeskContext, reason: string | undefined): void {
  day.killed = reason !== undefined;
  day.killReason = reason;
  day.killedAt = reason === undefined ? undefined : at.market;
}

/** Pages of a kill: also from its record, where a crash came before the page. */
export function tellKill(
  { out }: DeskContext,
  { principal, reason }: { readonly principal: string; readonly reason: string },
): void {
  out.alert('critical', 'KILL_ENGAGED', `${principal}: ${reason}`);
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
    tellLatched(desk, 'dailyLoss');
    cancelOpenings(desk, 'engine');
  }
  if (action !== 'flatten' || causes.includes('flatten')) return;
  holdTrading(desk, 'flatten', true);
  desk.day.flattenAgainAt = undefined;
  tellLatched(desk, 'flatten');
}
