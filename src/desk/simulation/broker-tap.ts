/** Stands right before a broker and tells an observer what reaches it and what it answers. */

import type { ApprovedOrder } from '../../broker/approved-order.ts';
import type {
  AccountSnapshot,
  BrokerCapabilities,
  BrokerEvent,
  GatewayEffect,
  OrderGateway,
  WireInput,
} from '../../broker/order-gateway.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';

/** Hears what goes on at a broker, before the desk does. */
export interface BrokerObserver {
  onSubmit(intent: OrderIntent, at: At): void;
  onReprice(intent: OrderIntent, at: At): void;
  onCancel?(intentId: string): void;
  onEvent(event: BrokerEvent, at: At): void;
}

export class BrokerTap implements OrderGateway {
  readonly #broker: OrderGateway;
  readonly #observer: BrokerObserver;

  constructor(broker: OrderGateway, observer: BrokerObserver) {
    this.#broker = broker;
    this.#observer = observer;
  }

  get capabilities(): BrokerCapabilities {
    return this.#broker.capabilities;
  }

  get accountId(): string {
    return this.#broker.accountId;
  }

  submit(order: ApprovedOrder, at: At): readonly GatewayEffect[] {
    this.#observer.onSubmit(order.intent, at);
    return this.#told(this.#broker.submit(order, at), at);
  }

  cancel(intentId: string, at: At): readonly GatewayEffect[] {
    this.#observer.onCancel?.(intentId);
    return this.#told(this.#broker.cancel(intentId, at), at);
  }

  reprice(order: ApprovedOrder, at: At): readonly GatewayEffect[] {
    this.#observer.onReprice(order.intent, at);
    return this.#told(this.#broker.reprice(order, at), at);
  }

  findByIntent(intentId: string, at: At): readonly GatewayEffect[] {
    return this.#told(this.#broker.findByIntent(intentId, at), at);
  }

  dryRun(intent: OrderIntent, at: At): readonly GatewayEffect[] {
    return this.#told(this.#broker.dryRun(intent, at), at);
  }

  onQuote(symbol: string, quote: Quote, at: At, place?: number): readonly GatewayEffect[] {
    return this.#told(this.#broker.onQuote(symbol, quote, at, place), at);
  }

  onBatchEnd(at: At): readonly GatewayEffect[] {
    return this.#told(this.#broker.onBatchEnd(at), at);
  }

  forgetQuotes(): void {
    this.#broker.forgetQuotes();
  }

  onWire(input: WireInput, at: At): readonly GatewayEffect[] {
    return this.#told(this.#broker.onWire(input, at), at);
  }

  onClock(at: At, session: SessionTimes): readonly GatewayEffect[] {
    return this.#told(this.#broker.onClock(at, session), at);
  }

  nextWake(): EpochMicros | undefined {
    return this.#broker.nextWake();
  }

  lookAgain(at: At): void {
    this.#broker.lookAgain(at);
  }

  snapshot(at: At): AccountSnapshot | undefined {
    return this.#broker.snapshot(at);
  }

  #told(effects: readonly GatewayEffect[], at: At): readonly GatewayEffect[] {
    for (const effect of effects) {
      if (effect.kind === 'event') this.#observer.onEvent(effect.event, at);
    }
    return effects;
  }
}
