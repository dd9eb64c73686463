/** The reading end of the broadcast ring: a cursor of its own, and a count of what it missed. */
import { type EpochMicros, epochMicros, type Price, price } from '../domain/units.ts';
import { ReadFence } from './read-fence.ts';
import {
  ABSENT,
  ASK_FIELD,
  ASK_SIZE_FIELD,
  BID_FIELD,
  BID_SIZE_FIELD,
  CELL_BYTES,
  CLAIM_WORD,
  copyFields,
  DELTA_FIELD,
  EPOCH_FIELD,
  FIRST_RECORD_CELL,
  HEAD_WORD,
  IMPLIED_VOL_FIELD,
  INDEX_FIELD,
  MARKET_MICROS_FIELD,
  RECORD_BYTES,
  RECORD_CELLS,
  ringCapacity,
  SPOT_FIELD,
  WALL_MICROS_FIELD,
} from './ring-layout.ts';

/** One change of the chain as the ring tells it. Undefined always means "not known". The record that
 * a poll hands over is a window on the reader's copy: it shows this record only until the handler
 * returns, and only what is asked for is turned into words. */
export interface RingRecord {
  /** Row of the chain, or -1 for the underlying. */
  readonly index: number;
  /** Chain epoch of the batch that it belongs to. */
  readonly epoch: number;
  readonly bid: Price | undefined;
  readonly ask: Price | undefined;
  readonly bidSize: number;
  readonly askSize: number;
  readonly delta: number | undefined;
  /** Fraction per year. */
  readonly impliedVol: number | undefined;
  /** Mid of the underlying. */
  readonly spot: Price | undefined;
  readonly marketMicros: EpochMicros;
  readonly wallMicros: EpochMicros;
}

/** A poll gives up after this many laps in a row: the writer is simply faster than this reader. */
const MAX_LAPS_PER_POLL = 4;
/** Records copied, and judged whole, at once. */
const CHUNK = 64;
/** Up to so many records are copied number by number. */
const FEW = 3;

/**
 * Reads the ring from any thread without touching a byte that others see; readers do not know of
 * each other and never slow the writer. Records come in order, each at most once and always whole.
 * A reader that was lapped loses records: that is not an error, `lost` counts every one of them, and
 * reading goes on half a ring behind the newest, so that the next lap is not at once upon it.
 * A reader must poll at least once in 2^32 records, or it cannot tell how many it lost.
 */
export class RingReader {
  readonly #words: Int32Array;
  readonly #cells: Float64Array;
  readonly #capacity: number;
  readonly #copy = new Float64Array(CHUNK * RECORD_CELLS);
  readonly #copyBytes = Buffer.from(this.#copy.buffer);
  readonly #bytes: Buffer;
  readonly #record = new RecordWindow(this.#copy);
  readonly #fence = new ReadFence();
  #cursor: number;
  #lost = 0;

  /** Starts at the newest record: the first poll sees what is published from now on. */
  constructor(buffer: SharedArrayBuffer) {
    this.#capacity = ringCapacity(buffer);
    this.#words = new Int32Array(buffer);
    this.#cells = new Float64Array(buffer);
    this.#bytes = Buffer.from(buffer);
    this.#cursor = Atomics.load(this.#words, HEAD_WORD);
  }

  /** Records that were overwritten before this reader came to them. */
  get lost(): number {
    return this.#lost;
  }

  /** Skips what is waiting, without counting it as lost. */
  seekToNewest(): void {
    this.#cursor = Atomics.load(this.#words, HEAD_WORD);
  }

