/** The decoder of the market feed: frames of data straight from their bytes, the rest as text. */
import type { At } from '../domain/clock.ts';
import { ByteTable } from './byte-table.ts';
import { asciiBytes, standsAt } from './byte-text.ts';
import type { ChannelFormat } from './channel-format.ts';
import { NUMBER_TYPES, NUMBERS_PER_EVENT } from './event-numbers.ts';
import { EventReader } from './event-reader.ts';
import type { FrameCalls, FrameDecoder } from './frame-calls.ts';
import { FrameScan } from './frame-scan.ts';
import { JsonFrameDecoder } from './json-frame-decoder.ts';
import { NO_QUOTE } from './row-scan.ts';

const ZERO = 0x30;
const NINE = 0x39;
const DATA_HEAD = asciiBytes('{"type":"FEED_DATA","channel":');
const LIST_HEAD = asciiBytes(',"data":[');
const TAIL = asciiBytes(']}');
const QUOTE = NUMBER_TYPES.indexOf('Quote');
/** Channel numbers of more digits go the complete way. */
const MAX_CHANNEL_DIGITS = 6;

/** A part of a larger buffer that holds one frame. */
export interface FrameBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads quotes, trades, greeks and summaries without a string or an object for any of them. Every
 * other frame, and every frame of data that is not written plainly, goes to JsonFrameDecoder, whole:
 * no event of it was made before. Both make the same calls.
 */
export class ByteFrameDecoder implements FrameDecoder {
  private readonly calls: FrameCalls;
  private readonly complete: JsonFrameDecoder;
  private readonly formats = new Map<number, ChannelFormat>();
  private readonly reader: EventReader;
  private readonly scan = new FrameScan();
  private symbols = new ByteTable([]);
  /** 1 for each type and symbol that was heard since `resubscribed`. */
  private heard = new Uint8Array(0);
  private readonly isLive = new Uint8Array(NUMBER_TYPES.length);
  private slow = 0;

  constructor(calls: FrameCalls) {
    this.calls = calls;
    this.reader = new EventReader(calls);
    this.complete = new JsonFrameDecoder(calls, this.formats);
  }

  /** Frames of data that had to go the complete way. */
  get slowFrames(): number {
    return this.slow;
  }

  /** The symbols whose events are expected; those of others go the complete way. */
  know(symbols: Iterable<string>): void {
    this.symbols = new ByteTable(symbols);
    this.scan.know(this.symbols);
    this.heard = new Uint8Array(this.symbols.texts.length * NUMBER_TYPES.length);
  }

  /** Subscriptions were sent, or lost: their next events are first ones. */
  resubscribed(): void {
    this.heard.fill(0);
  }

  openChannel(channel: number): void {
    this.complete.openChannel(channel);
  }

  closeChannel(channel: number): void {
    this.complete.closeChannel(channel);
  }

  decodeFrame(frame: string, at: At): boolean {
    return this.complete.decodeFrame(frame, at);
  }

  /** Reads one frame given as bytes, valid during the call only. True where it was a frame of data. */
  decodeBytes(frame: FrameBytes, at: At): boolean {
    const { bytes, start, end } = frame;
    const isData = standsAt(DATA_HEAD, bytes, start);
    if (isData && this.decodeData(frame, at)) return true;
    if (isData) this.slow += 1;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    return this.complete.decodeFrame(text.toString('utf8'), at);
  }

  private decodeData({ bytes, start, end }: FrameBytes, at: At): boolean {
    const digits = start + DATA_HEAD.length;
    let place = digits;
    let channel = 0;
    for (let byte = bytes[place] ?? 0; byte >= ZERO && byte <= NINE; byte = bytes[place] ?? 0) {
      channel = channel * 10 + byte - ZERO;
      place += 1;
    }
    const isPlain =
      place > digits &&
      place - digits <= MAX_CHANNEL_DIGITS &&
      (bytes[digits] !== ZERO || place === digits + 1) &&
      standsAt(LIST_HEAD, bytes, place) &&
      standsAt(TAIL, bytes, end - TAIL.length);
    const format = this.formats.get(channel);
    const first = place + LIST_HEAD.length;
    const last = end - TAIL.length;
    if (!isPlain || format === undefined || first > last) return false;
    if (!this.scan.read(bytes, first, last, format)) return false;
    this.reader.startFrame(channel, at);
    this.deliver();
    return true;
  }

  private deliver(): void {
    const { count, types, symbols, numbers, wholes } = this.scan;
    const { texts } = this.symbols;
    this.isLive.fill(0);
    for (let i = 0; i < count; i += 1) {
      const symbolNumber = symbols[i] ?? 0;
      const typeNumber = types[i] ?? 0;
      const type = NUMBER_TYPES[typeNumber] ?? 'Quote';
      const symbol = texts[symbolNumber] ?? '';
      const stream = symbolNumber * NUMBER_TYPES.length + typeNumber;
      if (this.heard[stream] === 1) this.isLive[typeNumber] = 1;
      else {
        this.heard[stream] = 1;
        this.calls.heard(type, symbol);
      }
      const first = i * NUMBERS_PER_EVENT;
      this.reader.key = symbolNumber;
      if (typeNumber === QUOTE && wholes[first] !== NO_QUOTE) {
        this.reader.plainQuote(symbol, wholes, first);
      } else this.reader.event(type, symbol, numbers, first);
    }
    for (let i = 0; i < NUMBER_TYPES.length; i += 1) {
      if (this.isLive[i] === 1) this.calls.live(NUMBER_TYPES[i] ?? 'Quote');
    }
  }
}
