/**
 * The bytes of the 0DTE chain: one writer (the core thread), any number of readers, over a
 * SharedArrayBuffer.
 *
 * ```
 *  byte 0          4          8                        128       132        136        140     256
 *  +-------+---------+----------+--- gap --------------+---------+---------+----------+--- gap -+
 *  | magic | version | max rows | (never written again)|  epoch  | session | row count|         |
 *  +-------+---------+----------+----------------------+---------+---------+----------+---------+
 *
 *  byte 256: the header, 32 float64 cells
 *  +----------------------------+------------+-----------------+---------------------+----------+
 *  | session: state, underlying,| as of:     | underlying: bid,| model: forward, ATM | feed:    |
 *  | date, kind, 3 instants     | market,wall| ask, sizes, ... | vol, move, years    | delta gap|
 *  +----------------------------+------------+-----------------+---------------------+----------+
 *
 *  byte 512 + row * 256: the rows, 32 float64 cells each
 *  +-------------------+-----------------+-------------+----------------+-------------+---------+
 *  | version | session | contract: right,| quote: bid, | last, volume,  | IV, greeks, | feed's  |
 *  |  int32  |  int32  | root, expiry,   | ask, sizes, | open interest  | flags       | delta,  |
 *  |         |         | strike          | two times   |                |             | IV, age |
 *  +-------------------+-----------------+-------------+----------------+-------------+---------+
 * ```
 *
 * Two locks, both of the seqlock kind (odd while being written, two higher afterwards; the writer
 * never waits for a reader):
 * - `epoch` wraps every published batch. A reader who copies header and rows between two equal even
 *   values has one consistent picture.
 * - each row's `version` wraps that row. A reader of one row needs nothing else, and may read while a
 *   batch is being written.
 * A row belongs to the chain when its session word, read inside its lock, equals the chain's.
 */
import { DeltaringError } from '../domain/errors.ts';

const MAGIC = 0x44_52_43_48;
const LAYOUT_VERSION = 2;

/** A SPY day lists some 400; a SPXW day some 600. */
export const MAX_CONTRACTS = 1_024;

const MAGIC_WORD = 0;
const VERSION_WORD = 1;
const MAX_ROWS_WORD = 2;

/** Word (int32): the chain epoch, a seqlock around every published batch. */
export const EPOCH_WORD = 32;
/** Word (int32), from 1: grows whenever the rows there are become void. A row that was never written
 * says 0, and so belongs to no session. */
export const SESSION_WORD = 33;
/** Word (int32): rows in use, from row 0. */
export const ROW_COUNT_WORD = 34;

/** Float64 cells of the header start here. */
export const HEADER_CELL = 32;

export const STATE_CELL = HEADER_CELL;
/** Code of the underlying's ticker (symbol-code.ts). */
export const UNDERLYING_CELL = HEADER_CELL + 1;
/** Session date as yyyymmdd. */
export const DATE_CELL = HEADER_CELL + 2;
/** 1 on a half day, 0 on a full one. */
export const HALF_DAY_CELL = HEADER_CELL + 3;
export const OPEN_CELL = HEADER_CELL + 4;
export const EXERCISE_MARK_CELL = HEADER_CELL + 5;
export const LAST_TRADE_CELL = HEADER_CELL + 6;
export const AS_OF_MARKET_CELL = HEADER_CELL + 7;
export const AS_OF_WALL_CELL = HEADER_CELL + 8;
/** The underlying's bid; its quote and last follow in a row's order, BID_FIELD to VOLUME_FIELD. */
const SPOT_BID_CELL = HEADER_CELL + 9;
/** Parity forward in dollars, or ABSENT. */
export const FORWARD_CELL = HEADER_CELL + 17;
/** Fraction per year, or ABSENT. */
export const ATM_VOL_CELL = HEADER_CELL + 18;
/** Dollars, or ABSENT. */
export const EXPECTED_MOVE_CELL = HEADER_CELL + 19;
/** Years to the last trade, 0 from then on. */
export const YEARS_CELL = HEADER_CELL + 20;
/** Contracts whose own delta could be compared with a fresh one of the feed. */
export const FEED_COMPARED_CELL = HEADER_CELL + 21;
/** Mean and largest |difference| of those deltas, or ABSENT. */
export const FEED_MEAN_GAP_CELL = HEADER_CELL + 22;
export const FEED_WORST_GAP_CELL = HEADER_CELL + 23;

/** Values of STATE_CELL. */
export const STATE_NONE = 0;
export const STATE_OPEN = 1;
export const STATE_EXPIRED = 2;

