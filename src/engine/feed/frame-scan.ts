/** Reads the numbers and symbols of a frame of data straight from its bytes. */
import { ByteTable, NOT_FOUND } from './byte-table.ts';
import { asciiBytes, standsAt } from './byte-text.ts';
import type { ChannelFormat } from './channel-format.ts';
import { SKIPPED_COLUMN, SYMBOL_COLUMN, WANTED_FIELDS } from './event-fields.ts';
import { NUMBER_TYPES, NUMBERS_PER_EVENT } from './event-numbers.ts';
import { readNumber } from './number-text.ts';
import { MOST_EVENTS, NO_QUOTE, ROWS } from './row-scan.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const FIRST_PRINTABLE = 0x20;
const LAST_ASCII = 0x7e;
const SMALL_F = 0x66;
const SMALL_N = 0x6e;
const SMALL_T = 0x74;

const TYPES = new ByteTable(NUMBER_TYPES);
/** How a FULL event begins, and the one key in it that is not a field. */
const OBJECT_HEAD = asciiBytes('{"eventType":"');
const TYPE_KEY = asciiBytes('"eventType"');
const ABSENT_TEXTS = ['"NaN"', '"Infinity"', '"-Infinity"', 'null'].map(asciiBytes);
const NULL = asciiBytes('null');
const TRUE = asciiBytes('true');
const FALSE = asciiBytes('false');
/** Fields by type, as WANTED_FIELDS numbers them. */
const FIELDS = NUMBER_TYPES.map((type) => new ByteTable(WANTED_FIELDS[type]));

/**
 * One thread's own, reused for every frame; allocates nothing. Its arrays are the thread's (see
 * row-scan.ts): they hold until the next frame is read by any scan of the thread. It knows the plain way in which servers write their data: no white space, no escapes,
 * known symbols, announced fields, numbers where numbers belong. For anything else it says so, before
 * a single event was made of the frame, and the complete decoder reads it.
 *
 * A reading may run past the end of a frame that is cut; it then ends past it, and that is what the
 * last check is for.
 */
