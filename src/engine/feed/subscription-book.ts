import type { FeedSubscription, FeedType } from './feed-subscription.ts';
import { canonicalSubscription, FEED_TYPES } from './feed-subscription.ts';

/** Most subscriptions (symbol x type) a DXLink connection takes. */
export const MAX_SUBSCRIPTIONS = 25_000;
/** Most candle subscriptions a connection takes. */
export const MAX_CANDLE_SUBSCRIPTIONS = 100;

/** One wanted subscription and how far it has come on this connection. */
export interface SubscriptionEntry {
  subscription: FeedSubscription;
  /** Place in the order of priority, 0 first. */
  rank: number;
  /** When it was last sent, wall microseconds; undefined while it waits to be sent. */
  sentAt: number | undefined;
  /** True where the server of this connection may hold it, whether or not it is to be sent again. */
  isAtServer: boolean;
  /** True once an event came since it was sent on this connection. */
  isHeard: boolean;
}

type EntriesByType = Readonly<Record<FeedType, Map<string, SubscriptionEntry>>>;

function emptyByType(): EntriesByType {
  return {
    Quote: new Map(),
    Trade: new Map(),
    Greeks: new Map(),
    Summary: new Map(),
    TimeAndSale: new Map(),
    Candle: new Map(),
  };
}

/**
 * What is wanted, what has been sent, and what has answered. Holds the desired set over all
 * connections; the server keeps nothing between two sockets.
 */
export class SubscriptionBook {
  private entries = emptyByType();
  private removals: FeedSubscription[] = [];
  private waiting: SubscriptionEntry[] = [];
  private isWaitingStale = false;
  private refusedCount = 0;

  /** Wanted subscriptions that are not sent because they are broken or exceed a limit. */
  get refused(): number {
    return this.refusedCount;
  }

  /**
   * Replaces the desired set; the order given is the order of priority. What is already subscribed
   * stays so and is not sent again, unless a candle's history is wanted from another time. Returns
   * the candle symbols whose history begins anew or ends.
   */
  want(subscriptions: readonly FeedSubscription[]): readonly string[] {
    const earlier = this.entries;
    const removing = this.removals;
    const atServer = new Set(removing.map(keyOf));
    this.entries = emptyByType();
    this.removals = [];
    this.refusedCount = 0;
    subscriptions.forEach((wanted, rank) => {
      this.enter(wanted, rank, earlier);
    });
    for (const type of FEED_TYPES) {
      for (const entry of this.entries[type].values()) {
        if (atServer.has(keyOf(entry.subscription))) entry.isAtServer = true;
      }
    }
    for (const subscription of removing) this.removeUnlessWanted(subscription);
    for (const type of FEED_TYPES) {
      for (const { subscription, isAtServer } of earlier[type].values()) {
        if (isAtServer) this.removeUnlessWanted(subscription);
      }
    }
    this.isWaitingStale = true;
    return this.changedCandles(earlier);
  }

  /** True where the stream is in the desired set. */
  isWanted(type: FeedType, symbol: string): boolean {
    return this.entries[type].has(symbol);
  }

  /** True where any stream of the type is in the desired set. */
  wantsAny(type: FeedType): boolean {
    return this.entries[type].size > 0;
  }

  /** True where the stream is wanted with its history. */
  hasHistory(type: FeedType, symbol: string): boolean {
    return this.entries[type].get(symbol)?.subscription.fromTimeMillis !== undefined;
  }

  /** Notes that an event of this stream came. True where it is not the first one since the stream
   * was subscribed: the first may be as old as the day, the others are news. */
  heard(type: FeedType, symbol: string): boolean {
    const entry = this.entries[type].get(symbol);
    if (entry === undefined || entry.sentAt === undefined) return false;
    const wasHeard = entry.isHeard;
    entry.isHeard = true;
    return wasHeard;
  }

  /** The symbols of the desired set, candles left out. */
  *symbols(): Iterable<string> {
    for (const type of FEED_TYPES) if (type !== 'Candle') yield* this.entries[type].keys();
  }