/** Float64 cells from one row to the next. */
export const ROW_CELLS = 32;
const FIRST_ROW_CELL = HEADER_CELL + 32;
const WORDS_PER_CELL = 2;
const CELL_BYTES = 8;

/** 0 for a call, 1 for a put. */
export const RIGHT_FIELD = 1;
/** Code of the OCC root (symbol-code.ts). */
export const ROOT_FIELD = 2;
/** Expiry as yyyymmdd. */
export const EXPIRY_FIELD = 3;
/** Price. */
export const STRIKE_FIELD = 4;
/** Price, or ABSENT where that side has none. */
export const BID_FIELD = 5;
/** Price, or ABSENT where that side has none. */
export const ASK_FIELD = 6;
export const BID_SIZE_FIELD = 7;
export const ASK_SIZE_FIELD = 8;
/** When the quote came, market time; ABSENT before the first one. */
export const QUOTE_MARKET_FIELD = 9;
export const QUOTE_WALL_FIELD = 10;
/** Price, or ABSENT. */
export const LAST_FIELD = 11;
/** Traded today, or ABSENT. */
export const VOLUME_FIELD = 12;
export const OPEN_INTEREST_FIELD = 13;
/** Fraction per year, or ABSENT; the five greeks after it are known exactly when it is. */
export const IMPLIED_VOL_FIELD = 14;
export const DELTA_FIELD = 15;
export const GAMMA_FIELD = 16;
export const THETA_FIELD = 17;
export const THETA_NEXT_HOUR_FIELD = 18;
export const VEGA_FIELD = 19;
/** Sum of FLAG_… values. */
export const FLAGS_FIELD = 20;
export const FEED_DELTA_FIELD = 21;
export const FEED_IMPLIED_VOL_FIELD = 22;
export const FEED_MARKET_FIELD = 23;
export const FEED_WALL_FIELD = 24;
/** One past the last cell of a row that carries something. */
export const ROW_FIELDS_END = 25;

/** The volatility is the smile's, not this strike's own. */
export const FLAG_MODELLED = 1;
/** The quote is crossed: bid above ask. */
export const FLAG_CROSSED = 2;
/** The quote is locked: bid equal to ask. */
export const FLAG_LOCKED = 4;
/** The quote is older than the writer takes for its model. */
export const FLAG_AGED = 8;

/** Float64 cells of the whole chain. */
export const CHAIN_CELLS = FIRST_ROW_CELL + MAX_CONTRACTS * ROW_CELLS;

/** The index that names the underlying wherever a row is asked for. */
export const UNDERLYING = -1;

/** The cell that a row's fields count from; for UNDERLYING only BID_FIELD to VOLUME_FIELD exist. */
export function rowCell(row: number): number {
  return row === UNDERLYING ? SPOT_BID_CELL - BID_FIELD : FIRST_ROW_CELL + row * ROW_CELLS;
}

/** The version word of a row; its session word is the next one. */
export function rowVersionWord(row: number): number {
  return rowCell(row) * WORDS_PER_CELL;
}

/** Allocates a chain without a session. */
export function createChainBuffer(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(CHAIN_CELLS * CELL_BYTES);
  const words = new Int32Array(buffer);
  words[VERSION_WORD] = LAYOUT_VERSION;
  words[MAX_ROWS_WORD] = MAX_CONTRACTS;
  words[SESSION_WORD] = 1;
  Atomics.store(words, MAGIC_WORD, MAGIC);
  return buffer;
}

/** Holds that a buffer is a chain of this build. Throws `INPUT_INVALID` otherwise. */
export function checkChainBuffer(buffer: SharedArrayBuffer): void {
  const words = new Int32Array(buffer, 0, Math.min(HEADER_CELL, buffer.byteLength >> 2));
  if (buffer.byteLength !== CHAIN_CELLS * CELL_BYTES || Atomics.load(words, MAGIC_WORD) !== MAGIC) {
    throw new DeltaringError('INPUT_INVALID', 'not a chain: make it with createChainBuffer');
  }
  if (words[VERSION_WORD] !== LAYOUT_VERSION || words[MAX_ROWS_WORD] !== MAX_CONTRACTS) {
    throw new DeltaringError(
      'INPUT_INVALID',
      `chain layout is version ${words[VERSION_WORD]} with ${words[MAX_ROWS_WORD]} rows, this build ` +
        `reads ${LAYOUT_VERSION} with ${MAX_CONTRACTS}: restart both sides`,
    );
  }
}
