/** Governs the trading state from the marks: daily loss, delta cap, unmarkable legs, shares. */

import { CALM, governDailyLoss } from '../risk/daily-loss-governor.ts';
import type { StateCause, StateChange } from '../risk/trading-state.ts';
import { governDelta, openSession, setCause, tradingStateOf } from '../risk/trading-state.ts';
import { heldDelta } from './account-risk.ts';
import { dayPnl } from './day-pnl.ts';
import type { DeskContext } from './desk-context.ts';
import { cancelOpenings, keepFlattening } from './flattening.ts';

/** Causes that stand for the rest of the day, whatever the marks do: a restart must find them in the
 * journal even where something else held trading down already. */
export const LATCHED_CAUSES: readonly StateCause[] = ['dailyLoss', 'flatten'];

/** Raises or lifts one cause; records and tells a change of state. */
export function holdTrading(desk: DeskContext, cause: StateCause, holds: boolean): void {
  settle(desk, cause, setCause(desk.day.status, cause, holds));
}

/** Takes over what a rule made of the state. */
function settle(desk: DeskContext, cause: StateCause, { status, changed }: StateChange): void {
  const before = desk.day.status;
  desk.day.status = status;
  if (changed === undefined) {
    const isLatched = status !== before && LATCHED_CAUSES.includes(cause);
    const state = tradingStateOf(status);
    if (!isLatched) return;
    desk.out.append({ kind: 'tradingStateChanged', from: state, to: state, reason: cause }, true);
    return;
  }
  const { from, to, reason } = changed;
  desk.out.append({ kind: 'tradingStateChanged', from, to, reason }, true);
  if (cause !== 'kill') {
    const severity = to === 'halted' ? 'critical' : 'warning';
    desk.out.alert(severity, 'TRADING_STATE', `trading went from ${from} to ${to}: ${reason}`);
  }
  publishState(desk);
}

/** Tells subscribers about the trading state. */
function publishState(desk: DeskContext): void {
  const { status, killed } = desk.day;
  const state = tradingStateOf(status);
  desk.out.push({ kind: 'publish', event: { kind: 'tradingState', state, killed } });
}

/** Yesterday's causes end with the day they were about. */
export function beginDay(desk: DeskContext): void {
  desk.day.status = openSession(desk.day.status);
  desk.day.governor = CALM;
  desk.day.flattenAgainAt = undefined;
  publishState(desk);
}

/** Judges the day once more. Called after each batch and on the clock. */
export function govern(desk: DeskContext): void {
  const { day, book, config } = desk;
  if (!day.chainOpen) return;
  const pnl = dayPnl(desk);
  const realized = book.day();
  const judged = governDailyLoss(day.governor, {
    dayPnlCents: pnl.liquidationCents,
    realizedCents: realized.realizedCents,
    trusted: pnl.trusted,
    evidenceAt: pnl.evidenceAt ?? desk.at.market,
    limits: config.limits,
  });
  day.governor = judged.memory;
  if (judged.action !== 'none') loseDay(desk, judged.action);
  const { portfolioDeltaCap } = config.limits;
  settle(desk, 'deltaCap', governDelta(day.status, heldDelta(desk), portfolioDeltaCap));
  holdTrading(desk, 'unmarkable', pnl.unmarkable.length > 0);
  holdTrading(desk, 'sharesHeld', book.sharesHeld() !== 0);
  holdTrading(desk, 'notReconciled', !day.reconciled);
  keepFlattening(desk, day.status.causes.includes('flatten'));
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
