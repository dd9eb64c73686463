/** Sets, clears and fires the trader's alerts. Each fires once until it is armed again. */

import { deny } from '../../engine/domain/verdict.ts';
import { TRADER_ALERT } from '../../ops/alert-channel.ts';
import type { DeskContext } from '../desk-context.ts';
import type { AlertRequest, AlertView } from '../engine-api-plan.ts';
import { isoNewYork } from '../iso-time.ts';
import type { KeptAlert } from './alert-book.ts';
import { MOST_ALERTS, MOST_ALERTS_PER_PRINCIPAL } from './alert-book.ts';
import { alertValue, valueToReach } from './alert-values.ts';

const UNITS: Readonly<Record<AlertRequest['on'], (value: number) => string>> = {
  spot: (value) => `the underlying is at ${value.toFixed(2)}`,
  short_delta: (value) => `a short option has a delta of ${value.toFixed(0)} points`,
  pnl: (value) => `P&L is ${value < 0 ? '-' : ''}$${Math.abs(value).toFixed(2)}`,
  straddle: (value) => `the straddle costs ${value.toFixed(0)} % of the forecast move`,
  minutes_to_cutoff: (value) => `openings end in ${Math.max(0, value).toFixed(0)} minutes`,
};

/** Tells subscribers that the list is another. */
export const CHANGED = { kind: 'publish', event: { kind: 'alerts' } } as const;

function isBeyond({ direction, level }: AlertRequest, value: number): boolean {
  return direction === 'above' ? value >= level : value <= level;
}

/** True once the value is back on its own side of the level by the distance that arms again. */
function isBack({ direction, level, rearmBy }: AlertRequest, value: number): boolean {
  if (rearmBy === undefined) return false;
  return direction === 'above' ? value <= level - rearmBy : value >= level + rearmBy;
}

/** Looks at every alert once. Called after each batch and on the clock. */
export function watchAlerts(desk: DeskContext): void {
  if (desk.alerts.size === 0 || !desk.day.chainOpen) return;
  for (const kept of desk.alerts.all()) judge(desk, kept);
}

function judge(desk: DeskContext, kept: KeptAlert): void {
  const { rule } = kept;
  const value = kept.isArmed ? valueToReach(desk, rule) : alertValue(desk, rule);
  if (value === undefined) return;
  if (!kept.isArmed) {
    // In doubt it may have been armed again before the restart: told twice is better than not at all.
    kept.isArmed = isBack(rule, value) || (kept.isInDoubt && !isBeyond(rule, value));
    if (kept.isArmed) desk.out.push(CHANGED);
    return;
  }
  if (!isBeyond(rule, value)) return;
  kept.isArmed = false;
  kept.isInDoubt = false;
  kept.firedAt = desk.at.market;
  desk.out.append({ kind: 'alertFired', alertId: rule.alertId, value });
  tellFired(desk, rule, value);
}

/** Tells the trader of an alert that fired: also from its record, where a crash came before that. */
export function tellFired({ out }: DeskContext, rule: KeptAlert['rule'], value: number): void {
  const { alertId, direction, level, note } = rule;
  const words = `${UNITS[rule.on](value)} (asked for: ${direction} ${level})`;
  const text = note === undefined ? words : `${note}: ${words}`;
  out.alert('info', TRADER_ALERT, text, alertId);
}

/** Sets an alert for the rest of the session. One whose chain has expired looks at no alert any more. */
export function setAlert(desk: DeskContext, principal: string, request: AlertRequest) {
  if (desk.day.sealed) {
    const message =
      "today's session is over: alerts of the next one can be set from 17:30 New York on";
    return deny('session_window', message, { session: desk.day.session.date });
  }
  if (desk.alerts.size >= MOST_ALERTS) {
    const message = `${MOST_ALERTS} alerts are set already; clear one with clear_alert`;
    return deny('argument_invalid', message, { alerts: desk.alerts.size });
  }
  const own = desk.alerts.countOf(principal);
  if (own >= MOST_ALERTS_PER_PRINCIPAL) {
    const message = `this client has set ${MOST_ALERTS_PER_PRINCIPAL} alerts already; clear one with clear_alert`;
    return deny('argument_invalid', message, { alerts: own });
  }
  const { positionId } = request;
  if (positionId !== undefined && desk.book.structure(positionId) === undefined) {
    return deny('not_found', `no open position "${positionId}"; show_pnl lists them`, {
      positionId,
    });
  }
  const alertId = desk.alerts.nextId(desk.day.session.date);
  const rule = { alertId, principal, ...request };
  desk.out.append({ kind: 'alertSet', ...rule });
  desk.alerts.add(rule);
  desk.out.push(CHANGED);
  watchAlerts(desk);
  const kept = desk.alerts.get(alertId);
  return kept === undefined
    ? deny('not_found', 'the alert is gone')
    : { value: alertView(desk, kept) };
}

/** Takes an alert away, for the client that set it. */
export function clearAlert(desk: DeskContext, principal: string, alertId: string) {
  const kept = desk.alerts.get(alertId);
  if (kept === undefined) {
    return deny('not_found', `no alert "${alertId}"; list_alerts shows them`, { alertId });
  }
  if (kept.rule.principal !== principal) {
    const message =
      'another client has set this alert: it is cleared by that one, or ends with the session';
    return deny('not_authorized', message, { alertId });
  }
  const value = alertView(desk, kept);
  desk.alerts.remove(alertId);
  desk.out.push(CHANGED);
  desk.out.append({ kind: 'alertCleared', alertId, principal });
  return { value };
}

/** One alert with its value now. */
export function alertView(desk: DeskContext, { rule, isArmed, firedAt }: KeptAlert): AlertView {
  const { alertId, on, direction, level, positionId, rearmBy, note } = rule;
  return {
    alertId,
    on,
    direction,
    level,
    positionId: positionId ?? null,
    rearmBy: rearmBy ?? null,
    note: note ?? null,
    state: isArmed ? 'armed' : 'fired',
    value: alertValue(desk, rule) ?? null,
    firedAt: firedAt === undefined ? null : isoNewYork(firedAt),
  };
}
