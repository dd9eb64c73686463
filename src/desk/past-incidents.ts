/**
 * Incidents that a run before this one opened and did not end. Channels fold what comes under one key,
 * so an incident that stays open keeps the next one of its kind from paging anybody. Pure.
 */

import type { AuditBody, AuditRecord } from '../engine/domain/audit-record.ts';
import { dedupeKey } from '../ops/alert-channel.ts';
import { INCIDENTS_OF_CAUSES } from './account/governing.ts';
import type { DeskContext } from './desk-context.ts';
import type { Incident } from './outbox.ts';
import { OF_A_POSITION, positionOf } from './outbox.ts';

/** Those that a run ends by itself when they are over, or that a restart is the remedy of. A run tells
 * anew of what still stands. Each of these stands under one key, whatever it is about. */
const UNDER_ONE_KEY: readonly string[] = [
  'AUDIT_BEHIND',
  'BARS_SILENT',
  'BROKER_RULES_DIFFER',
  'CASH_DIFFERS',
  'CHAIN_MISSING',
  'CLOCK_BEHIND',
  'EVENT_FILE_ENDS',
  'EX_DIVIDENDS_RUN_OUT',
  'FEED_BEHIND',
  'FEED_DOWN',
  'FEED_LATE',
  'JOURNAL_FAILED',
  'JOURNAL_STALLED',
  'LEFT_TO_BROKER_STOP',
  'LEG_UNMARKABLE',
  'LISTING_CUT',
  'RECONCILE_DIFFERS',
  'SHARES_HELD',
  'UNPROTECTED_AT_STOP',
];

/** With those of which each thing that they are about has its own. */
const OF_ONE_RUN: ReadonlySet<string> = new Set([
  ...UNDER_ONE_KEY,
  'CHANGE_UNANSWERED',
  'CLOSE_UNPROVEN',
  'EVENT_NAME_UNKNOWN',
  'EX_DIVIDEND_CALL',
  'OPEN_PAST_DEADLINE',
  'OPEN_PAST_ORDERS',
  'PIN_RISK',
  'STREAM_MISSED',
  'TRADING_STATE',
]);

/** What a run may have told without a record, once its journal failed: that keeps what is critical alone, and
 * nothing once its reserve is full. Of what has a key that nobody can know any more nothing is left to end. */
const BESIDE_A_FAILED_JOURNAL: readonly Incident[] = [
  ...[...UNDER_ONE_KEY, ...INCIDENTS_OF_CAUSES.keys()].map((code) => ({ code })),
  { code: 'RECONCILE_DIFFERS', subject: 'account' },
  { code: 'TRADING_STATE', subject: 'reducing' },
  { code: 'TRADING_STATE', subject: 'halted' },
];

/** The same of a run that did not end in order: its journal's disk may have hung until then, or failed with a
 * full reserve, and told of neither. */
const OF_A_JOURNAL: readonly Incident[] = [{ code: 'JOURNAL_FAILED' }, { code: 'JOURNAL_STALLED' }];

/** Those that end with what they tell of, in whatever run: the journal may lack that end, and hold what it
 * told of. */
const WHILE_IT_STANDS: ReadonlyMap<string, (desk: DeskContext, subject: string) => boolean> =
  new Map([
    ['KILL_ENGAGED', ({ day }) => day.killed],
    ['ORDER_UNKNOWN', ({ orders }, subject) => orders.get(subject)?.status === 'unknown'],
  ]);

/** An incident that is not over everywhere. */
interface Told {
  readonly incident: Incident;
  /** Numbers of the records that tell of it, and of its end where that is told. */
  readonly begins: Set<number>;
  end: number | undefined;
  /** The channels that took it and have not taken its end. */
  readonly openAt: Set<string>;
}

/** Finds, record by record, which incidents are open: without an end, or with one that a channel which took
 * the beginning has not taken. */
export class IncidentFold {
  readonly #told = new Map<string, Told>();

  see({ body, seq }: AuditRecord): void {
    if (body.kind === 'alert') this.#seeAlert(body, seq);
    else if (body.kind === 'alertDelivered' && body.ok) this.#seeTaken(body);
  }

  #seeAlert(alert: Extract<AuditBody, { kind: 'alert' }>, seq: number): void {
    const { code, subject, action, severity } = alert;
    if (!isEnded(code)) return;
    const key = dedupeKey(alert);
    const told = this.#told.get(key);
    if (action === 'resolve' && told !== undefined) {
      told.end = seq;
      if (told.openAt.size === 0) this.#told.delete(key);
    } else if (action === undefined && severity !== 'info') {
      const incident = { code, ...(subject !== undefined && { subject }) };
      const begins = (told?.begins ?? new Set()).add(seq);
      this.#told.set(key, { incident, begins, end: undefined, openAt: told?.openAt ?? new Set() });
    }
  }

  /** What the log took woke nobody. */
  #seeTaken({ channel, alertSeq }: Extract<AuditBody, { kind: 'alertDelivered' }>): void {
    if (alertSeq === undefined || channel === 'log') return;
    for (const [key, { begins, end, openAt }] of this.#told) {
      if (begins.has(alertSeq)) openAt.add(channel);
      if (end !== alertSeq) continue;
      openAt.delete(channel);
      if (openAt.size === 0) this.#told.delete(key);
    }
  }

  open(): readonly Incident[] {
    return [...this.#told.values()].map(({ incident }) => incident);
  }
}

function isEnded(code: string): boolean {
  const known = [OF_ONE_RUN, WHILE_IT_STANDS, OF_A_POSITION, INCIDENTS_OF_CAUSES];
  return known.some((codes) => codes.has(code));
}

/** True for what is so in this run too: what an incident tells of by itself, what is latched still, and what
 * is told of a position that is held. */
function stands(desk: DeskContext, incident: Incident): boolean {
  const { code, subject = '' } = incident;
  const isSo = WHILE_IT_STANDS.get(code);
  if (isSo !== undefined) return isSo(desk, subject);
  if (OF_A_POSITION.has(code)) return desk.book.structure(positionOf(incident)) !== undefined;
  const cause = INCIDENTS_OF_CAUSES.get(code);
  return cause !== undefined && desk.day.status.causes.includes(cause);
}

/** What the runs before this one may have told besides, and no record says. */
function unrecorded(incidents: readonly Incident[], isCutOff: boolean): readonly Incident[] {
  const recorded = new Set(incidents.map(dedupeKey));
  const ofCutOff = isCutOff ? OF_A_JOURNAL : [];
  const lost = recorded.has('JOURNAL_FAILED') ? BESIDE_A_FAILED_JOURNAL : ofCutOff;
  return lost.filter((incident) => !recorded.has(dedupeKey(incident)));
}

/** Tells of each that it is over with its run, unless it stands in this one. Called before anything is told
 * of how things stand now. `isCutOff`: the run before did not end in order. */
export function endPastIncidents(
  desk: DeskContext,
  incidents: readonly Incident[],
  isCutOff: boolean,
): void {
  const text = 'the engine was started anew: what still stands is told again';
  for (const incident of [...incidents, ...unrecorded(incidents, isCutOff)]) {
    if (stands(desk, incident)) desk.out.keepOpen(incident);
    else desk.out.settle('resolve', incident.code, text, incident.subject);
  }
}
