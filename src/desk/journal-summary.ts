/**
 * What a start must know of the journal before the desk exists, folded as its records are read. Pure.
 */
import type { BrokerEvent } from '../broker/order-gateway.ts';
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../engine/domain/instrument.ts';
import { legSign, type OrderIntent } from '../engine/domain/order.ts';

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

/** That, and the broker's own memory. */
export interface JournalSummary extends LastRun {
  /** Intents in the order recorded, and what the broker reported of them. */
  readonly intents: readonly OrderIntent[];
  readonly brokerEvents: readonly BrokerEvent[];
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

/** Folds records as they are read, and keeps few of them. */
export class LastRunFold {
  readonly #changes: BrokerEvent[] = [];
  #last: AuditRecord | undefined;
  #lastStart: Started | undefined;
  #isStopped = false;

  /** To be called with each record, in order. */
  see(record: AuditRecord): void {
    const { body } = record;
    this.#last = record;
    if (body.kind !== 'alertDelivered') this.#isStopped = body.kind === 'engineStopped';
    if (body.kind === 'engineStarted') this.#lastStart = body;
    const event = brokerEventOf(record);
    if (event !== undefined && CHANGES.has(event.kind)) this.#changes.push(event);
  }

  /** After the records so far. */
  lastRun(): LastRun {
    return {
      lastSeq: this.#last?.seq ?? 0,
      lastStart: this.#lastStart,
      lastSession: this.#last?.session,
      lastMarket: this.#last?.at.market,
      endedFlat: this.#isStopped && isFlat(this.#changes),
    };
  }
}

/** Folds the journal once, for the clock and the broker's own memory. */
export function summarizeJournal(records: readonly AuditRecord[]): JournalSummary {
  const fold = new LastRunFold();
  const intents: OrderIntent[] = [];
  const brokerEvents: BrokerEvent[] = [];
  for (const record of records) {
    fold.see(record);
    if (record.body.kind === 'intentRecorded') intents.push(record.body.intent);
    const event = brokerEventOf(record);
    if (event !== undefined) brokerEvents.push(event);
  }
  return { ...fold.lastRun(), intents, brokerEvents };
}
