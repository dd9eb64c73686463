/**
 * What a start must know of the journal before the desk exists, folded as its records are read. Pure.
 */
import type { BrokerEvent } from '../broker/order-gateway.ts';
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../engine/domain/instrument.ts';
import { legSign, type OrderIntent } from '../engine/domain/order.ts';
import { DecisionLog } from './previews/decision-log.ts';

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
  /** True where the last run did not end in order: its journal may lack what came last. */
  readonly wasCutOff: boolean;
  /** Intents in the order recorded, and what the broker reported of them. */
  readonly intents: readonly OrderIntent[];
  readonly brokerEvents: readonly BrokerEvent[];
  /** The records that the desk's state follows from, without what it judged them by. */
  readonly steps: readonly AuditRecord[];
  /** The newest decisions, as far back as they are told. */
  readonly decisions: readonly AuditRecord[];
}

/** The broker's event in a record, as the gateway told it; undefined in records of other kinds. */
export function brokerEventOf(record: AuditRecord): BrokerEvent | undefined {
  if (record.body.kind !== 'brokerEvent') return undefined;
  const { event } = record.body;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this program, checked by hash on reading
  return (event.kind === 'fill' ? { kind: 'fill', fill: event['fill'] } : event) as BrokerEvent;
}

/** Events that change what is held. */
const CHANGES: ReadonlySet<BrokerEvent['kind']> = new Set(['fill', 'busted', 'settlement']);

/** True when what was filled and settled nets to nothing, contract by contract. */
function isFlat(events: readonly BrokerEvent[]): boolean {
  const held = new Map<string, number>();
  const busted = new Set(events.flatMap((e) => (e.kind === 'busted' ? [e.fillId] : [])));
  const add = (symbol: string, change: number): void => {
    held.set(symbol, (held.get(symbol) ?? 0) + change);
  };
  for (const event of events) {
    if (event.kind === 'fill') {
      const { instrument, action, quantity, fillId } = event.fill;
      if (!busted.has(fillId)) add(instrumentSymbol(instrument), legSign(action) * quantity);
    } else if (event.kind === 'settlement') {
      const { instrument, quantity, shares } = event.settlement;
      add(instrumentSymbol(instrument), -quantity);
      if (instrument.kind === 'option') add(instrument.root, shares);
    }
  }
  return [...held.values()].every((quantity) => quantity === 0);
}

/** From these follows nothing but that their session had begun: they tell what was so, or refused. */
const TOLD_ONLY: ReadonlySet<AuditRecord['body']['kind']> = new Set([
  'engineStarted',
  'engineStopped',
  'auditKeyChanged',
  'configChanged',
  'limitsInForce',
  'sessionOpened',
  'previewRefused',
  'confirmRefused',
  'residualAdopted',
  'feedOutage',
  'reconciled',
  'alert',
  'alertDelivered',
]);

/** Without checks and quotes: most of the bytes of a journal, and nothing is decided by them again. */
function lean(record: AuditRecord): AuditRecord {
  const { body } = record;
  if (body.kind !== 'previewMade' && body.kind !== 'intentRecorded') return record;
  return { ...record, body: { ...body, checks: [], quotes: {} } };
}

/** Folds a journal's records as they are read: one fold for all that a start needs of them. */
export class JournalFold {
  readonly #intents: OrderIntent[] = [];
  readonly #brokerEvents: BrokerEvent[] = [];
  readonly #steps: AuditRecord[] = [];
  readonly #decisions = new DecisionLog([]);
  #records = 0;
  #last: AuditRecord | undefined;
  #lastStart: Started | undefined;
  #isStopped = false;
  #hasRun = false;

  /** To be called with each record, in order. */
  see(record: AuditRecord): void {
    const { body, session } = record;
    const isStep = !TOLD_ONLY.has(body.kind) || session !== this.#last?.session;
    this.#records += 1;
    this.#last = record;
    if (body.kind !== 'alertDelivered') {
      this.#isStopped = body.kind === 'engineStopped';
      this.#hasRun = true;
    }
    if (body.kind === 'engineStarted') this.#lastStart = body;
    if (body.kind === 'intentRecorded') this.#intents.push(body.intent);
    const event = brokerEventOf(record);
    if (event !== undefined) this.#brokerEvents.push(event);
    if (isStep) this.#steps.push(lean(record));
    this.#decisions.note(record);
  }

  /** After the records so far. */
  summary(): JournalSummary {
    const changes = this.#brokerEvents.filter(({ kind }) => CHANGES.has(kind));
    return {
      lastSeq: this.#last?.seq ?? 0,
      lastStart: this.#lastStart,
      lastSession: this.#last?.session,
      lastMarket: this.#last?.at.market,
      endedFlat: this.#isStopped && isFlat(changes),
      records: this.#records,
      wasCutOff: this.#hasRun && !this.#isStopped,
      intents: this.#intents,
      brokerEvents: this.#brokerEvents,
      steps: this.#steps,
      decisions: this.#decisions.records,
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
  return fold.summary();
}
