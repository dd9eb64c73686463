/**
 * Incidents that a run before this one opened and did not end. Channels fold what comes under one key,
 * so an incident that stays open keeps the next one of its kind from paging anybody. Pure.
 */

import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { dedupeKey } from '../ops/alert-channel.ts';
import { tradingStateOf } from '../risk/trading-state.ts';
import type { DeskContext } from './desk-context.ts';

/** What an incident is called. */
export interface Incident {
  readonly code: string;
  readonly subject?: string;
}

/** Those that a run ends by itself when they are over, or that a restart is the remedy of. A run tells
 * anew of what still stands. */
const OF_ONE_RUN: ReadonlySet<string> = new Set([
  'AUDIT_BEHIND',
  'BROKEN_RATIO',
  'CASH_DIFFERS',
  'CHAIN_MISSING',
  'DELTA_CAP',
  'FEED_BEHIND',
  'FEED_DOWN',
  'FEED_LATE',
  'JOURNAL_FAILED',
  'JOURNAL_STALLED',
  'OPEN_PAST_DEADLINE',
  'OPEN_PAST_ORDERS',
  'PIN_RISK',
  'RECONCILE_DIFFERS',
  'SHARES_HELD',
  'TRADING_STATE',
  'UNPROTECTED_AT_STOP',
]);

/** Finds, record by record, which incidents are open. */
export class IncidentFold {
  readonly #open = new Map<string, Incident>();

  see({ body }: AuditRecord): void {
    if (body.kind !== 'alert' || !OF_ONE_RUN.has(body.code)) return;
    const { code, subject, action } = body;
    const key = dedupeKey(body);
    if (action === 'resolve') this.#open.delete(key);
    else if (action === undefined) {
      this.#open.set(key, { code, ...(subject !== undefined && { subject }) });
    }
  }

  open(): readonly Incident[] {
    return [...this.#open.values()];
  }
}

/** Tells of each that it is over with its run, but for a trading state that this run begins in. Called
 * before anything is told of how things stand now. */
export function endPastIncidents(desk: DeskContext, incidents: readonly Incident[]): void {
  const state = tradingStateOf(desk.day.status);
  for (const { code, subject } of incidents) {
    if (code === 'TRADING_STATE' && subject === state) continue;
    const text = 'the engine was started anew: what still stands is told again';
    desk.out.settle('resolve', code, text, subject);
  }
}
