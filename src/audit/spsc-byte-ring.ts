/**
 * A lossless ring of byte chunks. Thread contract: ONE writer and ONE reader, on any two threads;
 * the writer never waits: when a chunk does not fit, it is told so, the ring marks itself lost and
 * takes nothing more, so that what was read before is a gapless beginning.
 *
 *     shared memory
 *      0          64         128        192
 *     ┌──────────┬──────────┬──────────┬──────────────────────────────────────────────┐
 *     │ written  │ read     │ lost     │ capacity bytes, a power of two                │
 *     │ u32 mod  │ u32 mod  │ 0 or 1   │ [u32 length][payload][zeros to a multiple of 4]│
 *     └──────────┴──────────┴──────────┴──────────────────────────────────────────────┘
 *
 * `written` and `read` count bytes, modulo 2^32, each on its own cache line and stored by one side
 * only; a chunk, or many at once, is published by one atomic store of `written`.
 */
import { assert } from '../engine/domain/assert.ts';

const WRITTEN_INDEX = 0;
const READ_INDEX = 16;
const LOST_INDEX = 32;
const DATA_OFFSET = 192;
/** Bytes of a chunk's length before it. */
export const LENGTH_BYTES = 4;
const ALIGNMENT = 4;
/** 2^30: positions stay unambiguous modulo 2^32. */
const MAX_CAPACITY_BYTES = 1 << 30;

/** Shared memory for a ring of `capacityBytes`, a power of two. */
export function createByteRing(capacityBytes: number): SharedArrayBuffer {
  const isPowerOfTwo = capacityBytes > 0 && (capacityBytes & (capacityBytes - 1)) === 0;
  assert(isPowerOfTwo && capacityBytes <= MAX_CAPACITY_BYTES, 'capacity is a power of two');
  return new SharedArrayBuffer(DATA_OFFSET + capacityBytes);
}

/** Bytes that a chunk takes in the ring, its length and padding among them. */
export function paddedBytes(length: number): number {
  return LENGTH_BYTES + length + ((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);
}

/** The writer's side. */
export class ByteRingWriter {
  readonly #words: Int32Array;
  readonly #lengths: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #buffer: Buffer;
  readonly #mask: number;
  #written: number;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, DATA_OFFSET / Int32Array.BYTES_PER_ELEMENT);
    this.#lengths = new Int32Array(memory, DATA_OFFSET);
    this.#bytes = new Uint8Array(memory, DATA_OFFSET);
    this.#buffer = Buffer.from(memory, DATA_OFFSET);
    this.#mask = this.#bytes.length - 1;
    this.#written = Atomics.load(this.#words, WRITTEN_INDEX);
  }

  /** Puts in one chunk. False, for ever after, once one did not fit. Never waits. */
  write(chunk: Uint8Array): boolean {
    const needed = paddedBytes(chunk.length);
    if (!this.#hasRoom(needed)) return false;
    this.#lengths[(this.#written & this.#mask) / LENGTH_BYTES] = chunk.length;
    this.#copyIn(chunk, (this.#written + LENGTH_BYTES) & this.#mask);
    this.#publish(needed);
    return true;
  }

  /** Puts in chunks, all or none, that lie in the first `length` bytes of `chunks` as they will in the
   * ring: each behind its length and padded, `paddedBytes` from one to the next. False as `write`.
   * Allocates nothing. */
  writeMany(chunks: Buffer, length: number): boolean {
    if (!this.#hasRoom(length)) return false;
    const start = this.#written & this.#mask;
    const beforeWrap = Math.min(length, this.#bytes.length - start);
    chunks.copy(this.#buffer, start, 0, beforeWrap);
    if (beforeWrap < length) chunks.copy(this.#buffer, 0, beforeWrap, length);
    this.#publish(length);
    return true;
  }

  #hasRoom(needed: number): boolean {
    if (this.#words[LOST_INDEX] === 1) return false;
    const used = (this.#written - Atomics.load(this.#words, READ_INDEX)) >>> 0;
    if (used + needed <= this.#bytes.length) return true;
    Atomics.store(this.#words, LOST_INDEX, 1);
    return false;
  }

  #publish(bytes: number): void {
    this.#written = (this.#written + bytes) | 0;
    Atomics.store(this.#words, WRITTEN_INDEX, this.#written);
  }

  #copyIn(chunk: Uint8Array, start: number): void {
    const beforeWrap = this.#bytes.length - start;
    if (chunk.length <= beforeWrap) {
      this.#bytes.set(chunk, start);
      return;
    }
    this.#bytes.set(chunk.subarray(0, beforeWrap), start);
    this.#bytes.set(chunk.subarray(beforeWrap), 0);
  }
}

/** The reader's side. */
export class ByteRingReader {
  readonly #words: Int32Array;
  readonly #lengths: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #mask: number;
  #read: number;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, DATA_OFFSET / Int32Array.BYTES_PER_ELEMENT);
    this.#lengths = new Int32Array(memory, DATA_OFFSET);
    this.#bytes = new Uint8Array(memory, DATA_OFFSET);
    this.#mask = this.#bytes.length - 1;
    this.#read = Atomics.load(this.#words, READ_INDEX);
  }

  /** True once a chunk did not fit. All that was taken before can still be read. */
  get isLost(): boolean {
    return Atomics.load(this.#words, LOST_INDEX) === 1;
  }

  /** Takes out the oldest chunk, as a copy of its own; undefined when there is none. */
  next(): Buffer | undefined {
    const written = Atomics.load(this.#words, WRITTEN_INDEX);
    if (written === this.#read) return undefined;
    const length = this.#lengths[(this.#read & this.#mask) / LENGTH_BYTES] ?? 0;
    const chunk = this.#copyOut((this.#read + LENGTH_BYTES) & this.#mask, length);
    this.#read = (this.#read + paddedBytes(length)) | 0;
    Atomics.store(this.#words, READ_INDEX, this.#read);
    return chunk;
  }

  #copyOut(start: number, length: number): Buffer {
    const chunk = Buffer.allocUnsafe(length);
    const beforeWrap = Math.min(length, this.#bytes.length - start);
    chunk.set(this.#bytes.subarray(start, start + beforeWrap), 0);
    chunk.set(this.#bytes.subarray(0, length - beforeWrap), beforeWrap);
    return chunk;
  }
}
