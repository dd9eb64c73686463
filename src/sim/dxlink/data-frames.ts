/** Cuts events into FEED_DATA frames: one type a frame, several events in it, none too long. */
import { encodeCompact, encodeFull } from './event-encoder.ts';
import type { EventRow, EventType, FieldSpec } from './event-schema.ts';
import { feedDataFrame } from './server-message.ts';

/** Frames stay below the 64 KiB that the official Java client reads. */
const MAX_FRAME_CHARACTERS = 24_000;
const MAX_CANDLES_PER_FRAME = 50;
const MAX_EVENTS_PER_FRAME = 400;

/** Events of one type, with the fields announced for it. */
export interface EventGroup {
  readonly type: EventType;
  readonly fields: readonly FieldSpec[];
  readonly rows: readonly EventRow[];
}

/** How a channel writes. */
export interface FrameStyle {
  readonly channel: number;
  readonly format: 'FULL' | 'COMPACT';
  readonly multiGroup: boolean;
}

/** Writes the groups as frames, in order. */
export function dataFrames(groups: readonly EventGroup[], style: FrameStyle): string[] {
  const parts = groups.flatMap((group) => cutGroup(group, style.format));
  const frames: string[] = [];
  let open = '';
  for (const part of parts) {
    if (style.multiGroup && open !== '' && open.length + part.length < MAX_FRAME_CHARACTERS) {
      open += `,${part}`;
      continue;
    }
    if (open !== '') frames.push(feedDataFrame(style.channel, open));
    open = part;
  }
  if (open !== '') frames.push(feedDataFrame(style.channel, open));
  return frames;
}

function cutGroup(group: EventGroup, format: 'FULL' | 'COMPACT'): string[] {
  const encode = format === 'FULL' ? encodeFull : encodeCompact;
  const most = group.type === 'Candle' ? MAX_CANDLES_PER_FRAME : MAX_EVENTS_PER_FRAME;
  const parts: string[] = [];
  let text = '';
  let count = 0;
  for (const row of group.rows) {
    const event = encode(group.type, group.fields, row);
    if (count === most || (count > 0 && text.length + event.length > MAX_FRAME_CHARACTERS)) {
      parts.push(closePart(group.type, format, text));
      text = '';
      count = 0;
    }
    text += count === 0 ? event : `,${event}`;
    count += 1;
  }
  if (count > 0) parts.push(closePart(group.type, format, text));
  return parts;
}

function closePart(type: EventType, format: 'FULL' | 'COMPACT', text: string): string {
  return format === 'FULL' ? text : `"${type}",[${text}]`;
}
