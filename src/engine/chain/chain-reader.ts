/** The reading end of the 0DTE chain: consistent pictures of it, from any thread. */
import type { OptionContract } from '../domain/instrument.ts';
import type { ChainSlice, ContractView, Quote } from '../domain/market.ts';
import { ReadFence } from '../ring/read-fence.ts';
import {
  CHAIN_CELLS,
  checkChainBuffer,
  EPOCH_WORD,
  MAX_CONTRACTS,
  ROW_CELLS,
  ROW_COUNT_WORD,
  ROW_FIELDS_END,
  rowCell,
  rowVersionWord,
  SESSION_WORD,
  STATE_CELL,
  STATE_OPEN,
  UNDERLYING,
} from './chain-layout.ts';
import { ChainSnapshot, type SessionShape, sessionShape } from './chain-snapshot.ts';
import { contractAt, quoteAt, RowView } from './chain-view.ts';

/** Copies that a batch overtook before a reader gives up and says busy. */
const MAX_COPIES = 16;
/** Looks at a lock that is being held: some tens of microseconds, longer than any batch takes. */
const MAX_LOOKS = 20_000;
/** Naps of a millisecond behind those: they leave the processor to a writer that was put off it. */
const MAX_NAPS = 100;
const NAP_MILLIS = 1;

/** No version of a row is this: they start at 0 and go up by two. */
const NEVER = -1;

/** Counts of a reader about itself. */
export interface ReaderCounts {
  /** Copies that were thrown away because a batch or a row changed meanwhile. */
  readonly retries: number;
  /** Reads that gave up. */
  readonly busy: number;
}

/**
 * Reads the chain from any thread, the core's included, and never makes its writer wait. A reader
 * belongs to the thread that made it. What it returns is immutable, complete and consistent, or
 * undefined: it retries a bounded number of times while the writer is at work, waits up to 100 ms for
 * one that the machine interrupted there, then gives up and counts that as busy. A batch that it gave
 * up on is not waited for again, whatever of it is locked. On the writer's own thread it is never busy.
 *
 * The whole chain is read optimistically: every row's version, then what changed since the last time
 * (in one copy where that is most of it), then the epoch again; if a batch came between, only the
 * rows whose version moved are read once more.
 */
