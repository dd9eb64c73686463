/**
 * A stop that rests at the broker sells what is held and nothing else: at most one rests for each
 * position, for no more contracts than are held, and none is left behind. Judged at the broker's door;
 * the book is the desk's, which another oracle holds against the facts.
 */

import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { ENDS, type Report } from './order-oracle.ts';

/** Wall time in which a stop that covers too much is called back. */
const CALLED_BACK_WITHIN_MICROS = 60 * MICROS_PER_SECOND;
/** And by this many looks: a desk that hears no clock calls nothing back. */
const CALLED_BACK_BY_LOOKS = 16;

interface Resting {
  readonly intent: OrderIntent;
  left: number;
  /** Since when it covers more than is held, in wall time, and for how many looks. */
  since: number | undefined;
  looks: number;
}

export class ProtectionOracle {
  readonly #report: Report;
  /** Stops that were sent and have not ended, by intent. */
  readonly #resting = new Map<string, Resting>();
  readonly #fills = new Set<string>();
  /** Stops of which somebody was told that their broker does not let go of them. */
  readonly #excused = new Set<string>();

  constructor(report: Report) {
    this.#report = report;
  }

  onSubmit(intent: OrderIntent): void {
    if (intent.purpose !== 'protective') return;
    const { intentId, positionId } = intent;
    for (const other of this.#resting.values()) {
      if (other.intent.positionId !== positionId) continue;
      this.#report(`${intentId} protects ${positionId} beside ${other.intent.intentId}`);
    }
    this.#resting.set(intentId, { intent, left: intent.quantity, since: undefined, looks: 0 });
  }

  onEvent(event: BrokerEvent): void {
    if (event.kind === 'fill') this.#onFill(event.fill);
    else if ('intentId' in event && ENDS.has(event.kind)) this.#resting.delete(event.intentId);
  }

  #onFill({ fillId, intentId, quantity }: Fill): void {
    const stop = this.#resting.get(intentId);
    if (stop === undefined || this.#fills.has(fillId)) return;
    this.#fills.add(fillId);
    stop.left -= quantity;
    if (stop.left <= 0) this.#resting.delete(intentId);
  }

  onRecord({ body }: AuditRecord): void {
    if (body.kind === 'orderResolved' && body.outcome === 'absentPresumed') {
      this.#resting.delete(body.intentId);
    } else if (body.kind === 'alert' && body.code === 'STOP_NOT_RELEASED') {
      this.#excuse(body.subject);
    }
  }

  #excuse(positionId: string | undefined): void {
    for (const [intentId, { intent }] of this.#resting) {
      if (intent.positionId === positionId) this.#excused.add(intentId);
    }
  }

  /** A stop at the broker would sell more than is held. */
  get isWaiting(): boolean {
    for (const [id, { since }] of this.#resting) {
      if (since !== undefined && !this.#excused.has(id)) return true;
    }
    return false;
  }

  /** Called after every step. */
  afterStep(desk: DeskContext): void {
    for (const [intentId, stop] of this.#resting) this.#look(desk, intentId, stop);
  }

  #look(desk: DeskContext, intentId: string, stop: Resting): void {
    const { wall } = desk.at;
    const held = heldBy(desk, stop.intent);
    if (stop.left <= held || desk.orders.get(intentId)?.status === 'unknown') {
      stop.since = undefined;
      stop.looks = 0;
      return;
    }
    stop.since ??= wall;
    stop.looks += 1;
    const isLate = wall - stop.since > CALLED_BACK_WITHIN_MICROS;
    if (!isLate || stop.looks <= CALLED_BACK_BY_LOOKS || this.#excused.has(intentId)) return;
    this.#excused.add(intentId);
    this.#report(`${intentId} would sell ${stop.left} at the broker where ${held} are held`);
  }

  /** Another process; a broker of the engine's own process knows again only what it `remembers`. */
  onCrash(remembers?: ReadonlySet<string>): void {
    for (const [intentId, stop] of this.#resting) {
      stop.since = undefined;
      stop.looks = 0;
      if (remembers?.has(intentId) === false) this.#resting.delete(intentId);
    }
  }
}

/** Contracts that the stop's position holds of what it would sell. */
function heldBy({ book }: DeskContext, { positionId, legs }: OrderIntent): number {
  const symbols = new Set(legs.map(({ instrument }) => instrumentSymbol(instrument)));
  const held = (book.structure(positionId)?.legs ?? []).filter(({ instrument }) => {
    return symbols.has(instrumentSymbol(instrument));
  });
  return held.reduce((sum, { quantity }) => sum + quantity, 0);
}
