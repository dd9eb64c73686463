/** The desk's own record of every order of the day: what was asked, what is known, what is left. */

import type { ApprovedOrder } from '../broker/approved-order.ts';
import type { At } from '../engine/domain/clock.ts';
import { instrumentSymbol } from '../engine/domain/instrument.ts';
import type { Fill, OrderIntent, OrderStatus } from '../engine/domain/order.ts';
import { FINAL_ORDER_STATUSES, legSign } from '../engine/domain/order.ts';
import type { Cents, EpochMicros, Price } from '../engine/domain/units.ts';
import { price } from '../engine/domain/units.ts';
import type { Urgency } from './exits/exit-policy.ts';

/** One order. Changed by the order book's users on the core thread only. */
export interface OrderRecord {
  readonly intent: OrderIntent;
  readonly orderHash: string;
  readonly shapeHash: string;
  /** Worst case of the whole order after fees, positive; 0 for orders that close. */
  readonly worstCaseCents: Cents;
  readonly createdAt: At;
  readonly tokenSha256: string | null;
  /** The record that must be durable before anything is sent. */
  readonly intentSeq: number;
  approved: ApprovedOrder | undefined;
  status: OrderStatus;
  updatedAt: At;
  sentAt: At | undefined;
  brokerOrderId: string | undefined;
  reason: string | undefined;
  /** The limit last asked for. */
  limit: Price;
  /** The limit that the broker has, as far as it has told. */
  brokerLimit: Price;
  urgency: Urgency;
  cancelRequested: boolean;
  /** Wall time since which a leg of a working close has had no market on its side. */
  marketMissingSince: EpochMicros | undefined;
  /** The broker refused to change the order: its limit stays where it is until this wall time. */
  limitStaysUntil: EpochMicros | undefined;
  readonly fills: Fill[];
}

export function isFinal(order: OrderRecord): boolean {
  return FINAL_ORDER_STATUSES.has(order.status);
}

/** Units whose every leg has filled. */
export function filledUnits(order: OrderRecord): number {
  let units = Number.POSITIVE_INFINITY;
  for (const leg of order.intent.legs) {
    const symbol = instrumentSymbol(leg.instrument);
    let filled = 0;
    for (const fill of order.fills) {
      if (instrumentSymbol(fill.instrument) === symbol) filled += fill.quantity;
    }
    units = Math.min(units, Math.floor(filled / leg.ratio));
  }
  return Number.isFinite(units) ? units : 0;
}

/** Signed net of the fills per unit, rounded to 1/10,000; undefined before the first whole unit. */
export function averageFillNet(order: OrderRecord): Price | undefined {
  const units = filledUnits(order);
  if (units === 0) return undefined;
  let net = 0;
  for (const fill of order.fills) net -= legSign(fill.action) * fill.price * fill.quantity;
  return price(Math.round(net / units));
}

/** Orders by id, oldest first. */
export class OrderBook {
  readonly #orders = new Map<string, OrderRecord>();
  #lastNumber = 0;

  /** A new deterministic id: the session's date and a counter. */
  nextIntentId(session: string): string {
    this.#lastNumber += 1;
    return `${session.replaceAll('-', '')}-${String(this.#lastNumber).padStart(6, '0')}`;
  }

  /** Makes sure that ids given out before a restart are never given out again. */
  seen(intentId: string): void {
    const number = Number(intentId.split('-')[1]);
    if (Number.isSafeInteger(number)) this.#lastNumber = Math.max(this.#lastNumber, number);
  }

  add(order: OrderRecord): void {
    this.seen(order.intent.intentId);
    this.#orders.set(order.intent.intentId, order);
  }

  get(intentId: string): OrderRecord | undefined {
    return this.#orders.get(intentId);
  }

  all(): readonly OrderRecord[] {
    return [...this.#orders.values()];
  }

  /** Orders whose end is not known: recorded, sending, unknown or working. */
  live(): readonly OrderRecord[] {
    return this.all().filter((order) => !isFinal(order));
  }

  /** Live orders that close the position. */
  closing(positionId: string): readonly OrderRecord[] {
    return this.live().filter(
      (order) => order.intent.positionId === positionId && order.intent.purpose !== 'open',
    );
  }

  byToken(tokenSha256: string): readonly OrderRecord[] {
    return this.all().filter((order) => order.tokenSha256 === tokenSha256);
  }
}