export class ChainReader {
  readonly #words: Int32Array;
  readonly #cells: Float64Array;
  readonly #copy = new Float64Array(CHAIN_CELLS);
  readonly #copyWords = new Int32Array(this.#copy.buffer);
  /** Each row's version when it was last copied. */
  readonly #versions = new Int32Array(MAX_CONTRACTS).fill(NEVER);
  readonly #changed = new Int32Array(MAX_CONTRACTS);
  readonly #row = new Float64Array(ROW_CELLS);
  readonly #fence = new ReadFence();
  /** The epoch's word in the batch that was waited for in vain: rows are locked inside one alone. */
  #gaveUpOn: number | undefined;
  #used: Float64Array;
  #shape: SessionShape | undefined;
  #slice: ChainSlice | undefined;
  #sliceWord = -1;
  #copiedWord = -1;
  /** Views over `#row`, by row, of the session `#viewsSession`. */
  readonly #views: (RowView | undefined)[] = [];
  #viewsSession = -1;
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
    if (!this.refresh()) return undefined;
    if (this.#copiedWord !== this.#sliceWord) {
      this.#slice = this.#copy[STATE_CELL] === STATE_OPEN ? this.#buildSlice() : undefined;
      this.#sliceWord = this.#copiedWord;
    }
    return this.#slice;
  }

  /** One contract, without copying the chain; undefined when the row is not of the open session, or
   * when busy. Two views taken one after the other may be of different batches. */
  view(index: number): ContractView | undefined {
    if (!this.#copyRow(index)) return undefined;
    return new RowView(this.#row.slice(), 0, { index, contract: this.#contractOf(index) });
  }

  /** The same for a hot path: the view shows this row only until the next call of this reader, and
   * costs no object after the first for its row. */
  load(index: number): RowView | undefined {
    if (!this.#copyRow(index)) return undefined;
    const session = this.#words[SESSION_WORD] ?? 0;
    if (session !== this.#viewsSession) this.#views.fill(undefined);
    this.#viewsSession = session;
    const known = this.#views[index];
    if (known !== undefined) return known;
    const view = new RowView(this.#row, 0, { index, contract: this.#contractOf(index) });
    this.#views[index] = view;
    return view;
  }

  /** The quote of one contract, or of the underlying for UNDERLYING; undefined before its first one,
   * when the row is not of the open session, or when busy. */
  quote(index: number): Quote | undefined {
    const cells = this.cellsOf(index);
    return cells === undefined ? undefined : quoteAt(cells, 0);
  }

  /** The cells of a row, by their fields (for UNDERLYING only BID_FIELD to VOLUME_FIELD exist), until
   * the next call of this reader; undefined when it is not of the open session, or when busy. */
  cellsOf(index: number): Readonly<Float64Array> | undefined {
    const isCopied = index === UNDERLYING ? this.#copyUnderlying() : this.#copyRow(index);
    return isCopied ? this.#row : undefined;
  }

  /** Brings this reader's own copy of the chain up to date; false when busy. `slice` does it too. */
  refresh(): boolean {
    for (let copies = 0; copies < MAX_COPIES; copies += 1) {
      const word = this.#evenWord(EPOCH_WORD);
      if (word === undefined) break;
      if (word === this.#copiedWord) return true;
      this.#copiedWord = -1;
      this.#copyChanged();
      if (!this.#isUnchanged(EPOCH_WORD, word)) continue;
      this.#copiedWord = word;
      return true;
    }
    this.#busy += 1;
    return false;
  }

  /** Copies the header and every row whose version is another than when it was last copied. A row
   * caught while it was written has moved on at the next look, so it is copied again then. */
  #copyChanged(): void {
    const count = this.#words[ROW_COUNT_WORD] ?? 0;
    let changed = 0;
    for (let row = 0; row < count; row += 1) {
      const version = Atomics.load(this.#words, rowVersionWord(row));
      if (version === this.#versions[row]) continue;
      this.#versions[row] = version;
      this.#changed[changed] = row;
      changed += 1;
    }
    const isMost = changed * 2 > count;
    const end = rowCell(isMost ? count : 0);
    if (this.#used.length !== end) this.#used = this.#cells.subarray(0, end);
    this.#copy.set(this.#used);
    if (isMost) return;
    for (let place = 0; place < changed; place += 1) {
      const first = rowCell(this.#changed[place] ?? 0);
      this.#copyCells(first, this.#copy, first);
    }
  }

  /** Copies the underlying's cells into `#row`. False without an open session, or when busy. */
  #copyUnderlying(): boolean {
    for (let copies = 0; copies < MAX_COPIES; copies += 1) {
      const word = this.#evenWord(EPOCH_WORD);
      if (word === undefined) break;
      const isOpen = this.#cells[STATE_CELL] === STATE_OPEN;
      this.#copyCells(rowCell(UNDERLYING), this.#row, 0);
      if (this.#isUnchanged(EPOCH_WORD, word)) return isOpen;
    }
    this.#busy += 1;
    return false;
  }

  /** Copies a row of the open session into `#row`. False when it has none such, or when busy. A plain
   * read of the session does here: it stands behind an ordered one, and what it tells may be over the
   * next instant anyway. */
  #copyRow(index: number): boolean {
    if (!Number.isInteger(index) || index < 0 || index >= MAX_CONTRACTS) return false;
    const words = this.#words;
    const cells = this.#cells;
    const row = this.#row;
    const version = rowVersionWord(index);
    for (let copies = 0; copies < MAX_COPIES; copies += 1) {
      const word = this.#fence.begin(words, version);
      if ((word & 1) !== 0) {
        if (this.#evenWord(version) === undefined) break;
        continue;
      }
      const session = words[version + 1];
      const first = rowCell(index);
      for (let cell = 0; cell < ROW_FIELDS_END; cell += 1) row[cell] = cells[first + cell] ?? 0;
      this.#fence.pass();
      if (Atomics.load(words, version) === word) return session === words[SESSION_WORD];
      this.#retries += 1;
    }
    this.#busy += 1;
    return false;
  }

  #copyCells(first: number, into: Float64Array, at: number): void {
    const cells = this.#cells;
    for (let cell = 0; cell < ROW_FIELDS_END; cell += 1) into[at + cell] = cells[first + cell] ?? 0;
  }

  /** A lock's word once it is even; undefined when its holder takes too long. */
  #evenWord(word: number): number | undefined {
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const value = Atomics.load(this.#words, word);
      if ((value & 1) === 0) return value;
    }
    return this.#evenAfterNaps(word);
  }

  #evenAfterNaps(word: number): number | undefined {
    for (let naps = 0; ; naps += 1) {
      const value = Atomics.load(this.#words, word);
      if ((value & 1) === 0) return value;
      const batch = Atomics.load(this.#words, EPOCH_WORD);
      if (naps === MAX_NAPS) this.#gaveUpOn = batch;
      if (batch === this.#gaveUpOn) return undefined;
      Atomics.wait(this.#words, word, value, NAP_MILLIS);
    }
  }

  #isUnchanged(word: number, before: number): boolean {
    this.#fence.pass();
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

  #buildSlice(): ChainSlice {
    const epoch = this.#copyWords[SESSION_WORD] ?? 0;
    const rowCount = this.#copyWords[ROW_COUNT_WORD] ?? 0;
    if (this.#shape?.epoch !== epoch || this.#shape.rowCount !== rowCount) {
      this.#shape = sessionShape(this.#copy, epoch, rowCount);
    }
    const cells = this.#copy.slice(0, rowCell(rowCount));
    return new ChainSnapshot(cells, this.#copiedWord >>> 1, this.#shape);
  }
}
