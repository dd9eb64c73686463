import type { At } from '../domain/clock.ts';
import { ChannelFormat } from './channel-format.ts';
import { decodeCompact } from './compact-decoder.ts';
import { EventReader } from './event-reader.ts';
import type { FrameCalls, FrameDecoder } from './frame-calls.ts';
import { decodeFull } from './full-decoder.ts';
import { channelOf, readServerMessage } from './server-message.ts';
import { isList, isRecord } from './wire-value.ts';

/** Longest frame that is read, in characters. Snapshots are large; nothing honest is larger. */
export const MAX_FRAME_CHARS = 16 * 1024 * 1024;

function parseFrame(frame: string): unknown {
  if (frame.length > MAX_FRAME_CHARS) return undefined;
  try {
    return JSON.parse(frame);
  } catch {
    return undefined;
  }
}

/** The complete decoder: reads every frame, with JSON.parse. The byte decoder is measured by it. */
export class JsonFrameDecoder implements FrameDecoder {
  private readonly calls: FrameCalls;
  private readonly reader: EventReader;
  private readonly formats: Map<number, ChannelFormat>;

  /** `formats` holds what is announced for each open channel; another decoder may read along. */
  constructor(calls: FrameCalls, formats = new Map<number, ChannelFormat>()) {
    this.calls = calls;
    this.formats = formats;
    this.reader = new EventReader(calls);
  }

  openChannel(channel: number): void {
    this.formats.set(channel, new ChannelFormat());
  }

  closeChannel(channel: number): void {
    this.formats.delete(channel);
  }

  decodeFrame(frame: string, at: At): boolean {
    const fields = parseFrame(frame);
    if (!isRecord(fields)) {
      this.calls.fault('malformedFrame');
      return false;
    }
    if (fields['type'] === 'FEED_DATA') return this.data(fields, at);
    if (fields['type'] === 'FEED_CONFIG') this.config(fields);
    else this.control(fields);
    return false;
  }

  private control(fields: Readonly<Record<string, unknown>>): void {
    const message = readServerMessage(fields);
    if (message === 'unknown') this.calls.fault('unknownMessage');
    else if (message === 'broken') this.calls.fault('badMessage');
    else this.calls.control(message);
  }

  private config(fields: Readonly<Record<string, unknown>>): void {
    const format = this.formatOf(fields);
    if (format !== undefined && !format.apply(fields)) this.calls.fault('badConfig');
  }

  private data(fields: Readonly<Record<string, unknown>>, at: At): boolean {
    const format = this.formatOf(fields);
    if (format === undefined) return false;
    const data = fields['data'];
    if (!isList(data)) {
      this.calls.fault('badMessage');
      return false;
    }
    this.reader.startFrame(channelOf(fields), at);
    const isCompact = typeof data[0] === 'string';
    if (data.length > 0 && isCompact !== (format.dataFormat === 'COMPACT')) {
      this.reader.fault('formatMismatch');
    }
    if (isCompact) decodeCompact(data, format, this.reader);
    else decodeFull(data, this.reader);
    return true;
  }

  private formatOf(fields: Readonly<Record<string, unknown>>): ChannelFormat | undefined {
    const channel = channelOf(fields);
    const format = channel === undefined ? undefined : this.formats.get(channel);
    if (format === undefined) this.calls.fault('unexpectedMessage');
    return format;
  }
}
