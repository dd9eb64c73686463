import type { ByteTable } from './byte-table.ts';
import { readNumber } from './number-text.ts';
import { ROW_SCAN_WASM } from './row-scan-wasm.ts';

/** A frame of more events goes the complete way. The arrays of row-scan.wat have room for so many. */
export const MOST_EVENTS = 16_384;
/** Texts of a table that are held, and bytes of all of them. */
const MOST_TEXTS = 8_192;
const MOST_TEXT_BYTES = 256 * 1024;
const MOST_SLOTS = 4 * MOST_TEXTS;
const SLOTS_PER_TEXT = 4;
/** Bytes of a frame that are looked at in one go. */
const WINDOW_BYTES = 64 * 1024;
const NUMBERS_PER_EVENT = 4;
const ENTRY_WORDS = 2;
/** Said of an event by `wholes`: it is no plain quote, and `numbers` are to be judged. */
export const NO_QUOTE = -1;
const COMMA = 0x2c;

/** What row-scan.wat exports: two functions, and where its arrays begin. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly rows: (at: number, end: number, most: number, width: number, mask: number) => number;
  readonly hash: (at: number, length: number) => number;
  readonly count: { readonly value: number };
  readonly plan: { readonly value: number };
  readonly slots: { readonly value: number };
  readonly entries: { readonly value: number };
  readonly texts: { readonly value: number };
  readonly symbols: { readonly value: number };
  readonly numbers: { readonly value: number };
  readonly window: { readonly value: number };
  readonly wholes: { readonly value: number };
}

/** The part of WebAssembly's own interface that is used here. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { numbers: { readAny: (at: number, cell: number) => number } },
  ) => { readonly exports: unknown };
};

/**
 * The rows of COMPACT frames by WebAssembly (row-scan.wat): eight bytes are looked at together, and
 * numbers of up to seven characters are read without a branch that depends on how many they are,
 * which is what a loop over bytes loses most of its time to. Longer numbers are number-text.ts's.
 *
 * One a thread, as its memory is; allocates nothing after construction but when it is given another
 * table. It promises nothing of a row that it does not take: FrameScan reads that one.
 */
class RowScan {
  /** Number of the symbol of each event, in the table given to `begin`. */
  readonly symbols: Int32Array;
  /** NUMBERS_PER_EVENT numbers of each event. */
  readonly numbers: Float64Array;
  /** The numbers of each event as a quote's, NUMBERS_PER_EVENT of them: two prices (0 for a side
   * without one) and two sizes. NO_QUOTE in the first where they are not plainly that. */
  readonly wholes: Int32Array;
  private readonly exports: Exports;
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly window: Uint8Array;
  private readonly countWord: number;
  private readonly windowPlace: number;
  private frame: Buffer = Buffer.alloc(0);
  private end = 0;
  /** The window holds the frame from `base` to `until`; `shift` moves a place there into the memory. */
  private base = 0;
  private until = 0;
  private shift = 0;
  private table: ByteTable | undefined;
  private mask = 0;
  private isHeld = false;
  private columns: Int8Array | undefined;

  constructor() {
    const module = new WebAssembly.Module(Buffer.from(ROW_SCAN_WASM, 'base64'));
    const readAny = (at: number, cell: number): number =>
      readNumber(this.bytes, at, cells, cell / Float64Array.BYTES_PER_ELEMENT);
    const instance = new WebAssembly.Instance(module, { numbers: { readAny } });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own module exports just that
    this.exports = instance.exports as Exports;
    const { memory, symbols, numbers, window, count, wholes } = this.exports;
    const cells = new Float64Array(memory.buffer);
    const powers = Float64Array.from({ length: 9 }, (_, power) => Number(`1e${power}`));
    cells.set(powers);
    this.windowPlace = window.value;
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Int32Array(memory.buffer);
    this.countWord = count.value / Int32Array.BYTES_PER_ELEMENT;
    this.symbols = new Int32Array(memory.buffer, symbols.value, MOST_EVENTS);
    this.numbers = new Float64Array(memory.buffer, numbers.value, MOST_EVENTS * NUMBERS_PER_EVENT);
    this.window = new Uint8Array(memory.buffer, window.value, WINDOW_BYTES);
    this.wholes = new Int32Array(memory.buffer, wholes.value, MOST_EVENTS * NUMBERS_PER_EVENT);
  }

  /** Begins a frame whose symbols are those of `table` and whose list of data ends at `end`. */
  begin(table: ByteTable, frame: Buffer, end: number): void {
    this.frame = frame;
    this.end = end;
    this.base = 0;
    this.until = 0;
    if (table !== this.table) this.hold(table);
  }

  /**
   * Reads rows into the events from `count` on, beginning behind the separator at `from` (the
   * bracket or comma before a row), up to the first row that is not wholly plain. Returns the
   * separator behind the last row read, `from` where none was.
   */
  read(from: number, columns: Int8Array): number {
    if (!this.isHeld) return from;
    if (columns !== this.columns) this.follow(columns);
    const { exports, frame, end, mask } = this;
    const width = columns.length;
    let at = from;
    for (;;) {
      if (at < this.base || at >= this.until) this.look(at);
      const { shift, until } = this;
      const next = exports.rows(at + shift, until + shift, MOST_EVENTS - 1, width, mask) - shift;
      if (next === at || until === end || frame[next] !== COMMA) return next;
      at = next;
      this.until = 0;
    }
  }

  /** Events there are: those before `read`, and those that it added. */
  get count(): number {
    return this.words[this.countWord] ?? 0;
  }

  set count(events: number) {
    this.words[this.countWord] = events;
  }

  private look(at: number): void {
    this.base = at;
    this.until = Math.min(this.end, at + WINDOW_BYTES);
    this.shift = this.windowPlace - at;
    this.frame.copy(this.window, 0, at, this.until);
  }

  private follow(columns: Int8Array): void {
    this.columns = columns;
    this.bytes.set(columns, this.exports.plan.value);
  }

  private hold(table: ByteTable): void {
    const { texts } = table;
    const { bytes, words, exports } = this;
    this.table = table;
    this.isHeld =
      texts.length <= MOST_TEXTS &&
      texts.reduce((sum, { length }) => sum + length, 0) <= MOST_TEXT_BYTES;
    if (!this.isHeld) return;
    let size = SLOTS_PER_TEXT;
    while (size < texts.length * SLOTS_PER_TEXT && size < MOST_SLOTS) size *= 2;
    this.mask = size - 1;
    const firstSlot = exports.slots.value / Int32Array.BYTES_PER_ELEMENT;
    const firstEntry = exports.entries.value / Int32Array.BYTES_PER_ELEMENT;
    words.fill(0, firstSlot, firstSlot + size);
    let place = exports.texts.value;
    for (const [number, text] of texts.entries()) {
      const { length } = text;
      bytes.set(Buffer.from(text, 'latin1'), place);
      words[firstEntry + number * ENTRY_WORDS] = place;
      words[firstEntry + number * ENTRY_WORDS + 1] = length;
      let slot = exports.hash(place, length) & this.mask;
      while (words[firstSlot + slot] !== 0) slot = (slot + 1) & this.mask;
      words[firstSlot + slot] = number + 1;
      place += length;
    }
  }
}

/** This thread's own. */
export const ROWS = new RowScan();