  /** Subscriptions still to be sent, in order of priority. */
  toSend(): readonly SubscriptionEntry[] {
    if (this.isWaitingStale) {
      this.waiting = this.all().filter((entry) => entry.sentAt === undefined);
      this.waiting.sort((left, right) => left.rank - right.rank);
      this.isWaitingStale = false;
    }
    return this.waiting;
  }

  /** Subscriptions still to be taken back at the server. */
  toRemove(): readonly FeedSubscription[] {
    return this.removals;
  }

  /** Notes that these entries and removals stand in a frame sent at `wallMicros`. */
  sent(
    entries: readonly SubscriptionEntry[],
    removed: readonly FeedSubscription[],
    wallMicros: number,
  ): void {
    for (const entry of entries) {
      entry.sentAt = wallMicros;
      entry.isAtServer = true;
      entry.isHeard = false;
    }
    const gone = new Set(removed);
    this.removals = this.removals.filter((subscription) => !gone.has(subscription));
    const done = new Set(entries);
    this.waiting = this.waiting.filter((entry) => !done.has(entry));
  }

  /** The server forgot everything of these types: all of it waits to be sent again. */
  forgotten(types: readonly FeedType[]): void {
    for (const type of types) {
      for (const entry of this.entries[type].values()) {
        entry.sentAt = undefined;
        entry.isAtServer = false;
        entry.isHeard = false;
      }
    }
    this.removals = this.removals.filter((subscription) => !types.includes(subscription.type));
    this.isWaitingStale = true;
  }

  /** Puts everything that was sent and stayed silent back among what is to be sent. */
  resendSilent(): void {
    for (const entry of this.all()) if (!entry.isHeard) entry.sentAt = undefined;
    this.isWaitingStale = true;
  }

  /** How many were sent at or before `wallMicros` and stayed silent. */
  silentSince(wallMicros: number): number {
    let silent = 0;
    for (const type of FEED_TYPES) {
      for (const { sentAt, isHeard } of this.entries[type].values()) {
        if (sentAt !== undefined && sentAt <= wallMicros && !isHeard) silent += 1;
      }
    }
    return silent;
  }

  private all(): SubscriptionEntry[] {
    return FEED_TYPES.flatMap((type) => [...this.entries[type].values()]);
  }

  private count(): number {
    return FEED_TYPES.reduce((sum, type) => sum + this.entries[type].size, 0);
  }

  private enter(wanted: FeedSubscription, rank: number, earlier: EntriesByType): void {
    const subscription = canonicalSubscription(wanted);
    if (subscription === undefined) {
      this.refusedCount += 1;
      return;
    }
    const { type, symbol } = subscription;
    if (this.entries[type].has(symbol)) return;
    const isOverCandleLimit =
      type === 'Candle' && this.entries.Candle.size >= MAX_CANDLE_SUBSCRIPTIONS;
    if (isOverCandleLimit || this.count() >= MAX_SUBSCRIPTIONS) {
      this.refusedCount += 1;
      return;
    }
    const known = earlier[type].get(symbol);
    const isSame = known?.subscription.fromTimeMillis === subscription.fromTimeMillis;
    const kept = isSame ? known : undefined;
    this.entries[type].set(symbol, {
      subscription,
      rank,
      sentAt: kept?.sentAt,
      isAtServer: known?.isAtServer ?? false,
      isHeard: kept?.isHeard ?? false,
    });
  }

  private changedCandles(earlier: EntriesByType): readonly string[] {
    return [...earlier.Candle.values()]
      .map(({ subscription }) => subscription)
      .filter(({ symbol, fromTimeMillis }) => {
        const wanted = this.entries.Candle.get(symbol)?.subscription;
        return wanted === undefined || wanted.fromTimeMillis !== fromTimeMillis;
      })
      .map(({ symbol }) => symbol);
  }

  private removeUnlessWanted(subscription: FeedSubscription): void {
    if (!this.isWanted(subscription.type, subscription.symbol)) this.removals.push(subscription);
  }
}

function keyOf({ type, symbol }: FeedSubscription): string {
  return `${type} ${symbol}`;
}