  /**
   * Hands over up to `maxRecords` waiting records in order and says how many it handed over. When
   * the handler throws, its record counts as read and the error goes on to the caller.
   */
  poll(handler: (record: RingRecord) => void, maxRecords: number): number {
    let handed = 0;
    let laps = 0;
    while (handed < maxRecords) {
      const count = Math.min(this.#waiting(), maxRecords - handed, CHUNK);
      if (count === 0) break;
      this.#copyRecords(count);
      if (this.#isLapped()) {
        this.#skipToHalf();
        laps += 1;
        if (laps === MAX_LAPS_PER_POLL) break;
        continue;
      }
      handed += count;
      this.#handOver(handler, count);
    }
    return handed;
  }

  #handOver(handler: (record: RingRecord) => void, count: number): void {
    for (let n = 0; n < count; n += 1) {
      this.#cursor = (this.#cursor + 1) | 0;
      this.#record.at = n * RECORD_CELLS;
      handler(this.#record);
    }
  }

  #waiting(): number {
    return (Atomics.load(this.#words, HEAD_WORD) - this.#cursor) >>> 0;
  }

  /** Few records are copied number by number, many as one block: what a block costs to begin with
   * is worth three of them. */
  #copyRecords(count: number): void {
    const slot = this.#cursor & (this.#capacity - 1);
    const toEnd = this.#capacity - slot;
    if (count <= FEW) for (let n = 0; n < count; n += 1) this.#copyOne(n);
    else {
      this.#copyBlock(slot, Math.min(count, toEnd), 0);
      if (count > toEnd) this.#copyBlock(0, count - toEnd, toEnd);
    }
    this.#fence.pass();
  }

  #copyOne(n: number): void {
    const slot = (this.#cursor + n) & (this.#capacity - 1);
    const first = FIRST_RECORD_CELL + slot * RECORD_CELLS;
    copyFields(this.#cells, first, this.#copy, n * RECORD_CELLS);
  }

  /** Copies `count` records from `slot` on to the `at`-th place of the copy. */
  #copyBlock(slot: number, count: number, at: number): void {
    const first = FIRST_RECORD_CELL * CELL_BYTES + slot * RECORD_BYTES;
    this.#bytes.copy(this.#copyBytes, at * RECORD_BYTES, first, first + count * RECORD_BYTES);
  }

  /** Whether the slot of the record at the cursor, the oldest that was copied, may have been filled
   * again: since head reached it, or since a claim went beyond it. */
  #isLapped(): boolean {
    const claimed = (Atomics.load(this.#words, CLAIM_WORD) - this.#cursor) | 0;
    const waiting = ((this.#words[HEAD_WORD] ?? 0) - this.#cursor) >>> 0;
    return waiting >= this.#capacity || claimed > this.#capacity;
  }

  #skipToHalf(): void {
    const skipped = Math.max(1, this.#waiting() - this.#capacity / 2);
    this.#lost += skipped;
    this.#cursor = (this.#cursor + skipped) | 0;
  }
}

/** One record of a chunk in words. */
class RecordWindow implements RingRecord {
  readonly #copy: Float64Array;
  /** Where the record starts in the copy. */
  at = 0;

  constructor(copy: Float64Array) {
    this.#copy = copy;
  }

  get index(): number {
    return this.#copy[this.at + INDEX_FIELD] ?? ABSENT;
  }

  get epoch(): number {
    return this.#copy[this.at + EPOCH_FIELD] ?? ABSENT;
  }

  get bid(): Price | undefined {
    return knownPrice(this.#copy[this.at + BID_FIELD] ?? ABSENT);
  }

  get ask(): Price | undefined {
    return knownPrice(this.#copy[this.at + ASK_FIELD] ?? ABSENT);
  }

  get bidSize(): number {
    return this.#copy[this.at + BID_SIZE_FIELD] ?? ABSENT;
  }

  get askSize(): number {
    return this.#copy[this.at + ASK_SIZE_FIELD] ?? ABSENT;
  }

  get delta(): number | undefined {
    return known(this.#copy[this.at + DELTA_FIELD] ?? ABSENT);
  }

  get impliedVol(): number | undefined {
    return known(this.#copy[this.at + IMPLIED_VOL_FIELD] ?? ABSENT);
  }

  get spot(): Price | undefined {
    return knownPrice(this.#copy[this.at + SPOT_FIELD] ?? ABSENT);
  }

  get marketMicros(): EpochMicros {
    return epochMicros(this.#copy[this.at + MARKET_MICROS_FIELD] ?? ABSENT);
  }

  get wallMicros(): EpochMicros {
    return epochMicros(this.#copy[this.at + WALL_MICROS_FIELD] ?? ABSENT);
  }
}

function known(cell: number): number | undefined {
  return cell === ABSENT ? undefined : cell;
}

function knownPrice(cell: number): Price | undefined {
  return cell === ABSENT ? undefined : price(cell);
}
