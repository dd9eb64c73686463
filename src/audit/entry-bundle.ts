/**
 * Entries of the sealed log and the bundles they come in. Pure. An entry is a record's frame as it
 * stands in the journal, header and all, so that the log alone can rebuild the journal. In a bundle
 * each entry has its length before it, a big endian u16; a frame that is longer than that can say
 * goes on in the entries that follow.
 */
import { FRAME_HEADER_BYTES, MAX_PAYLOAD_BYTES } from './journal-format.ts';

const LENGTH_BYTES = 2;
const MAX_ENTRY_BYTES = 0xff_ff;

/** Entries of the longest frame. */
export const MOST_ENTRIES: number = Math.ceil(
  (FRAME_HEADER_BYTES + MAX_PAYLOAD_BYTES) / MAX_ENTRY_BYTES,
);

/** The entries of one frame: one, but for frames beyond 64 KiB. */
export function entriesOf(frame: Buffer): readonly Buffer[] {
  if (frame.length <= MAX_ENTRY_BYTES) return [frame];
  const entries: Buffer[] = [];
  for (let at = 0; at < frame.length; at += MAX_ENTRY_BYTES) {
    entries.push(frame.subarray(at, at + MAX_ENTRY_BYTES));
  }
  return entries;
}

export function encodeBundle(entries: readonly Buffer[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt16BE(entry.length);
    return [length, entry];
  });
  return Buffer.concat(parts);
}

/** The entries in a bundle; undefined when it is cut. */
export function decodeBundle(bytes: Buffer): readonly Buffer[] | undefined {
  const entries: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + LENGTH_BYTES > bytes.length) return undefined;
    const start = at + LENGTH_BYTES;
    at = start + bytes.readUInt16BE(at);
    if (at > bytes.length) return undefined;
    entries.push(bytes.subarray(start, at));
  }
  return entries;
}

/** Puts frames back together from entries given in order. */
export class FrameJoiner {
  #parts: Buffer[] = [];
  #missing = 0;

  /** Takes the next entry; answers with the frame that it completes. */
  take(entry: Buffer): Buffer | undefined {
    if (this.#parts.length === 0) {
      if (entry.length < FRAME_HEADER_BYTES) return entry;
      this.#missing = FRAME_HEADER_BYTES + entry.readUInt32LE(0);
    }
    this.#parts.push(entry);
    this.#missing -= entry.length;
    if (this.#missing > 0 && entry.length === MAX_ENTRY_BYTES) return undefined;
    const frame = this.#parts.length === 1 ? entry : Buffer.concat(this.#parts);
    this.#parts = [];
    return frame;
  }

  /** True when a frame has begun that no entry has ended. */
  get isInside(): boolean {
    return this.#parts.length > 0;
  }
}
