import { RateLimiter } from '../../ops/rate-limiter.ts';
import type { EpochMicros } from '../domain/units.ts';
import {
  addMicros,
  MICROS_PER_MILLI,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
} from '../domain/units.ts';
import type { FeedSubscription, FeedType } from './feed-subscription.ts';
import type { SubscriptionBook, SubscriptionEntry } from './subscription-book.ts';

/** Most additions and removals in one frame: larger frames are refused with close code 1009. */
export const MAX_ENTRIES_PER_FRAME = 150;
/** Most bytes in one frame. */
export const MAX_FRAME_BYTES = 8 * 1024;
/** Shortest time between two frames. */
export const FRAME_GAP_MICROS = 100 * MICROS_PER_MILLI;
/** Most additions and removals in any minute; the server refuses above 10,000. */
export const MAX_CHANGES_PER_MINUTE = 8_000;
/** Of these, what is left to the quotes of connections to come: the server may count over connections,
 * and those that break early would use all of it up on what no stop waits for. The rest suffices for a
 * connection with a full chain. */
export const CHANGES_KEPT_FOR_QUOTES = 3_500;
/** Quiet after a rate refusal before anything is subscribed again. */
export const HEAL_AFTER_MICROS = 10 * MICROS_PER_SECOND;
/** Frames are never made smaller than this, however often the server calls them too large. */
const MIN_ENTRIES_PER_FRAME = 10;
const MIN_FRAME_BYTES = 1_024;
/** Bytes set aside for the frame around its entries. */
const ENVELOPE_BYTES = 128;

/** What the pacer has to know of the connection. */
export interface PacerContext {
  /** The channel that carries a type. */
  channelOf(type: FeedType): number;
  /** Until where the history of a candle symbol is whole since a time: it is wanted from there on. */
  resumeMillis(symbol: string, sinceMillis: number): number | undefined;
}

/** A frame being filled. */
interface FrameDraft {
  readonly channel: number;
  readonly maxEntries: number;
  entries: SubscriptionEntry[];
  removed: FeedSubscription[];
  add: string[];
  remove: string[];
  bytes: number;
}

/**
 * Sends the differences between what is wanted and what is subscribed, in order of priority, at a
 * pace the server accepts. After a refusal for rate it falls silent, then sends again whatever got
 * no event, because the server does not say which symbols it refused.
 */
export class SubscriptionPacer {
  private readonly book: SubscriptionBook;
  private readonly context: PacerContext;
  private readonly changes = new RateLimiter({
    limit: MAX_CHANGES_PER_MINUTE,
    windowMicros: MICROS_PER_MINUTE,
  });
  private readonly openChannels = new Set<number>();
  private readonly freshChannels = new Set<number>();
  private maxEntries = MAX_ENTRIES_PER_FRAME;
  private maxBytes = MAX_FRAME_BYTES;
  private nextAt = 0;
  private healAt: EpochMicros | undefined;

  constructor(book: SubscriptionBook, context: PacerContext) {
    this.book = book;
    this.context = context;
  }

  /** A channel is open and empty: its first frame resets it. */
  channelOpened(channel: number): void {
    this.openChannels.add(channel);
    this.freshChannels.add(channel);
  }

  channelClosed(channel: number): void {
    this.openChannels.delete(channel);
  }

  /** The server refused changes for their rate. */
  rateRefused(at: EpochMicros): void {
    this.healAt = addMicros(at, HEAL_AFTER_MICROS);
  }

  /** The connection is gone, and with it what there was to heal. */
  connectionLost(): void {
    this.openChannels.clear();
    this.healAt = undefined;
  }

  /** The server closed because a frame was too large: send smaller ones from now on. */
  shrinkFrames(): void {
    this.maxEntries = Math.max(MIN_ENTRIES_PER_FRAME, Math.floor(this.maxEntries / 2));
    this.maxBytes = Math.max(MIN_FRAME_BYTES, Math.floor(this.maxBytes / 2));
  }

