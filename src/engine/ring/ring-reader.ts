/** The reading end of the broadcast ring: a cursor of its own, and a count of what it missed. */
import { type EpochMicros, epochMicros, type Price, price } from '../domain/units.ts';
import {
  ABSENT,
  ASK_FIELD,
  ASK_SIZE_FIELD,
  BID_FIELD,
  BID_SIZE_FIELD,
  DELTA_FIELD,
  EPOCH_FIELD,
  FIRST_RECORD_CELL,
  HEAD_WORD,
  IMPLIED_VOL_FIELD,
  INDEX_FIELD,
  MARKET_MICROS_FIELD,
  RECORD_CELLS,
  RECORD_FIELDS,
  ringCapacity,
  SPOT_FIELD,
  WALL_MICROS_FIELD,
} from './ring-layout.ts';

/** One change of the chain as the ring tells it. Undefined always means "not known". */
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
  readonly #copy = new Float64Array(RECORD_FIELDS);
  /** A word of this reader's own: a read-modify-write on it keeps the copy before the check. */
  readonly #fence = new Int32Array(1);
  #cursor: number;
  #lost = 0;

  /** Starts at the newest record: the first poll sees what is published from now on. */
  constructor(buffer: SharedArrayBuffer) {
    this.#capacity = ringCapacity(buffer);
    this.#words = new Int32Array(buffer);
    this.#cells = new Float64Array(buffer);
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
      const waiting = this.#waiting();
      if (waiting === 0) break;
      if (waiting < this.#capacity) this.#copyRecord();
      if (this.#isLapped()) {
        this.#skipToHalf();
        laps += 1;
        if (laps === MAX_LAPS_PER_POLL) break;
        continue;
      }
      this.#cursor = (this.#cursor + 1) | 0;
      handed += 1;
      handler(this.#record());
    }
    return handed;
  }

  #waiting(): number {
    return (Atomics.load(this.#words, HEAD_WORD) - this.#cursor) >>> 0;
  }

  #copyRecord(): void {
    const slot = this.#cursor & (this.#capacity - 1);
    const first = FIRST_RECORD_CELL + slot * RECORD_CELLS;
    for (let field = 0; field < RECORD_FIELDS; field += 1) {
      this.#copy[field] = this.#cells[first + field] ?? 0;
    }
    Atomics.add(this.#fence, 0, 0);
  }

  /** The writer fills the slot of record n + capacity as soon as head has reached that number. */
  #isLapped(): boolean {
    return this.#waiting() >= this.#capacity;
  }

  #skipToHalf(): void {
    const skipped = this.#waiting() - this.#capacity / 2;
    this.#lost += skipped;
    this.#cursor = (this.#cursor + skipped) | 0;
  }

  #record(): RingRecord {
    const at = (field: number): number => this.#copy[field] ?? ABSENT;
    const known = (field: number): number | undefined => {
      const value = at(field);
      return value === ABSENT ? undefined : value;
    };
    return {
      index: at(INDEX_FIELD),
      epoch: at(EPOCH_FIELD),
      bid: knownPrice(at(BID_FIELD)),
      ask: knownPrice(at(ASK_FIELD)),
      bidSize: at(BID_SIZE_FIELD),
      askSize: at(ASK_SIZE_FIELD),
      delta: known(DELTA_FIELD),
      impliedVol: known(IMPLIED_VOL_FIELD),
      spot: knownPrice(at(SPOT_FIELD)),
      marketMicros: epochMicros(at(MARKET_MICROS_FIELD)),
      wallMicros: epochMicros(at(WALL_MICROS_FIELD)),
    };
  }
}

function knownPrice(cell: number): Price | undefined {
  return cell === ABSENT ? undefined : price(cell);
}
