/** Orders that may still fill, whatever they are for, from records and the broker's words alone. */

import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { AuditBody } from '../../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import { contractsOf } from './expiry-payoff.ts';

export interface LiveOrder {
  readonly intent: OrderIntent;
  /** Contracts, by symbol. */
  readonly filled: Map<string, number>;
}

function isProvenAbsent(body: AuditBody): body is Extract<AuditBody, { kind: 'orderResolved' }> {
  return body.kind === 'orderResolved' && body.outcome === 'absentPresumed';
}

export function filledOf({ filled }: LiveOrder): number {
  return [...filled.values()].reduce((sum, contracts) => sum + contracts, 0);
}

/** The part of it that may still fill. */
export function shareLeft(order: LiveOrder): number {
  return 1 - filledOf(order) / contractsOf(order.intent);
}

/** Contracts of a leg that may still fill, without a sign. */
export function legLeft({ intent, filled }: LiveOrder, leg: OrderIntent['legs'][number]): number {
  return leg.ratio * intent.quantity - (filled.get(instrumentSymbol(leg.instrument)) ?? 0);
}

export class LiveOrders {
  readonly #orders = new Map<string, LiveOrder>();

  all(): readonly LiveOrder[] {
    return [...this.#orders.values()];
  }

  /** Without the one that is judged. */
  openingsBut(intentId?: string): readonly LiveOrder[] {
    return this.all().filter(({ intent }) => {
      return intent.purpose === 'open' && intent.intentId !== intentId;
    });
  }

  onRecord(body: AuditBody): void {
    if (body.kind === 'sendBlocked' || isProvenAbsent(body)) this.#orders.delete(body.intentId);
    else if (body.kind === 'intentRecorded') {
      const { intent } = body;
      this.#orders.set(intent.intentId, { intent, filled: new Map() });
    } else if (body.kind === 'repriced' && body.exitPlan !== undefined) {
      const { intentId, exitPlan } = body;
      const order = this.#orders.get(intentId);
      if (order === undefined) return;
      this.#orders.set(intentId, { ...order, intent: { ...order.intent, exitPlan } });
    }
  }

  intentOf(intentId: string): OrderIntent | undefined {
    return this.#orders.get(intentId)?.intent;
  }

  onEvent(event: BrokerEvent): void {
    if (event.kind === 'rejected' || event.kind === 'cancelled' || event.kind === 'expired') {
      this.#orders.delete(event.intentId);
    }
  }

  /** An execution that was not heard before. */
  onFill({ intentId, instrument, quantity }: Fill): void {
    const order = this.#orders.get(intentId);
    if (order === undefined) return;
    const symbol = instrumentSymbol(instrument);
    order.filled.set(symbol, (order.filled.get(symbol) ?? 0) + quantity);
    if (filledOf(order) >= contractsOf(order.intent)) this.#orders.delete(intentId);
  }

  /** Another process, which has read nothing yet. */
  clear(): void {
    this.#orders.clear();
  }

  /** A broker that died with the engine knows of no others. */
  keepOnly(remembered: ReadonlySet<string>): void {
    for (const intentId of this.#orders.keys()) {
      if (!remembered.has(intentId)) this.#orders.delete(intentId);
    }
  }
}
