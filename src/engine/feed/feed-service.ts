import type { At } from '../domain/clock.ts';
import type { SessionTimes } from '../domain/session-calendar.ts';
import { MICROS_PER_SECOND } from '../domain/units.ts';
import { ByteFrameDecoder, type FrameBytes } from './byte-frame-decoder.ts';
import { CandleBook } from './candle-book.ts';
import { channelRequestMessage, feedSetupMessage } from './client-messages.ts';
import type { DxLinkClientOptions } from './client-options.ts';
import type { FrameFault } from './error-classes.ts';
import type { ErrorTally } from './error-tally.ts';
import { EVENT_FLAGS } from './event-flags.ts';
import { FeedChannels } from './feed-channels.ts';
import { FEED_TYPES, type FeedSubscription, type FeedType } from './feed-subscription.ts';
import { FeedWatchdog, type StreamAge } from './feed-watchdog.ts';
import type { CandleRow } from './frame-calls.ts';
import { SaleFilter } from './sale-filter.ts';
import type { ServerMessage } from './server-message.ts';
import { SubscriptionBook } from './subscription-book.ts';
import { SubscriptionPacer } from './subscription-pacer.ts';

/** A subscription without an event this long after it was sent is missing. */
export const MISSING_AFTER_MICROS = 30 * MICROS_PER_SECOND;

/** How the service reaches the connection it runs on. */
export interface ConnectionLinks {
  readonly tally: ErrorTally;
  /** Sends one text frame on the connection at hand. */
  readonly send: (text: string) => void;
  /** Takes the control messages that stand between the data. */
  readonly control: (message: ServerMessage) => void;
}

/**
 * The FEED service on a connection: its channels, what is subscribed on them, and what comes. It
 * outlives connections and holds the desired set over all of them.
 */
export class FeedService {
  private readonly options: DxLinkClientOptions;
  private readonly links: ConnectionLinks;
  private readonly book = new SubscriptionBook();
  private readonly candles: CandleBook;
  private readonly channels: FeedChannels;
  private readonly decoder: ByteFrameDecoder;
  private readonly pacer: SubscriptionPacer;
  private readonly sales = new SaleFilter();
  private readonly watchdog = new FeedWatchdog();
  private wallMicros = 0;
  /** The server closed the quotes' channel: once it is open again the connection counts as a new one. */
  private isRenewed = false;

  constructor(options: DxLinkClientOptions, links: ConnectionLinks) {
    this.options = options;
    this.links = links;
    this.candles = new CandleBook(options.handler);
    this.channels = new FeedChannels(options.channelQuotes, options.channelCandles);
    this.pacer = new SubscriptionPacer(this.book, {
      channelOf: (type) => this.channels.channelOf(type),
      resumeMillis: (symbol, since) => this.candles.wholeUntilMillis(symbol, since),
    });
    this.decoder = this.makeDecoder();
  }

  /** Asks for all channels on a connection that has just been authorised. */
  requestChannels(at: At): void {
    for (const { id } of this.channels.all) this.requestChannel(id, at);
  }

  /** True where quotes can come: candles may be had later. */
  isOpen(): boolean {
    return this.channels.areQuotesOpen();
  }

  /** A channel is open: sets it up and begins to subscribe. False where it was not expected. */
  channelOpened(id: number, at: At): boolean {
    if (!this.channels.opened(id)) return false;
    this.decoder.openChannel(id);
    this.sendFeedSetup(id, at.wall);
    this.pacer.channelOpened(id);
    if (!this.channels.typesOf(id).includes('Candle')) {
      this.watchdog.connectionOpened(at.wall);
      if (this.isRenewed) this.renew();
    }
    this.pump(at);
    return true;
  }

  /** Subscribes everything anew, on the channels too that were never interrupted: what they told before
   * says nothing to whoever was told that the feed was down. */
  private renew(): void {
    this.isRenewed = false;
    for (const { id, isOpen } of this.channels.all) if (isOpen) this.pacer.channelOpened(id);
    this.book.forgotten(FEED_TYPES);
    this.candles.connectionLost();
    this.watchdog.connectionLost();
  }

  /** The server closed a channel: asks for it again. `again` where it closed the quotes shortly before,
   * and nothing is asked for; `candles` where quotes go on; `unknown` where the channel was not open. */
  channelClosed(id: number, at: At): 'unknown' | 'candles' | 'first' | 'again' {
    const verdict = this.channels.closed(id, at.wall);
    if (verdict === 'unknown' || verdict === 'again') return verdict;
    const types = this.channels.typesOf(id);
    this.decoder.closeChannel(id);
    this.pacer.channelClosed(id);
    this.book.forgotten(types);
    this.decoder.resubscribed();
    if (verdict === 'candles') {
      this.candles.connectionLost();
      this.pump(at);
    } else {
      this.isRenewed = true;
      this.requestChannel(id, at);
    }
    return verdict;
  }

