/** The reading end of the 0DTE chain: consistent pictures of it, from any thread. */
import type { OptionContract } from '../domain/instrument.ts';
import type { ChainSlice, ContractView, Quote } from '../domain/market.ts';
import type { SessionTimes } from '../domain/session-calendar.ts';
import { epochMicros } from '../domain/units.ts';
import {
  AS_OF_MARKET_CELL,
  AS_OF_WALL_CELL,
  ATM_VOL_CELL,
  CHAIN_CELLS,
  checkChainBuffer,
  EPOCH_WORD,
  EXPECTED_MOVE_CELL,
  FORWARD_CELL,
  MAX_CONTRACTS,
  ROW_CELLS,
  ROW_COUNT_WORD,
  rowCell,
  rowVersionWord,
  SESSION_WORD,
  STATE_CELL,
  STATE_OPEN,
  STRIKE_FIELD,
  UNDERLYING,
  UNDERLYING_CELL,
  YEARS_CELL,
} from './chain-layout.ts';
import { contractAt, knownCell, midAt, quoteAt, sessionAt, viewAt } from './chain-view.ts';
import { tickerOfCode } from './symbol-code.ts';

/** Copies that a batch overtook before a reader gives up and says busy. */
const MAX_COPIES = 16;
/** Looks at a lock that is being held: some tens of microseconds, longer than any batch takes. */
const MAX_LOOKS = 20_000;

/** Counts of a reader about itself. */
export interface ReaderCounts {
  /** Copies that were thrown away because a batch or a row changed meanwhile. */
  readonly retries: number;
  /** Reads that gave up. */
  readonly busy: number;
}

/** What stays the same for a session: contracts by row, and rows by right in strike order. */
interface SessionShape {
  readonly epoch: number;
  readonly rowCount: number;
  readonly times: SessionTimes;
  readonly underlying: string;
  readonly contracts: readonly OptionContract[];
  readonly callRows: readonly number[];
  readonly putRows: readonly number[];
}

/**
 * Reads the chain from any thread, the core's included, and never makes its writer wait. A reader
 * belongs to the thread that made it. What it returns is immutable, complete and consistent, or
 * undefined: it retries a bounded number of times while the writer is at work, then gives up and
 * counts that as busy. On the writer's own thread it is never busy.
 */
export class ChainReader {
  readonly #words: Int32Array;
  readonly #cells: Float64Array;
  readonly #copy = new Float64Array(CHAIN_CELLS);
  readonly #row = new Float64Array(ROW_CELLS);
  /** A word of this reader's own: a read-modify-write on it keeps a copy before its check. */
  readonly #fence = new Int32Array(1);
  #used: Float64Array;
  #shape: SessionShape | undefined;
  #slice: ChainSlice | undefined;
  #sliceWord = -1;
  #retries = 0;
  #busy = 0;

  /** Throws `INPUT_INVALID` on a buffer that `createChainBuffer` of this build did not make. */
  constructor(buffer: SharedArrayBuffer) {
    checkChainBuffer(buffer);
    this.#words = new Int32Array(buffer);
    this.#cells = new Float64Array(buffer);
    this.#used = this.#cells.subarray(0, rowCell(0));
  }

