/** What one channel is subscribed to, and what of it is to be sent next. */
import { parseCandleSymbol } from '../live/candle-spec.ts';
import type { Market } from '../market.ts';
import { CandleSubscription } from './candle-subscription.ts';
import type { SubscriptionEntry } from './client-message.ts';
import type { EventSource, EventType } from './event-schema.ts';
import { isEventType } from './event-schema.ts';

const MAX_QUEUED_SALES = 20_000;

/** A subscription to the last value of a symbol. */
export interface LastValueSubscription {
  readonly type: EventType;
  readonly symbol: string;
  source: EventSource | undefined;
  sentVersion: number;
  sentAtMicros: number;
}

/** The sets of one channel. Keys are type and symbol, candles by their canonical symbol; what the
 * market does not have stays subscribed and silent. */
export class ChannelSubscriptions {
  readonly lastValues = new Map<string, LastValueSubscription>();
  readonly candles = new Map<string, CandleSubscription>();
  readonly sales = new Set<string>();
  /** Keys of event types and symbols that can never have an event. */
  readonly #silent = new Set<string>();
  /** The one ticker that has candles. */
  readonly #underlying: string;
  #resolvedEpoch = -1;
  #changes = 0;

  constructor(underlying: string) {
    this.#underlying = underlying;
  }

  /** Grows whenever something is added or removed. */
  get changes(): number {
    return this.#changes;
  }

  /** Number of subscriptions of a type, or of all. */
  count(type: string | undefined): number {
    if (type === 'Candle') return this.candles.size + this.#countSilent('Candle');
    if (type !== undefined) return this.#countSilent(type);
    return this.lastValues.size + this.candles.size + this.sales.size + this.#silent.size;
  }

  #countSilent(type: string): number {
    let count = 0;
    for (const key of this.#silent) if (key.startsWith(`${type} `)) count += 1;
    return count;
  }

  clear(): void {
    this.#changes += 1;
    this.lastValues.clear();
    this.candles.clear();
    this.sales.clear();
    this.#silent.clear();
  }

  /** Adds one; adding an active one again is nothing, but for a candle, which starts over. */
  add(entry: SubscriptionEntry): void {
    const { type, symbol } = entry;
    this.#changes += 1;
    if (type === 'Candle') this.#addCandle(entry);
    else if (type === 'TimeAndSale') this.sales.add(symbol);
    else if (!isEventType(type)) this.#silent.add(`${type} ${symbol}`);
    else if (!this.lastValues.has(`${type} ${symbol}`)) {
      this.#resolvedEpoch = -1;
      const fresh = { source: undefined, sentVersion: 0, sentAtMicros: 0 };
      this.lastValues.set(`${type} ${symbol}`, { type, symbol, ...fresh });
    }
  }

  #addCandle({ symbol, fromTime }: SubscriptionEntry): void {
    const spec = parseCandleSymbol(symbol);
    if (spec?.base !== this.#underlying) this.#silent.add(`Candle ${symbol}`);
    else this.candles.set(spec.symbol, new CandleSubscription(spec, fromTime));
  }

  remove({ type, symbol }: SubscriptionEntry): void {
    this.#changes += 1;
    this.#silent.delete(`${type} ${symbol}`);
    if (type === 'Candle') this.candles.delete(parseCandleSymbol(symbol)?.symbol ?? symbol);
    else if (type === 'TimeAndSale') this.sales.delete(symbol);
    else this.lastValues.delete(`${type} ${symbol}`);
  }

  /** The event types subscribed to that can have events. */
  types(): Set<EventType> {
    const types = new Set<EventType>();
    for (const { type } of this.lastValues.values()) types.add(type);
    if (this.candles.size > 0) types.add('Candle');
    if (this.sales.size > 0) types.add('TimeAndSale');
    return types;
  }

  /** Finds the sources of symbols that were not listed before. */
  resolve(market: Market): void {
    if (market.epoch === this.#resolvedEpoch) return;
    this.#resolvedEpoch = market.epoch;
    for (const subscription of this.lastValues.values()) {
      subscription.source ??= market.find(subscription.type, subscription.symbol);
    }
  }
}

/** A bounded queue of prints; the oldest are lost when nobody takes them. */
export class SaleQueue<T> {
  #rows: T[] = [];

  push(row: T): void {
    if (this.#rows.length >= MAX_QUEUED_SALES) this.#rows.shift();
    this.#rows.push(row);
  }

  take(): T[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }
}
