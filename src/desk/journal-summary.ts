/**
 * What a start must know of the journal before the desk exists, folded as its records are read. Pure.
 */
import type { BrokerEvent } from '../broker/order-gateway.ts';
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import type { OrderIntent } from '../engine/domain/order.ts';
import { price } from '../engine/domain/units.ts';
import { changesHoldings, type HoldingChange, isFlatAfter } from './net-holdings.ts';
import { FLATTEN_DONE } from './orders/flatten-progress.ts';
import type { Incident } from './outbox.ts';
import { IncidentFold } from './past-incidents.ts';
import { isDecision, MAX_DECISIONS } from './previews/decision-log.ts';
import type { LastStep } from './untold.ts';
import { LastStepFold } from './untold.ts';

/** What a start recorded of itself. */
export type Started = Extract<AuditRecord['body'], { kind: 'engineStarted' }>;

/** How the journal ends: what a start needs to know before there is a desk. */
export interface LastRun {
  readonly lastSeq: number;
  readonly lastStart: Started | undefined;
  readonly lastSession: string | undefined;
  readonly lastMarket: number | undefined;
  /** True when the last run ended in order with nothing held; what an alert of it came to may be
   * told after that. */
  readonly endedFlat: boolean;
}

/** That, the broker's own memory, and what the desk is rebuilt from. */
export interface JournalSummary extends LastRun {
  /** How many there are: numbers may be left out. */
  readonly records: number;
  /** A run that was cut off may lack what came last; undefined where the records tell of no run. */
  readonly ended: 'inOrder' | 'cutOff' | undefined;
  /** Intents in the order recorded, at the limits they were sent at, and what the broker reported of them. */
  readonly intents: readonly OrderIntent[];
  readonly brokerEvents: readonly BrokerEvent[];
  /** The records that the desk's state follows from; what they were judged by may be left out. */
  readonly steps: readonly AuditRecord[];
  /** The newest decisions, as far back as they are told. */
  readonly decisions: readonly AuditRecord[];
  /** What its runs left open and this one ends. */
  readonly incidents: readonly Incident[];
  /** Where it was cut off: what that may have kept from being told. */
  readonly lastStep: LastStep | undefined;
}

/** The broker's event in a record, as the gateway told it; undefined in records of other kinds. */
export function brokerEventOf(record: AuditRecord): BrokerEvent | undefined {
  if (record.body.kind !== 'brokerEvent') return undefined;
  const { event } = record.body;
  const { kind, fill, leavesUnbid } = event;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this program, checked by hash on reading
  return (kind === 'fill' ? { kind, fill, leavesUnbid } : event) as BrokerEvent;
}

/** From these follows nothing but that their session had begun: they tell what was so, or refused. */
const TOLD_ONLY: ReadonlySet<AuditRecord['body']['kind']> = new Set([
  'auditKeyChanged',
  'configChanged',
  'buildChanged',
  'sessionOpened',
  'previewRefused',
  'residualAdopted',
  'feedOutage',
  'reconciled',
  'alert',
  'alertDelivered',
]);

/** A flatten that was told done is told no more, and a replacement that was refused is not lost. */
function isToldOnly(body: AuditRecord['body']): boolean {
  if (body.kind === 'confirmRefused') return body.previewId === null;
  return TOLD_ONLY.has(body.kind) && !(body.kind === 'alert' && body.code === FLATTEN_DONE);
}

const NOTHING_LAST = { lastSeq: 0, lastSession: undefined, lastMarket: undefined };

/** Folds a journal's records as they are read: one fold for all that a start needs of them. */
export class JournalFold {
  readonly #intents = new Map<string, OrderIntent>();
  readonly #sent = new Set<string>();
  readonly #brokerEvents: BrokerEvent[] = [];
  readonly #changes: HoldingChange[] = [];
  readonly #steps: AuditRecord[] = [];
  readonly #incidents = new IncidentFold();
  readonly #lastStep = new LastStepFold();
  #records = 0;
  #last: Pick<LastRun, 'lastSeq' | 'lastSession' | 'lastMarket'> = NOTHING_LAST;
  #lastStart: Started | undefined;
  #ended: JournalSummary['ended'];

  /** To be called with each record, in order. */
  see(record: AuditRecord): void {
    const { body, seq, session, at } = record;
    // What a run tells behind its stop makes it one that was cut off, for whoever goes through the steps too.
    const isAfterStop = this.#ended === 'inOrder' && body.kind !== 'alertDelivered';
    const isStep = !isToldOnly(body) || isAfterStop || session !== this.#last.lastSession;
    this.#records += 1;
    this.#last = { lastSeq: seq, lastSession: session, lastMarket: at.market };
    if (body.kind !== 'alertDelivered') {
      this.#ended = body.kind === 'engineStopped' ? 'inOrder' : 'cutOff';
    }
    if (body.kind === 'engineStarted') this.#lastStart = body;
    this.#seeIntent(body);
    const event = brokerEventOf(record);
    if (event !== undefined) {
      this.#brokerEvents.push(event);
      if (changesHoldings(event)) this.#changes.push({ session, event });
    }
    this.#incidents.see(record);
    this.#lastStep.see(record);
    if (isStep) this.#steps.push(record);
  }

  /** A better limit at the confirm is recorded behind its intent, before that is sent. */
  #seeIntent(body: AuditRecord['body']): void {
    if (body.kind === 'intentRecorded') this.#intents.set(body.intent.intentId, body.intent);
    else if (body.kind === 'orderSent') this.#sent.add(body.intentId);
    else if (body.kind === 'repriced' && !this.#sent.has(body.intentId)) {
      const intent = this.#intents.get(body.intentId);
      if (intent === undefined) return;
      this.#intents.set(body.intentId, { ...intent, limit: price(body.limit) });
    }
  }

  /** After the records so far; `decisions` are the newest of them, with what they were judged by. */
  summary(decisions: readonly AuditRecord[]): JournalSummary {
    return {
      ...this.#last,
      lastStart: this.#lastStart,
      endedFlat: this.#ended === 'inOrder' && isFlatAfter(this.#changes),
      records: this.#records,
      ended: this.#ended,
      intents: [...this.#intents.values()],
      brokerEvents: this.#brokerEvents,
      steps: this.#steps,
      incidents: this.#incidents.open(),
      lastStep: this.#ended === 'cutOff' ? this.#lastStep.lastStep() : undefined,
      decisions,
    };
  }
}

/** Of a summary what is needed before there is a desk. */
export function lastRunOf(summary: JournalSummary): LastRun {
  const { lastSeq, lastStart, lastSession, lastMarket, endedFlat } = summary;
  return { lastSeq, lastStart, lastSession, lastMarket, endedFlat };
}

/** Folds the records of a journal. */
export function summarizeJournal(records: readonly AuditRecord[]): JournalSummary {
  const fold = new JournalFold();
  for (const record of records) fold.see(record);
  return fold.summary(records.filter(isDecision).slice(-MAX_DECISIONS));
}
