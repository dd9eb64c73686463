import { asciiBytes } from './byte-text.ts';

/**
 * Finds texts by their bytes, so that a symbol in a frame becomes a number without a string being
 * made. Built once, then read only. Open addressing over a hash of the last bytes, by which option
 * symbols differ; what it finds is compared byte by byte, so that no other text passes for a known one.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const LAST_ASCII = 0x7e;
/** Longest text held, in bytes. */
export const MAX_TEXT_BYTES = 128;
/** No such text. */
export const NOT_FOUND = -1;

const FIRST_PRIME = 0x9e3779b1;
const SECOND_PRIME = 0x85ebca6b;
/** Bytes at a text's end that its hash is made of. */
const HASHED_BYTES = 8;
const WORD_BYTES = 4;
/** Slots for each text: chains stay short. */
const ROOM = 4;

function isHoldable(text: string): boolean {
  if (text.length === 0 || text.length > MAX_TEXT_BYTES) return false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    const isPlain = code >= FIRST_PRINTABLE && code <= LAST_ASCII;
    if (!isPlain || code === QUOTE || code === BACKSLASH) return false;
  }
  return true;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hashOf(view: DataView, from: number, end: number): number {
  let hash = 0;
  if (end - from >= HASHED_BYTES) {
    const earlier = view.getInt32(end - HASHED_BYTES, true);
    hash = Math.imul(earlier, FIRST_PRIME) ^ view.getInt32(end - WORD_BYTES, true);
  } else for (let at = from; at < end; at += 1) hash = Math.imul(hash, 31) + view.getUint8(at);
  hash = Math.imul(hash, SECOND_PRIME);
  return hash ^ (hash >>> 15);
}

/** Texts numbered from 0 in the order they are given. */
export class ByteTable {
  /** The texts by number. Each is one string object for the life of the table. */
  readonly texts: readonly string[];
  private readonly view: DataView;
  private readonly starts: Int32Array;
  private readonly slots: Int32Array;
  private readonly mask: number;

  /** Takes each different text once; a text that JSON would write otherwise than plainly, or that is
   * longer than MAX_TEXT_BYTES, is left out and never found. */
  constructor(texts: Iterable<string>) {
    this.texts = [...new Set(texts)].filter(isHoldable);
    this.view = viewOf(asciiBytes(this.texts.join('')));
    this.starts = new Int32Array(this.texts.length + 1);
    let size = ROOM;
    while (size < this.texts.length * ROOM) size *= 2;
    this.slots = new Int32Array(size).fill(NOT_FOUND);
    this.mask = size - 1;
    for (const [number, text] of this.texts.entries()) {
      this.starts[number + 1] = (this.starts[number] ?? 0) + text.length;
      this.place(number);
    }
  }

  private place(number: number): void {
    const start = this.starts[number] ?? 0;
    const hash = hashOf(this.view, start, this.starts[number + 1] ?? start);
    let slot = hash & this.mask;
    while (this.slots[slot] !== NOT_FOUND) slot = (slot + 1) & this.mask;
    this.slots[slot] = number;
  }

  /** The number of the text from `from` to the next quote; NOT_FOUND for an unknown one. `view` is
   * one of the same `bytes`. */
  find(bytes: Uint8Array, view: DataView, from: number): number {
    let end = from;
    while ((bytes[end] ?? QUOTE) !== QUOTE) end += 1;
    let slot = hashOf(view, from, end) & this.mask;
    for (;;) {
      const number = this.slots[slot] ?? NOT_FOUND;
      if (number === NOT_FOUND || this.isAt(number, view, from, end)) return number;
      slot = (slot + 1) & this.mask;
    }
  }

  private isAt(number: number, view: DataView, from: number, end: number): boolean {
    const start = this.starts[number] ?? 0;
    const length = (this.starts[number + 1] ?? 0) - start;
    if (length !== end - from) return false;
    let at = 0;
    for (; at + WORD_BYTES <= length; at += WORD_BYTES) {
      if (this.view.getInt32(start + at) !== view.getInt32(from + at)) return false;
    }
    for (; at < length; at += 1) {
      if (this.view.getUint8(start + at) !== view.getUint8(from + at)) return false;
    }
    return true;
  }

  /** Bytes of a text. */
  lengthOf(number: number): number {
    return (this.starts[number + 1] ?? 0) - (this.starts[number] ?? 0);
  }
}
