/**
 * The calls between a frame decoder and the client. The decoder is exchangeable: whatever reads
 * frames stands behind FrameDecoder and makes the same calls in the same order.
 */
import type { At } from '../domain/clock.ts';
import type { Bar } from '../domain/market.ts';
import type { FrameFault } from './error-classes.ts';
import type { FeedHandler, SaleUpdate } from './feed-handler.ts';
import type { FeedType } from './feed-subscription.ts';
import type { ServerMessage } from './server-message.ts';

/** One candle event as it stands in the frame, before snapshots are put together. */
export interface CandleRow {
  /** Event flags, 0 where the server sends none. */
  readonly flags: number;
  /** Start of the bar; undefined where it is not a plausible time. */
  readonly timeMillis: number | undefined;
  readonly sequence: number;
  /** Undefined for a marker, and for a bar that cannot be true. */
  readonly bar: Bar | undefined;
}

/** What a decoder calls. Events that need no state of their own go straight to `handler`. */
export interface FrameCalls {
  readonly handler: Pick<FeedHandler, 'quote' | 'trade' | 'greeks' | 'summary'>;
  /** An event of this stream came, whether or not its values are usable; precedes its call. The byte
   * decoder says so for the first event of a subscription only. */
  heard(type: FeedType, symbol: string): void;
  /** The frame at hand holds an event of this type from a subscription that was heard before. */
  live(type: FeedType): void;
  candleRow(symbol: string, row: CandleRow): void;
  sale(symbol: string, sale: SaleUpdate): void;
  control(message: ServerMessage): void;
  /** A frame, a group or a value was dropped. `channel` where it concerns one. */
  fault(fault: FrameFault, channel?: number): void;
}

/** Reads frames. Never throws on what the server sent. */
export interface FrameDecoder {
  /** Starts to accept configuration and data of a channel, with nothing announced yet. */
  openChannel(channel: number): void;
  /** Forgets a channel and what was announced for it. */
  closeChannel(channel: number): void;
  /** Reads one frame given as text. True where it was a frame of data. */
  decodeFrame(frame: string, at: At): boolean;
}