  /** The next FEED_SUBSCRIPTION to send at `at`, taken as sent; undefined where none is due. */
  nextFrame(at: EpochMicros): string | undefined {
    if (this.healAt !== undefined && at >= this.healAt) {
      this.healAt = undefined;
      this.book.resendSilent();
    }
    if (this.healAt !== undefined || at < this.nextAt) return undefined;
    const channel = this.nextChannel();
    const room = this.changes.room(at) - this.keptChanges();
    if (channel === undefined || room <= 0) return undefined;
    const draft = this.fill(channel, Math.min(room, this.maxEntries));
    this.changes.take(draft.entries.length + draft.removed.length, at);
    this.book.sent(draft.entries, draft.removed, at);
    this.nextAt = at + FRAME_GAP_MICROS;
    return this.write(draft);
  }

  /** When `nextFrame` will have something to do; undefined while there is nothing. */
  wakeAt(now: EpochMicros): EpochMicros | undefined {
    if (this.healAt !== undefined) return this.healAt;
    if (this.nextChannel() === undefined) return undefined;
    const roomAt = this.changes.roomAt(1 + this.keptChanges(), now) ?? now;
    return this.nextAt > roomAt ? addMicros(roomAt, this.nextAt - roomAt) : roomAt;
  }

  /** Changes that are not for what comes next: none while a quote waits. */
  private keptChanges(): number {
    const isQuoteWaiting = this.book
      .toSend()
      .some(({ subscription: { type } }) => type === 'Quote');
    return isQuoteWaiting ? 0 : CHANGES_KEPT_FOR_QUOTES;
  }

  private isOpen(type: FeedType): boolean {
    return this.openChannels.has(this.context.channelOf(type));
  }

  private nextChannel(): number | undefined {
    const entry = this.book.toSend().find(({ subscription }) => this.isOpen(subscription.type));
    const next = entry?.subscription ?? this.book.toRemove().find(({ type }) => this.isOpen(type));
    return next === undefined ? undefined : this.context.channelOf(next.type);
  }

  private fill(channel: number, maxEntries: number): FrameDraft {
    const draft: FrameDraft = {
      channel,
      maxEntries,
      entries: [],
      removed: [],
      add: [],
      remove: [],
      bytes: ENVELOPE_BYTES,
    };
    for (const entry of this.book.toSend()) {
      if (this.context.channelOf(entry.subscription.type) !== channel) continue;
      const text = this.addition(entry.subscription);
      if (!this.fits(draft, text)) return draft;
      draft.entries.push(entry);
      draft.add.push(text);
    }
    for (const subscription of this.book.toRemove()) {
      if (this.context.channelOf(subscription.type) !== channel) continue;
      const text = wireEntry(subscription, subscription.fromTimeMillis);
      if (!this.fits(draft, text)) return draft;
      draft.removed.push(subscription);
      draft.remove.push(text);
    }
    return draft;
  }

  /** Takes the bytes of `text` where they fit. A frame with one entry always fits. */
  private fits(draft: FrameDraft, text: string): boolean {
    const bytes = Buffer.byteLength(text) + 1;
    const count = draft.entries.length + draft.removed.length;
    if (count >= draft.maxEntries) return false;
    if (count > 0 && draft.bytes + bytes > this.maxBytes) return false;
    draft.bytes += bytes;
    return true;
  }

  private addition({ type, symbol, fromTimeMillis }: FeedSubscription): string {
    if (fromTimeMillis === undefined) return wireEntry({ type, symbol }, undefined);
    const isCandle = type === 'Candle';
    const resume = isCandle ? this.context.resumeMillis(symbol, fromTimeMillis) : undefined;
    return wireEntry({ type, symbol }, resume ?? fromTimeMillis);
  }

  private write(draft: FrameDraft): string {
    const parts = ['"type":"FEED_SUBSCRIPTION"', `"channel":${draft.channel}`];
    if (this.freshChannels.delete(draft.channel)) parts.push('"reset":true');
    if (draft.remove.length > 0) parts.push(`"remove":[${draft.remove.join()}]`);
    if (draft.add.length > 0) parts.push(`"add":[${draft.add.join()}]`);
    return `{${parts.join()}}`;
  }
}

function wireEntry({ type, symbol }: FeedSubscription, fromTime: number | undefined): string {
  return JSON.stringify(fromTime === undefined ? { type, symbol } : { type, symbol, fromTime });
}