export class FrameScan {
  /** Events found. */
  count = 0;
  /** Index into NUMBER_TYPES of each event. */
  readonly types = new Uint8Array(MOST_EVENTS);
  /** Number of the symbol of each event in the table given to `know`. */
  readonly symbols = ROWS.symbols;
  /** NUMBERS_PER_EVENT numbers of each event, in the order of WANTED_FIELDS behind the symbol. A
   * number that is absent, NaN or infinite on the wire is NaN. */
  readonly numbers = ROWS.numbers;
  /** The same of a plain quote, checked and whole (see row-scan.ts); NO_QUOTE of any other event. */
  readonly wholes = ROWS.wholes;
  private table = new ByteTable([]);
  private bytes: Uint8Array = new Uint8Array(0);
  /** The same bytes. */
  private buffer: Buffer = Buffer.alloc(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  /** Where a number goes that nobody wants. */
  private readonly spare = new Float64Array(1);

  /** The symbols that are known from now on. */
  know(table: ByteTable): void {
    this.table = table;
  }

  /** Reads what stands in the list of data from `from` (behind its bracket) up to `end` (before its
   * closing bracket). False where it is not wholly what this reading knows. */
  read(bytes: Uint8Array, from: number, end: number, format: ChannelFormat): boolean {
    if (bytes !== this.bytes) this.look(bytes);
    ROWS.begin(this.table, this.buffer, end);
    this.count = 0;
    if (from === end) return true;
    const isFull = bytes[from] === OPEN_OBJECT;
    if (format.dataFormat !== (isFull ? 'FULL' : 'COMPACT')) return false;
    let at = from;
    for (;;) {
      at = isFull ? this.object(at) : this.group(at, format);
      if (at === NOT_FOUND || at >= end) return at === end;
      if (bytes[at] !== COMMA) return false;
      at += 1;
    }
  }

  /** Another buffer than last time: a socket that reuses its own never comes here again. */
  private look(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** `"Type",[values…]`. */
  private group(from: number, format: ChannelFormat): number {
    const { bytes } = this;
    if (bytes[from] !== QUOTE) return NOT_FOUND;
    const type = TYPES.find(bytes, this.view, from + 1);
    if (type === NOT_FOUND) return NOT_FOUND;
    const at = from + TYPES.lengthOf(type) + 2;
    const table = format.tableOf(NUMBER_TYPES[type] ?? 'Quote');
    if (table?.isReadable !== true || bytes[at] !== COMMA || bytes[at + 1] !== OPEN_LIST) {
      return NOT_FOUND;
    }
    if (bytes[at + 2] === CLOSE_LIST) return at + 3;
    return this.rows(at + 1, type, table.columns);
  }

  /** Rows up to the bracket that closes their list: the plain ones many at a time, others here. */
  private rows(from: number, type: number, columns: Int8Array): number {
    const { bytes } = this;
    let at = from;
    do {
      at = this.plainRows(at, type, columns);
      if (at > from && bytes[at] === CLOSE_LIST) return at + 1;
      this.begin(type);
      at = this.row(at + 1, columns);
      if (at === NOT_FOUND || !this.finish()) return NOT_FOUND;
    } while (bytes[at] === COMMA);
    return bytes[at] === CLOSE_LIST ? at + 1 : NOT_FOUND;
  }

  /** Reads rows behind a separator as far as they are plain; the separator behind them. */
  private plainRows(from: number, type: number, columns: Int8Array): number {
    ROWS.count = this.count;
    const at = ROWS.read(from, columns);
    const { count } = ROWS;
    for (let event = this.count; event < count; event += 1) this.types[event] = type;
    this.count = count;
    return at;
  }

  private row(from: number, columns: Int8Array): number {
    const { bytes, numbers } = this;
    const width = columns.length;
    const slot = this.count * NUMBERS_PER_EVENT - 1;
    let at = from;
    for (let column = 0; column < width; column += 1) {
      const wanted = columns[column] ?? SKIPPED_COLUMN;
      const byte = bytes[at] ?? 0;
      const isNumber = wanted > SYMBOL_COLUMN && byte !== QUOTE && byte !== SMALL_N;
      at = isNumber ? readNumber(bytes, at, numbers, slot + wanted) : this.value(at, wanted);
      if (at === NOT_FOUND) return NOT_FOUND;
      if (column + 1 < width) {
        if (bytes[at] !== COMMA) return NOT_FOUND;
        at += 1;
      }
    }
    return at;
  }

  /** `{"eventType":"Quote","eventSymbol":…}`. */
  private object(from: number): number {
    const { bytes } = this;
    if (!standsAt(OBJECT_HEAD, bytes, from)) return NOT_FOUND;
    const type = TYPES.find(bytes, this.view, from + OBJECT_HEAD.length);
    const fields = FIELDS[type];
    if (type === NOT_FOUND || fields === undefined) return NOT_FOUND;
    this.begin(type);
    let at = from + OBJECT_HEAD.length + TYPES.lengthOf(type) + 1;
    while (bytes[at] === COMMA) {
      at = this.field(at + 1, fields);
      if (at === NOT_FOUND) return NOT_FOUND;
    }
    return bytes[at] === CLOSE_OBJECT && this.finish() ? at + 1 : NOT_FOUND;
  }

  /** `"key":value`. A second `eventType` would change what the event is. */
  private field(from: number, fields: ByteTable): number {
    const { bytes } = this;
    if (bytes[from] !== QUOTE || standsAt(TYPE_KEY, bytes, from)) return NOT_FOUND;
    const field = fields.find(bytes, this.view, from + 1);
    const end = this.skipString(from + 1);
    if (end === NOT_FOUND || bytes[end] !== COLON) return NOT_FOUND;
    return this.value(end + 1, field === NOT_FOUND ? SKIPPED_COLUMN : field);
  }

  /** Makes room for one more event, of which nothing is known yet. */
  private begin(type: number): void {
    const { count } = this;
    this.types[count] = type;
    this.symbols[count] = NOT_FOUND;
    const first = count * NUMBERS_PER_EVENT;
    for (let i = 0; i < NUMBERS_PER_EVENT; i += 1) this.numbers[first + i] = Number.NaN;
    this.wholes[first] = NO_QUOTE;
  }

  /** Counts the event begun. False where its symbol is missing, or where there are too many. */
  private finish(): boolean {
    if (this.symbols[this.count] === NOT_FOUND) return false;
    this.count += 1;
    return this.count < MOST_EVENTS;
  }

  /** The value at `from`, for a column of WANTED_FIELDS: 0 is the symbol. */
  private value(from: number, column: number): number {
    if (column > SYMBOL_COLUMN) {
      const slot = this.count * NUMBERS_PER_EVENT + column - 1;
      const byte = this.bytes[from];
      if (byte !== QUOTE && byte !== SMALL_N) {
        return readNumber(this.bytes, from, this.numbers, slot);
      }
      this.numbers[slot] = Number.NaN;
      return this.absent(from);
    }
    return column === SYMBOL_COLUMN ? this.symbol(from) : this.skip(from);
  }

  private absent(from: number): number {
    for (let i = 0; i < ABSENT_TEXTS.length; i += 1) {
      const text = ABSENT_TEXTS[i] ?? NULL;
      if (standsAt(text, this.bytes, from)) return from + text.length;
    }
    return NOT_FOUND;
  }

  private symbol(from: number): number {
    if (this.bytes[from] !== QUOTE) return NOT_FOUND;
    const symbol = this.table.find(this.bytes, this.view, from + 1);
    if (symbol === NOT_FOUND) return NOT_FOUND;
    this.symbols[this.count] = symbol;
    return from + this.table.lengthOf(symbol) + 2;
  }

  /** A scalar that nobody wants: it has to be one all the same. */
  private skip(from: number): number {
    switch (this.bytes[from] ?? 0) {
      case QUOTE:
        return this.skipString(from + 1);
      case SMALL_N:
        return standsAt(NULL, this.bytes, from) ? from + NULL.length : NOT_FOUND;
      case SMALL_T:
        return standsAt(TRUE, this.bytes, from) ? from + TRUE.length : NOT_FOUND;
      case SMALL_F:
        return standsAt(FALSE, this.bytes, from) ? from + FALSE.length : NOT_FOUND;
      default:
        return readNumber(this.bytes, from, this.spare, 0);
    }
  }

  /** The place behind the quote that closes a plain string. */
  private skipString(from: number): number {
    const { bytes } = this;
    for (let at = from; ; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) return at + 1;
      if (byte < FIRST_PRINTABLE || byte > LAST_ASCII || byte === BACKSLASH) return NOT_FOUND;
    }
  }
}
