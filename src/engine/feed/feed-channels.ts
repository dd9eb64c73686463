import { MICROS_PER_SECOND } from '../domain/units.ts';
import type { FeedType } from './feed-subscription.ts';
import { FEED_TYPES } from './feed-subscription.ts';

/** Shortest time between two FEED_SETUP messages on one channel. */
export const SETUP_GAP_MICROS = 10 * MICROS_PER_SECOND;
/** A channel that the server closes twice within this time keeps closing. */
export const REOPEN_GAP_MICROS = 60 * MICROS_PER_SECOND;
/** Waits before the candles' channel is asked for once more: doubled each time, up to the most. */
const CANDLES_FIRST_WAIT_MICROS = 10 * MICROS_PER_SECOND;
const CANDLES_MOST_WAIT_MICROS = 60 * MICROS_PER_SECOND;

interface FeedChannel {
  readonly id: number;
  readonly types: readonly FeedType[];
  isOpen: boolean;
  setupSentAt: number;
  closedAt: number;
}

function channel(id: number, types: readonly FeedType[]): FeedChannel {
  return { id, types, isOpen: false, setupSentAt: 0, closedAt: 0 };
}

/**
 * The two channels of a connection: candles have one of their own, so that their long snapshots
 * share neither format nor order with quotes. A connection is open with its quotes: candles that cannot
 * be had are asked for again by themselves, and cost no quote. Times are wall microseconds.
 */
export class FeedChannels {
  readonly all: readonly Readonly<FeedChannel>[];
  private readonly quotes: FeedChannel;
  private readonly candles: FeedChannel;
  private candlesAskedAt = 0;
  private candleRequests = 0;
  private askCandlesAt: number | undefined;

  constructor(quotesId: number, candlesId: number) {
    this.quotes = channel(
      quotesId,
      FEED_TYPES.filter((type) => type !== 'Candle'),
    );
    this.candles = channel(candlesId, ['Candle']);
    this.all = [this.quotes, this.candles];
  }

  /** The channel that carries a type. */
  channelOf(type: FeedType): number {
    return type === 'Candle' ? this.candles.id : this.quotes.id;
  }

  /** The types that a channel carries; none for a channel that is not ours. */
  typesOf(id: number): readonly FeedType[] {
    return this.find(id)?.types ?? [];
  }

  areQuotesOpen(): boolean {
    return this.quotes.isOpen;
  }

  /** A channel is asked for. */
  asked(id: number, wallMicros: number): void {
    if (id !== this.candles.id) return;
    this.candlesAskedAt = wallMicros;
    this.askCandlesAt = wallMicros + this.candlesWait();
    this.candleRequests += 1;
  }

  /** When the candles' channel is to be asked for again; undefined while it is open or cannot be. */
  get candlesDueAt(): number | undefined {
    return this.candles.isOpen ? undefined : this.askCandlesAt;
  }

  private candlesWait(): number {
    const wait = CANDLES_FIRST_WAIT_MICROS * 2 ** this.candleRequests;
    return Math.min(wait, CANDLES_MOST_WAIT_MICROS);
  }

  /** Marks a channel open. False where it is not ours or open already. */
  opened(id: number): boolean {
    const found = this.find(id);
    if (found === undefined || found.isOpen) return false;
    found.isOpen = true;
    return true;
  }

  /** Marks a channel closed by the server: `again` where that happened to the quotes shortly before. */
  closed(id: number, wallMicros: number): 'unknown' | 'candles' | 'first' | 'again' {
    const found = this.find(id);
    if (found === undefined || !found.isOpen) return 'unknown';
    if (found === this.candles) {
      found.isOpen = false;
      if (wallMicros - this.candlesAskedAt >= REOPEN_GAP_MICROS) this.candleRequests = 0;
      this.askCandlesAt = wallMicros + (this.candleRequests <= 1 ? 0 : this.candlesWait());
      return 'candles';
    }
    const isRepeated = found.closedAt > 0 && wallMicros - found.closedAt < REOPEN_GAP_MICROS;
    found.isOpen = false;
    found.closedAt = wallMicros;
    return isRepeated ? 'again' : 'first';
  }

  /** True where FEED_SETUP may be sent on an open channel once more. */
  mayAskSetup(id: number, wallMicros: number): boolean {
    const found = this.find(id);
    return found?.isOpen === true && wallMicros - found.setupSentAt >= SETUP_GAP_MICROS;
  }

  setupSent(id: number, wallMicros: number): void {
    const found = this.find(id);
    if (found !== undefined) found.setupSentAt = wallMicros;
  }

  /** All channels went with the socket. */
  connectionLost(): void {
    for (const lost of [this.quotes, this.candles]) lost.isOpen = false;
    this.candleRequests = 0;
    this.askCandlesAt = undefined;
  }

  private find(id: number): FeedChannel | undefined {
    if (id === this.quotes.id) return this.quotes;
    return id === this.candles.id ? this.candles : undefined;
  }
}
