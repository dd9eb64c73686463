/**
 * An UNKNOWN outcome ends by evidence alone: an order is presumed absent only where its broker never
 * got it, and no sooner than the broker's lists, and the silence of its stream, can prove that. Judged
 * by what came to the broker's door and by the records.
 */

import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import { brokerEventOf } from '../journal-summary.ts';
import type { Report } from './order-oracle.ts';

/** Wall time from the moment of doubt, and from the last gap of the stream, to the second list. */
const LEAST_WITH_STREAM_MICROS = 15_000_000;
/** The same for what closes, whatever the stream did. */
const LEAST_BY_LISTS_MICROS = 30_000_000;

/** What brings an order back that was given up. */
const APPEARS: ReadonlySet<BrokerEvent['kind']> = new Set(['accepted', 'fill']);

type Resolved = Extract<AuditBody, { readonly kind: 'orderResolved' }>;

export class AbsenceOracle {
  readonly #report: Report;
  readonly #opens = new Set<string>();
  /** Orders that have come to the broker's door, by intent. */
  readonly #arrived = new Set<string>();
  /** Orders that were asked to move since one of theirs has come: where a change is a new order, the newest
   * may not have. */
  readonly #moved = new Set<string>();
  /** Since when each outcome is open, in wall time of this run. */
  readonly #doubtedAt = new Map<string, number>();
  /** Orders that were given up, and of them those that have come to the door since then. */
  #givenUp = new Set<string>();
  readonly #cameLater = new Set<string>();
  #startedAt = 0;
  /** Since when this run has its stream; undefined while it has none. */
  #connectedAt: number | undefined;

  constructor(report: Report) {
    this.#report = report;
  }

  /** An order has come to the door of a broker behind wires, and was taken. */
  onArrival(intentId: string): void {
    this.#arrived.add(intentId);
    this.#moved.delete(intentId);
    if (this.#givenUp.has(intentId)) this.#cameLater.add(intentId);
  }

  /** The stream went down or came back. */
  onConnection(connected: boolean, wall: number): void {
    this.#connectedAt = connected ? wall : undefined;
  }

  onRecord(record: AuditRecord): void {
    const { body, at } = record;
    if (body.kind === 'engineStarted') this.#onStart(at.wall);
    else if (body.kind === 'repriced') this.#moved.add(body.intentId);
    else if (body.kind === 'intentRecorded' && body.intent.purpose === 'open') {
      this.#opens.add(body.intent.intentId);
    } else if (body.kind === 'orderResolved' && body.outcome === 'absentPresumed') {
      this.#judge(body, at.wall);
    }
    const event = brokerEventOf(record);
    if (event !== undefined) this.#onEvent(event, at.wall);
  }

  #onStart(wall: number): void {
    this.#startedAt = wall;
    this.#connectedAt = undefined;
  }

  #judge({ intentId }: Resolved, wall: number): void {
    if (this.#arrived.has(intentId) && !this.#moved.has(intentId)) {
      this.#report(`${intentId} is presumed absent and has reached the broker`);
    }
    this.#givenUp.add(intentId);
    const since = Math.max(this.#startedAt, this.#doubtedAt.get(intentId) ?? 0);
    const quiet = wall - Math.max(since, this.#connectedAt ?? wall);
    const isByLists = !this.#opens.has(intentId) && wall - since >= LEAST_BY_LISTS_MICROS;
    if (quiet >= LEAST_WITH_STREAM_MICROS || isByLists) return;
    this.#report(`${intentId} is presumed absent after ${quiet / 1_000_000} s`);
  }

  #onEvent(event: BrokerEvent, wall: number): void {
    if (event.kind === 'connection' || event.kind === 'settlement' || event.kind === 'marked')
      return;
    const intentId = event.kind === 'fill' ? event.fill.intentId : event.intentId;
    if (event.kind === 'unknown' || event.kind === 'busted') this.#doubtedAt.set(intentId, wall);
    const isThere = APPEARS.has(event.kind) && this.#givenUp.delete(intentId);
    if (isThere && !this.#cameLater.has(intentId)) {
      this.#report(`${intentId} was presumed absent and is ${event.kind} at the broker`);
    }
  }

  /** Another process: what it finds without an outcome it doubts from its start on. */
  onCrash(records: readonly AuditRecord[]): void {
    this.#doubtedAt.clear();
    this.#givenUp = new Set();
    for (const { body } of records) {
      const isAbsent = body.kind === 'orderResolved' && body.outcome === 'absentPresumed';
      if (isAbsent) this.#givenUp.add(body.intentId);
    }
  }
}
