/**
 * The bytes of the broadcast ring: one writer, any number of readers, over a SharedArrayBuffer.
 *
 * ```
 *  byte 0         4         8         12              128       132       136           256
 *  +---------+---------+----------+------- gap ------+---------+---------+---- gap ----+
 *  |  magic  | version | capacity | (never changed)  |  head   |  claim  |             |
 *  +---------+---------+----------+------------------+---------+---------+-------------+
 *
 *  byte 256, RING_ROWS int32 words: the newest record of each row of the chain, the underlying's first
 *  +------------+-------+-------+-------+----- ... -----+
 *  | underlying | row 0 | row 1 | row 2 |               |
 *  +------------+-------+-------+-------+----- ... -----+
 *
 *  byte FIRST_RECORD_CELL * 8 + slot * 128, as 16 float64 cells, slot = sequence mod capacity
 *  +-------+-------+-----+-----+---------+---------+-------+------------+------+--------------+
 *  | index | epoch | bid | ask | bidSize | askSize | delta | impliedVol | spot | marketMicros |
 *  +-------+-------+-----+-----+---------+---------+-------+------------+------+--------------+
 *  | wallMicros | previous | (4 cells unused: a record never shares a cache line with another)  |
 *  +------------+----------+--------------------------------------------------------------------+
 * ```
 *
 * `head` counts published records modulo 2^32. The cells of record n are stored first, then head
 * moves past n, and with that one step the record exists. Several records at once: `claim` moves to
 * where head will go before their cells are stored, so that a reader knows which slots are in work;
 * one record needs no claim, since the slot at head is never read. So record n lies untouched until
 * head reaches n + capacity or claim goes beyond it: a copy is whole when, after copying, neither has.
 *
 * `previous` says how many records before this one the same row's last one lies (0: none that is
 * still in the ring, or none of this session). With the table of newest records it makes each row's
 * own history a chain that can be walked back through time.
 */
import { DeltaringError } from '../domain/errors.ts';

const MAGIC = 0x44_52_4e_47;
const LAYOUT_VERSION = 2;

const MAGIC_WORD = 0;
const VERSION_WORD = 1;
const CAPACITY_WORD = 2;

/** Word (int32) that counts published records modulo 2^32; alone on its cache lines. */
export const HEAD_WORD = 32;

/** Word (int32): records up to here may be in work; behind head where none is. */
export const CLAIM_WORD = 33;
/** Word (int32) of the underlying's newest record; those of the rows follow. */
export const NEWEST_WORD = 64;
/** Rows whose newest record is known: the underlying's and one for each contract a chain can hold. */
export const RING_ROWS = 1_056;

export const CELL_BYTES = 8;
const HEADER_BYTES = (NEWEST_WORD + RING_ROWS) * 4;

/** Float64 cells from one record to the next. */
export const RECORD_CELLS = 16;
export const RECORD_BYTES = RECORD_CELLS * CELL_BYTES;
/** The cell (float64) at which record 0 begins. */
export const FIRST_RECORD_CELL = HEADER_BYTES / CELL_BYTES;
/** Numbers that `RingWriter.publish` takes for a record, in the order of the cells. */
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
/** Set by the writer: records between this one and the same row's last, or 0. */
export const PREVIOUS_FIELD = 11;

/**
 * What a shared cell holds where its number is not known. No price, volatility, greek or time can
 * take this value, and unlike NaN it compares equal to itself.
 */
export const ABSENT = Number.MIN_SAFE_INTEGER;

/** Minutes of a calm chain, some seconds at tens of thousands of quotes a second. */
export const DEFAULT_RING_CAPACITY = 131_072;
export const MIN_RING_CAPACITY = 16;
/** 128 MB of memory; far below 2^32, so that a lap is never taken for a few waiting records. */
export const MAX_RING_CAPACITY = 1_048_576;

/** Copies the RECORD_FIELDS numbers of a record, one by one and without a loop, which costs as much
 * again as they do. */
export function copyFields(from: Float64Array, first: number, to: Float64Array, at: number): void {
  to[at] = from[first] ?? 0;
  to[at + 1] = from[first + 1] ?? 0;
  to[at + 2] = from[first + 2] ?? 0;
  to[at + 3] = from[first + 3] ?? 0;
  to[at + 4] = from[first + 4] ?? 0;
  to[at + 5] = from[first + 5] ?? 0;
  to[at + 6] = from[first + 6] ?? 0;
  to[at + 7] = from[first + 7] ?? 0;
  to[at + 8] = from[first + 8] ?? 0;
  to[at + 9] = from[first + 9] ?? 0;
  to[at + 10] = from[first + 10] ?? 0;
}

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
  words.fill(sequenceOfNone(0, capacity), NEWEST_WORD, NEWEST_WORD + RING_ROWS);
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

/** What the table of newest records says of a row without one: a record long overwritten. */
export function sequenceOfNone(head: number, capacity: number): number {
  return (head - 2 * capacity) | 0;
}

function bytesOf(capacity: number): number {
  return HEADER_BYTES + capacity * RECORD_BYTES;
}