  /** The socket is gone: everything has to be opened and subscribed anew. */
  connectionLost(): void {
    for (const { id } of this.channels.all) this.decoder.closeChannel(id);
    this.channels.connectionLost();
    this.isRenewed = false;
    this.pacer.connectionLost();
    this.candles.connectionLost();
    this.book.forgotten(FEED_TYPES);
    this.decoder.resubscribed();
    this.watchdog.connectionLost();
  }

  /** Frames of data that the byte decoder left to the complete one. */
  get slowFrames(): number {
    return this.decoder.slowFrames;
  }

  /** Reads one frame and makes its calls. Bytes are valid during the call only. */
  receive(frame: string | FrameBytes, at: At): void {
    this.wallMicros = at.wall;
    const isData =
      typeof frame === 'string'
        ? this.decoder.decodeFrame(frame, at)
        : this.decoder.decodeBytes(frame, at);
    if (isData) this.options.handler.batchEnd(at);
  }

  /** Replaces the desired set, and sends what may be sent now. */
  want(subscriptions: readonly FeedSubscription[], at: At): void {
    this.candles.forget(this.book.want(subscriptions));
    this.decoder.know(this.book.symbols());
    this.pump(at);
  }

  /** Sends the next subscriptions where they are due, and asks for the candles' channel again. */
  pump(at: At): void {
    const { candlesDueAt = Number.POSITIVE_INFINITY } = this.channels;
    if (at.wall >= candlesDueAt) this.requestChannel(this.channels.channelOf('Candle'), at);
    const frame = this.pacer.nextFrame(at.wall);
    if (frame === undefined) return;
    this.decoder.resubscribed();
    this.links.send(frame);
  }

  /** When `pump` will have something to do, in wall microseconds; undefined while nothing waits. */
  pumpAt(now: At): number | undefined {
    const [wakeAt, { candlesDueAt }] = [this.pacer.wakeAt(now.wall), this.channels];
    return candlesDueAt === undefined ? wakeAt : Math.min(candlesDueAt, wakeAt ?? candlesDueAt);
  }

  /** The server refused subscriptions for their rate. */
  rateRefused(at: At): void {
    this.pacer.rateRefused(at.wall);
  }

  /** The server found a frame too large. */
  shrinkFrames(): void {
    this.pacer.shrinkFrames();
  }

  /** Wanted subscriptions that were sent long enough ago and stayed silent, or cannot be sent. */
  missing(at: At): number {
    return this.book.refused + this.book.silentSince(at.wall - MISSING_AFTER_MICROS);
  }

  /** True once a stream has told news on this connection. */
  isLive(stream: FeedType): boolean {
    return this.watchdog.isLive(stream);
  }

  /** The age of each stream in the desired set. */
  streamAges(at: At, session: SessionTimes | undefined): readonly StreamAge[] {
    const wanted = new Set(FEED_TYPES.filter((type) => this.book.wantsAny(type)));
    return this.watchdog.ages(wanted, at, session);
  }

  private makeDecoder(): ByteFrameDecoder {
    const { handler } = this.options;
    const { control, tally } = this.links;
    return new ByteFrameDecoder({
      handler,
      heard: (type, symbol) => this.heard(type, symbol),
      live: (type) => this.watchdog.live(type, this.wallMicros),
      candleRow: (symbol, row) => {
        if (!this.candles.row(symbol, this.meaningful(symbol, row))) tally.count('snapshotTooLong');
      },
      sale: (symbol, sale) => {
        if (this.sales.isNew(symbol, sale)) handler.timeAndSale(symbol, sale);
      },
      control,
      fault: (fault, channel) => this.fault(fault, channel),
    });
  }

  /** The row with the flags that mean something: only history that was asked for comes in
   * snapshots and transactions; elsewhere servers send left-over flags. */
  private meaningful(symbol: string, row: CandleRow): CandleRow {
    if (this.book.hasHistory('Candle', symbol)) return row;
    return { ...row, flags: row.flags & EVENT_FLAGS.removeEvent };
  }

  private heard(type: FeedType, symbol: string): void {
    if (this.book.heard(type, symbol)) this.watchdog.live(type, this.wallMicros);
    else this.watchdog.heard(type, this.wallMicros);
  }

  /** Counts a fault. Rows that do not fit the announcement call for a new announcement. */
  private fault(fault: FrameFault, channel: number | undefined): void {
    this.links.tally.count(fault);
    if (channel === undefined || (fault !== 'rowLength' && fault !== 'unannouncedType')) return;
    if (this.channels.mayAskSetup(channel, this.wallMicros)) {
      this.sendFeedSetup(channel, this.wallMicros);
    }
  }

  private requestChannel(id: number, at: At): void {
    this.channels.asked(id, at.wall);
    this.links.send(channelRequestMessage(id));
  }

  private sendFeedSetup(id: number, wallMicros: number): void {
    const types = this.channels.typesOf(id);
    this.channels.setupSent(id, wallMicros);
    this.links.send(feedSetupMessage(id, types, this.options.aggregationSeconds));
  }
}
