/**
 * No opening works on where it must not: beside a close of its own position, or after the operator has
 * stopped the engine. Its cancel has left before the close goes and before the stop is done, and what a
 * stop leaves behind is named. Judged at the broker's door.
 */

import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import { brokerEventOf } from '../journal-summary.ts';
import { contractsOf } from './expiry-payoff.ts';
import { ENDS, type Report } from './order-oracle.ts';

interface Opening {
  readonly intent: OrderIntent;
  isCancelled: boolean;
  filled: number;
}

/** Reasons of exits by which a market has turned against a position. */
const STOPS: ReadonlySet<string> = new Set(['stop', 'callSideStop', 'putSideStop', 'trail']);

/** A stop that nobody told of may be relied on for so long after the broker's picture that listed it. */
const PROOF_MICROS = 30 * MICROS_PER_SECOND;

/** True where a stop works at the broker, by a picture of just now. */
function hasProof({ at, day, orders }: DeskContext, positionId: string): boolean {
  const stop = orders.protecting(positionId);
  const known = day.protections.get(positionId);
  if (stop === undefined || known?.intentId !== stop.intent.intentId) return false;
  return known.isListed && at.wall - (known.verifiedAt ?? 0) <= PROOF_MICROS;
}

export class RestOracle {
  readonly #report: Report;
  readonly #met: (what: string) => void;
  /** Openings that were sent and have not ended, by intent. */
  readonly #openings = new Map<string, Opening>();
  /** All that were ever sent. */
  readonly #sent = new Map<string, Opening>();
  readonly #fills = new Set<string>();
  #isStopping = false;
  /** What the end of the engine named as left, until it is judged. */
  #left: ReadonlySet<string> | undefined;

  /** `met`: hears of what is rare and worth meeting. */
  constructor(report: Report, met: (what: string) => void) {
    this.#report = report;
    this.#met = met;
  }

  onStop(): void {
    this.#isStopping = true;
  }

  onSubmit(intent: OrderIntent): void {
    const { intentId, positionId, purpose } = intent;
    if (purpose === 'open') {
      if (this.#isStopping) this.#report(`${intentId} opened after the engine was stopped`);
      const opening = { intent, isCancelled: false, filled: 0 };
      this.#sent.set(intentId, opening);
      this.#openings.set(intentId, opening);
      return;
    }
    if (purpose === 'protective') return;
    for (const rest of this.#openings.values()) {
      if (rest.intent.positionId !== positionId || rest.isCancelled) continue;
      this.#report(`${rest.intent.intentId} works on beside ${intentId}, which closes it`);
    }
  }

  onCancel(intentId: string): void {
    const opening = this.#openings.get(intentId);
    if (opening !== undefined) opening.isCancelled = true;
  }

  onEvent(event: BrokerEvent): void {
    if (event.kind === 'fill') this.#countFill(event.fill);
    else if ('intentId' in event && ENDS.has(event.kind)) this.#openings.delete(event.intentId);
  }

  #countFill({ fillId, intentId, quantity }: Fill): void {
    const opening = this.#openings.get(intentId);
    if (opening === undefined || this.#fills.has(fillId)) return;
    this.#fills.add(fillId);
    opening.filled += quantity;
    if (opening.filled >= contractsOf(opening.intent)) this.#openings.delete(intentId);
  }

  onRecord({ body }: AuditRecord): void {
    if (body.kind === 'orderResolved') this.#openings.delete(body.intentId);
    else if (body.kind === 'engineStopped') this.#left = new Set(body.unprotected);
    else if (body.kind === 'exitTriggered' && STOPS.has(body.reason)) {
      const openings = [...this.#openings.values()];
      const isPartial = openings.some(
        ({ intent, filled }) => intent.positionId === body.positionId && filled > 0,
      );
      if (isPartial) this.#met('stopBesideRest');
    }
  }

  /** Called after every step. */
  afterStep(desk: DeskContext): void {
    const left = this.#left;
    if (left === undefined) return;
    this.#left = undefined;
    for (const { intent, isCancelled } of this.#openings.values()) {
      const { intentId, positionId } = intent;
      if (!isCancelled) this.#report(`${intentId} was not called back when the engine stopped`);
      if (!left.has(positionId)) this.#report(`${intentId} may still fill and no stop named it`);
    }
    const { outlivesEngine } = desk.gateway.capabilities;
    for (const { positionId, legs } of desk.book.structures()) {
      const isProtected = outlivesEngine && hasProof(desk, positionId);
      const isHeld = legs.some(({ instrument, quantity }) => {
        const bid = quoteOf(desk, instrumentSymbol(instrument))?.bid ?? 0;
        return quantity < 0 || (quantity > 0 && bid > 0);
      });
      if (isHeld && !isProtected && !left.has(positionId)) {
        this.#report(`${positionId} was left when the engine stopped and no stop named it`);
      }
    }
  }

  /** Another process; what was sent stays sent, but for a broker of the engine's own process: that one is gone
   * with it, and knows again only what these `records` hold. An execution that they lack is none. */
  onCrash(records?: readonly AuditRecord[]): void {
    this.#isStopping = false;
    this.#left = undefined;
    if (records === undefined) return;
    this.#openings.clear();
    this.#fills.clear();
    for (const record of records) {
      const { body } = record;
      const event = brokerEventOf(record);
      if (event?.kind === 'accepted') this.#restore(event.intentId);
      if (event !== undefined) this.onEvent(event);
      else if (body.kind === 'orderResolved') this.#openings.delete(body.intentId);
    }
  }

  #restore(intentId: string): void {
    const opening = this.#sent.get(intentId);
    if (opening === undefined) return;
    opening.filled = 0;
    this.#openings.set(intentId, opening);
  }
}
