/**
 * Compares what the account's stream has told of own orders with what the broker's lists show of them. What a
 * list shows is in the books at once; that the stream, which is up, has not told it either after a while is a
 * difference between the two sources, and said once. Of what was before the stream began it tells nothing:
 * that is for the lists alone. Pure, core thread only.
 */

import type { At } from '../engine/domain/clock.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import { MICROS_PER_SECOND } from '../engine/domain/units.ts';
import type { BrokerEvent } from './order-gateway.ts';

/** By then the stream has told what a list shows, unless it has lost it. */
const STREAM_LAGS_MICROS = 3 * MICROS_PER_SECOND;

/** What one source says of one order of an intent. */
export interface OrderFacts {
  readonly intentId: string;
  /** A name of the order that stays: an intent may take several. */
  readonly orderId: string;
  /** Contracts or shares that were executed, by symbol. */
  readonly filled: ReadonlyMap<string, number>;
  /** It was cancelled or rejected. In a list: and its intent ended with it, for where another order takes its
   * place, or the one that was to take its place is refused, that goes on. That it filled is told by its
   * executions, that it expired by the calendar. */
  readonly hasEnded: boolean;
}

interface Told {
  readonly filled: Map<string, number>;
  hasEnded: boolean;
}

interface Compared {
  readonly intentId: string;
  readonly heard: Told;
  readonly listed: Told;
  /** Wall time of the first list that showed what the stream lacks. */
  lacksSince: EpochMicros | undefined;
}

export class StreamWitness {
  /** By order. */
  readonly #compared = new Map<string, Compared>();
  /** Intents of which a difference was told that is not over. */
  readonly #told = new Set<string>();
  /** Since when the stream has been up; undefined while it is not. */
  #upSince: EpochMicros | undefined;
  #hasList = false;

  get size(): number {
    return this.#compared.size + this.#told.size;
  }

  /** The stream tells from now on. What it lacked before is of the past. */
  begin({ wall }: At): void {
    this.#compared.clear();
    this.#upSince = wall;
    this.#hasList = false;
  }

  /** It is down, which is told by itself: whatever it has not told by now is no news. */
  end(): void {
    this.#compared.clear();
    this.#upSince = undefined;
  }

  /** Drops the orders of intents that are not kept any more. */
  keep(isKept: (intentId: string) => boolean): void {
    for (const [orderId, { intentId }] of this.#compared) {
      if (!isKept(intentId)) this.#compared.delete(orderId);
    }
  }

  /** The stream told this. */
  hear(facts: OrderFacts): void {
    if (this.#upSince === undefined) return;
    const order = this.#orderOf(facts);
    fold(order.heard, facts);
    if (whatLacks(order) === undefined) order.lacksSince = undefined;
  }

  /** A list of all orders of the session, asked for at `askedAt`, shows these. The first after the stream
   * began, and those right behind it, show what that need not tell. */
  list(orders: readonly OrderFacts[], askedAt: At, at: At): void {
    const upSince = this.#upSince;
    if (upSince === undefined || askedAt.wall < upSince) return;
    const isOfBefore = !this.#hasList || askedAt.wall < upSince + STREAM_LAGS_MICROS;
    this.#hasList = true;
    for (const facts of orders) {
      const order = this.#orderOf(facts);
      fold(order.listed, facts);
      if (isOfBefore) fold(order.heard, facts);
      if (whatLacks(order) === undefined) order.lacksSince = undefined;
      else order.lacksSince ??= at.wall;
    }
  }

  /** What is to be told now. Called on the clock. */
  judge({ wall }: At): readonly BrokerEvent[] {
    if (this.#upSince === undefined) return [];
    const lacking = new Map<string, 'execution' | 'end'>();
    for (const order of this.#compared.values()) {
      const { intentId, lacksSince } = order;
      const what = lacksSince === undefined ? undefined : whatLacks(order);
      const isDue = lacksSince !== undefined && wall >= lacksSince + STREAM_LAGS_MICROS;
      const isOpen = isDue || this.#told.has(intentId);
      if (what !== undefined && isOpen) lacking.set(intentId, lacking.get(intentId) ?? what);
    }
    const over = [...this.#told].filter((intentId) => !lacking.has(intentId));
    const fresh = [...lacking].filter(([intentId]) => !this.#told.has(intentId));
    for (const intentId of over) this.#told.delete(intentId);
    for (const [intentId] of fresh) this.#told.add(intentId);
    return [
      ...over.map((intentId) => ({ kind: 'unheard', intentId, what: undefined }) as const),
      ...fresh.map(([intentId, what]) => ({ kind: 'unheard', intentId, what }) as const),
    ];
  }

  #orderOf({ orderId, intentId }: OrderFacts): Compared {
    const known = this.#compared.get(orderId);
    if (known !== undefined) return known;
    const nothing = (): Told => ({ filled: new Map(), hasEnded: false });
    const order = { intentId, heard: nothing(), listed: nothing(), lacksSince: undefined };
    this.#compared.set(orderId, order);
    return order;
  }
}

/** Totals only grow: messages and answers overtake each other. */
function fold(told: Told, { filled, hasEnded }: OrderFacts): void {
  for (const [symbol, quantity] of filled) {
    told.filled.set(symbol, Math.max(told.filled.get(symbol) ?? 0, quantity));
  }
  told.hasEnded ||= hasEnded;
}

/** What the lists show of an order and the stream has not told. */
function whatLacks({ heard, listed }: Compared): 'execution' | 'end' | undefined {
  for (const [symbol, quantity] of listed.filled) {
    if (quantity > (heard.filled.get(symbol) ?? 0)) return 'execution';
  }
  return listed.hasEnded && !heard.hasEnded ? 'end' : undefined;
}
