/**
 * The bytes of the broadcast ring: one writer, any number of readers, over a SharedArrayBuffer.
 *
 * ```
 *  byte 0         4         8         12                       128       132           256
 *  +---------+---------+----------+------- gap ---------------+---------+---- gap ----+
 *  |  magic  | version | capacity |   (never written again)   |  head   |             |
 *  +---------+---------+----------+---------------------------+---------+-------------+
 *
 *  byte 256 + slot * 128, as 16 float64 cells, slot = sequence mod capacity
 *  +-------+-------+-----+-----+---------+---------+-------+------------+------+--------------+
 *  | index | epoch | bid | ask | bidSize | askSize | delta | impliedVol | spot | marketMicros |
 *  +-------+-------+-----+-----+---------+---------+-------+------------+------+--------------+
 *  | wallMicros | (5 cells unused: a record never shares a cache line with another)           |
 *  +------------+-----------------------------------------------------------------------------+
 * ```
 *
 * `head` counts published records modulo 2^32. It is the only word that is written atomically: the
 * cells of record n are stored first, then head moves from n to n + 1, and with that one step the
 * record exists. Record n lies untouched until head reaches n + capacity; so a copy of it is whole
 * when, after copying, head is still below that.
 */
import { DeltaringError } from '../domain/errors.ts';

const MAGIC = 0x44_52_4e_47;
const LAYOUT_VERSION = 1;

const MAGIC_WORD = 0;
const VERSION_WORD = 1;
const CAPACITY_WORD = 2;

/** Word (int32) that counts published records modulo 2^32; alone on its cache lines. */
export const HEAD_WORD = 32;

const HEADER_BYTES = 256;
const CELL_BYTES = 8;

/** Float64 cells from one record to the next. */
export const RECORD_CELLS = 16;
/** The cell (float64) at which record 0 begins. */
export const FIRST_RECORD_CELL = HEADER_BYTES / CELL_BYTES;
/** Cells of a record that carry something: the length of what `RingWriter.publish` takes. */
export const RECORD_FIELDS = 11;

/** Row of the chain, or -1 for the underlying. */
export const INDEX_FIELD = 0;
/** Chain epoch of the batch that the record belongs to. */
export const EPOCH_FIELD = 1;
/** Price, or ABSENT. */
export const BID_FIELD = 2;
/** Price, or ABSENT. */
export const ASK_FIELD = 3;
export const BID_SIZE_FIELD = 4;
export const ASK_SIZE_FIELD = 5;
/** Signed, or ABSENT. */
export const DELTA_FIELD = 6;
/** Fraction per year, or ABSENT. */
export const IMPLIED_VOL_FIELD = 7;
/** Mid of the underlying as a Price, or ABSENT. */
export const SPOT_FIELD = 8;
export const MARKET_MICROS_FIELD = 9;
export const WALL_MICROS_FIELD = 10;

/**
 * What a shared cell holds where its number is not known. No price, volatility, greek or time can
 * take this value, and unlike NaN it compares equal to itself.
 */
export const ABSENT = Number.MIN_SAFE_INTEGER;

/** Enough for some minutes of a busy chain. */
export const DEFAULT_RING_CAPACITY = 65_536;
export const MIN_RING_CAPACITY = 16;
/** 128 MB of memory; far below 2^32, so that a lap is never taken for a few waiting records. */
export const MAX_RING_CAPACITY = 1_048_576;

/** Allocates an empty ring. Throws `INPUT_INVALID` unless capacity is a power of two in bounds. */
export function createRingBuffer(capacity = DEFAULT_RING_CAPACITY): SharedArrayBuffer {
  const isPowerOfTwo =
    Number.isSafeInteger(capacity) && 2 ** Math.round(Math.log2(capacity)) === capacity;
  if (!isPowerOfTwo || capacity < MIN_RING_CAPACITY || capacity > MAX_RING_CAPACITY) {
    throw new DeltaringError(
      'INPUT_INVALID',
      `ring capacity is ${capacity} records; give a power of two from ${MIN_RING_CAPACITY} to ` +
        `${MAX_RING_CAPACITY}`,
    );
  }
  const buffer = new SharedArrayBuffer(bytesOf(capacity));
  const words = new Int32Array(buffer);
  words[VERSION_WORD] = LAYOUT_VERSION;
  words[CAPACITY_WORD] = capacity;
  Atomics.store(words, MAGIC_WORD, MAGIC);
  return buffer;
}

/** The capacity, in records, of a ring made by `createRingBuffer`. Throws `INPUT_INVALID` when the
 * buffer is something else or was made by another version. */
export function ringCapacity(buffer: SharedArrayBuffer): number {
  const words = new Int32Array(buffer);
  if (words.length <= HEAD_WORD || Atomics.load(words, MAGIC_WORD) !== MAGIC) {
    throw new DeltaringError('INPUT_INVALID', 'not a ring: make it with createRingBuffer');
  }
  const version = words[VERSION_WORD];
  if (version !== LAYOUT_VERSION) {
    throw new DeltaringError(
      'INPUT_INVALID',
      `ring layout is version ${version}, this build reads ${LAYOUT_VERSION}: restart both sides`,
    );
  }
  const capacity = words[CAPACITY_WORD] ?? 0;
  if (buffer.byteLength !== bytesOf(capacity)) {
    throw new DeltaringError(
      'INPUT_INVALID',
      `ring of ${capacity} records takes ${bytesOf(capacity)} bytes, this one has ${buffer.byteLength}`,
    );
  }
  return capacity;
}

function bytesOf(capacity: number): number {
  return HEADER_BYTES + capacity * RECORD_CELLS * CELL_BYTES;
}
