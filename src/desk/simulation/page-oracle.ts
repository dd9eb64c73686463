/**
 * Somebody is told of an outcome that is open, of a journal that takes nothing and of a limit that nobody here
 * asked for, at once; and what was told of a position is over once that is gone. Reckoned from inputs and
 * records.
 */

import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Input } from '../inputs.ts';
import { brokerEventOf } from '../journal-summary.ts';
import { contractsOf } from './expiry-payoff.ts';
import { ENDS, type Report } from './order-oracle.ts';

type Alert = Extract<AuditBody, { readonly kind: 'alert' }>;

/** Codes of what is told of one position and is over with it. */
const OF_A_POSITION: ReadonlySet<string> = new Set([
  'BROKEN_RATIO',
  'CLOSE_CANCELLED',
  'CLOSE_REJECTED',
  'EXIT_REFUSED',
  'EXIT_TRIGGERED',
  'FLATTEN_INCOMPLETE',
  'FLATTEN_LEFT_OPEN',
  'LIMIT_REFUSED',
  'OPEN_PAST_DEADLINE',
  'OPEN_PAST_ORDERS',
  'PROTECTION_LOST',
  'PROTECTION_MISSING',
  'PROTECTION_REFUSED',
  'STOP_NOT_RELEASED',
]);
const UNKNOWN = 'ORDER_UNKNOWN';
const MOVED = 'ORDER_MOVED';
/** It is over within so long, and so many ticks of the clock. */
const OVER_WITHIN_MICROS = 60 * MICROS_PER_SECOND;
const OVER_BY_TICKS = 3;

/** An incident whose position is gone. */
interface Left {
  readonly since: EpochMicros;
  ticks: number;
}

function nameOf(code: string, subject = ''): string {
  return `${code} ${subject}`;
}

export class PageOracle {
  readonly #report: Report;
  readonly #intents = new Map<string, OrderIntent>();
  readonly #ended = new Set<string>();
  readonly #fills = new Set<string>();
  readonly #filled = new Map<string, number>();
  /** What is told and not over. */
  readonly #open = new Map<string, Alert>();
  readonly #left = new Map<string, Left>();
  /** Limits of each order of the engine: what it asked for, and what was told. */
  readonly #limits = new Map<string, Set<number>>();
  /** To be told by the end of this step. */
  #unknownNow: string[] = [];
  #movedNow: string[] = [];
  #isFailedNow = false;
  #isTick = false;

  constructor(report: Report) {
    this.#report = report;
  }

  onInput({ kind }: Input): void {
    if (kind === 'journalFailed') this.#isFailedNow = true;
    else if (kind === 'clock') this.#isTick = true;
  }

  onRecord(record: AuditRecord): void {
    const { body } = record;
    if (body.kind === 'alert') this.#onAlert(body);
    else if (body.kind === 'intentRecorded') this.#onIntent(body.intent);
    else if (body.kind === 'repriced') this.#limits.get(body.intentId)?.add(body.limit);
    const event = brokerEventOf(record);
    if (event === undefined) return;
    if (event.kind === 'fill') this.#onFill(event.fill);
    if (event.kind === 'replaced') this.#onReplaced(event);
    if (!('intentId' in event)) return;
    const { kind, intentId } = event;
    if (ENDS.has(kind)) this.#ended.add(intentId);
    if (kind === 'reopened' || kind === 'busted') this.#ended.delete(intentId);
    const isOpen = this.#intents.has(intentId) && !this.#ended.has(intentId);
    if (kind === 'unknown' && isOpen) this.#unknownNow.push(intentId);
  }

  #onIntent(intent: OrderIntent): void {
    this.#intents.set(intent.intentId, intent);
    this.#limits.set(intent.intentId, new Set([intent.limit]));
  }

  /** An order that has ended is moved by nobody: what is told of it is late. */
  #onReplaced({ intentId, limit }: Extract<BrokerEvent, { kind: 'replaced' }>): void {
    const known = this.#limits.get(intentId);
    if (known === undefined || known.has(limit) || this.#ended.has(intentId)) return;
    known.add(limit);
    this.#movedNow.push(intentId);
  }

  /** What is told for information alone calls nobody: it is no incident, and needs no end. */
  #onAlert(alert: Alert): void {
    const { action, code, severity, subject } = alert;
    const name = nameOf(code, subject);
    if (action === undefined && severity !== 'info') {
      this.#open.set(name, alert);
      // The broker's next word, in the same step, may end it again.
      if (code === UNKNOWN) this.#unknownNow = this.#unknownNow.filter((each) => each !== subject);
      if (code === MOVED) this.#movedNow = this.#movedNow.filter((each) => each !== subject);
    }
    if (action !== 'resolve') return;
    this.#open.delete(name);
    this.#left.delete(name);
  }

  #onFill({ fillId, intentId, quantity }: Fill): void {
    const intent = this.#intents.get(intentId);
    if (intent === undefined || this.#fills.has(fillId)) return;
    this.#fills.add(fillId);
    const filled = (this.#filled.get(intentId) ?? 0) + quantity;
    this.#filled.set(intentId, filled);
    if (filled >= contractsOf(intent)) this.#ended.add(intentId);
  }

  /** Called after every step. */
  afterStep(desk: DeskContext): void {
    if (this.#unknownNow.length > 0) this.#judgeUnknown();
    for (const intentId of this.#movedNow.splice(0)) {
      this.#report(`${intentId} was moved at another screen and nobody was told`);
    }
    if (this.#isFailedNow) {
      this.#isFailedNow = false;
      const isTold = this.#open.has(nameOf('JOURNAL_FAILED'));
      if (!isTold) this.#report('the journal failed and nobody was told');
    }
    if (!this.#isTick) return;
    this.#isTick = false;
    for (const [name, alert] of this.#open) {
      if (OF_A_POSITION.has(alert.code)) this.#judgeOpen(desk, name, alert);
    }
  }

  #judgeUnknown(): void {
    for (const intentId of this.#unknownNow) {
      if (this.#open.has(nameOf(UNKNOWN, intentId))) continue;
      this.#report(`the outcome of ${intentId} is open and nobody was told`);
    }
    this.#unknownNow = [];
  }

  #judgeOpen({ book, at }: DeskContext, name: string, { subject = '' }: Alert): void {
    const [positionId = ''] = subject.split(' ');
    const legs = book.structure(positionId)?.legs ?? [];
    if (legs.some(({ quantity }) => quantity !== 0)) {
      this.#left.delete(name);
      return;
    }
    const left = this.#left.get(name) ?? { since: at.wall, ticks: 0 };
    this.#left.set(name, left);
    left.ticks += 1;
    if (left.ticks <= OVER_BY_TICKS || at.wall - left.since <= OVER_WITHIN_MICROS) return;
    this.#open.delete(name);
    this.#left.delete(name);
    this.#report(`${name} is told of still, and ${positionId} is gone`);
  }

  /** Begins again from what the journal kept. */
  onCrash(records: readonly AuditRecord[]): void {
    const known = [this.#intents, this.#ended, this.#fills, this.#filled, this.#open, this.#left];
    for (const each of [...known, this.#limits]) each.clear();
    for (const record of records) this.onRecord(record);
    this.#unknownNow = [];
    this.#movedNow = [];
    this.#isFailedNow = false;
    this.#isTick = false;
  }
}