  /** Published batches so far (modulo 2^31). Equal epochs mean equal slices. */
  epoch(): number {
    return Atomics.load(this.#words, EPOCH_WORD) >>> 1;
  }

  /** What this reader went through. */
  counts(): ReaderCounts {
    return { retries: this.#retries, busy: this.#busy };
  }

  /** The whole chain as one batch left it; undefined when no session is open, or when busy. The
   * same object is returned until the next batch. */
  slice(): ChainSlice | undefined {
    const word = this.#copyChain();
    if (word === undefined) return undefined;
    if (word !== this.#sliceWord) {
      this.#slice =
        this.#copy[STATE_CELL] === STATE_OPEN ? this.#buildSlice(word >>> 1) : undefined;
      this.#sliceWord = word;
    }
    return this.#slice;
  }

  /** One contract, without copying the chain; undefined when the row is not of the open session, or
   * when busy. Two views taken one after the other may be of different batches. */
  view(index: number): ContractView | undefined {
    if (!this.#copyRow(index)) return undefined;
    return viewAt(this.#row, 0, index, this.#contractOf(index));
  }

  /** The quote of one contract, or of the underlying for UNDERLYING; undefined before its first one,
   * when the row is not of the open session, or when busy. */
  quote(index: number): Quote | undefined {
    if (index !== UNDERLYING) return this.#copyRow(index) ? quoteAt(this.#row, 0) : undefined;
    for (let copies = 0; copies < MAX_COPIES; copies += 1) {
      const word = this.#evenWord(EPOCH_WORD);
      if (word === undefined) break;
      const isOpen = this.#cells[STATE_CELL] === STATE_OPEN;
      this.#copyCells(rowCell(UNDERLYING), this.#row);
      if (this.#isUnchanged(EPOCH_WORD, word)) return isOpen ? quoteAt(this.#row, 0) : undefined;
    }
    this.#busy += 1;
    return undefined;
  }

  /** Brings `#copy` up to date and returns the even epoch word that it shows; undefined when busy. */
  #copyChain(): number | undefined {
    for (let copies = 0; copies < MAX_COPIES; copies += 1) {
      const word = this.#evenWord(EPOCH_WORD);
      if (word === undefined) break;
      if (word === this.#sliceWord) return word;
      const end = rowCell(this.#words[ROW_COUNT_WORD] ?? 0);
      if (this.#used.length !== end) this.#used = this.#cells.subarray(0, end);
      this.#copy.set(this.#used);
      if (this.#isUnchanged(EPOCH_WORD, word)) return word;
    }
    this.#busy += 1;
    return undefined;
  }

  /** Copies a row of the open session into `#row`. False when it has none such, or when busy. */
  #copyRow(index: number): boolean {
    if (!Number.isInteger(index) || index < 0 || index >= MAX_CONTRACTS) return false;
    const version = rowVersionWord(index);
    for (let copies = 0; copies < MAX_COPIES; copies += 1) {
      const word = this.#evenWord(version);
      if (word === undefined) break;
      const session = this.#words[version + 1];
      this.#copyCells(rowCell(index), this.#row);
      if (!this.#isUnchanged(version, word)) continue;
      return session === Atomics.load(this.#words, SESSION_WORD);
    }
    this.#busy += 1;
    return false;
  }

  #copyCells(first: number, into: Float64Array): void {
    for (let cell = 0; cell < ROW_CELLS; cell += 1) into[cell] = this.#cells[first + cell] ?? 0;
  }

  /** A lock's word once it is even; undefined when its holder takes too long. */
  #evenWord(word: number): number | undefined {
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const value = Atomics.load(this.#words, word);
      if (value % 2 === 0) return value;
    }
    return undefined;
  }

  #isUnchanged(word: number, before: number): boolean {
    Atomics.add(this.#fence, 0, 0);
    const same = Atomics.load(this.#words, word) === before;
    if (!same) this.#retries += 1;
    return same;
  }

  /** The contract of the row in `#row`; made anew only when the session's own list is not at hand. */
  #contractOf(index: number): OptionContract {
    const known = this.#shape?.contracts[index];
    const isCurrent = this.#shape?.epoch === Atomics.load(this.#words, SESSION_WORD);
    return isCurrent && known !== undefined ? known : contractAt(this.#row, 0);
  }

  #buildSlice(epoch: number): ChainSlice {
    const copy = this.#copy;
    const shape = this.#sessionShape();
    const view = (row: number): ContractView =>
      viewAt(copy, rowCell(row), row, shape.contracts[row] ?? contractAt(copy, rowCell(row)));
    return {
      underlying: shape.underlying,
      session: shape.times,
      epoch,
      asOf: {
        market: epochMicros(copy[AS_OF_MARKET_CELL] ?? 0),
        wall: epochMicros(copy[AS_OF_WALL_CELL] ?? 0),
      },
      calls: shape.callRows.map(view),
      puts: shape.putRows.map(view),
      spot: midAt(copy, rowCell(UNDERLYING)),
      spotQuote: quoteAt(copy, rowCell(UNDERLYING)),
      forward: knownCell(copy, FORWARD_CELL),
      atmVol: knownCell(copy, ATM_VOL_CELL),
      expectedMove: knownCell(copy, EXPECTED_MOVE_CELL),
      yearsToExpiry: copy[YEARS_CELL] ?? 0,
    };
  }

  #sessionShape(): SessionShape {
    const words = new Int32Array(this.#copy.buffer);
    const epoch = words[SESSION_WORD] ?? 0;
    const rowCount = words[ROW_COUNT_WORD] ?? 0;
    const known = this.#shape;
    if (known?.epoch === epoch && known.rowCount === rowCount) return known;
    this.#shape = shapeOf(this.#copy, epoch, rowCount);
    return this.#shape;
  }
}

function shapeOf(cells: Float64Array, epoch: number, rowCount: number): SessionShape {
  const rows = Array.from({ length: rowCount }, (_, row) => row);
  const contracts = rows.map((row) => contractAt(cells, rowCell(row)));
  const strikeOf = (row: number): number => cells[rowCell(row) + STRIKE_FIELD] ?? 0;
  rows.sort((a, b) => strikeOf(a) - strikeOf(b) || a - b);
  return {
    epoch,
    rowCount,
    times: sessionAt(cells),
    underlying: tickerOfCode(cells[UNDERLYING_CELL] ?? 0),
    contracts,
    callRows: rows.filter((row) => contracts[row]?.right === 'call'),
    putRows: rows.filter((row) => contracts[row]?.right === 'put'),
  };
}
