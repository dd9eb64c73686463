/**
 * The fields this client asks for, and where the server puts them. A server may drop fields it does
 * not know and order them as it likes, so COMPACT rows are read by the announced list only.
 */
import type { FeedType } from './feed-subscription.ts';

/** Fields of each type, in the order in which the event reader takes them. */
export const WANTED_FIELDS: Readonly<Record<FeedType, readonly string[]>> = {
  Quote: ['eventSymbol', 'bidPrice', 'askPrice', 'bidSize', 'askSize'],
  Trade: ['eventSymbol', 'time', 'price', 'size', 'dayVolume'],
  Greeks: ['eventSymbol', 'time', 'delta', 'volatility'],
  Summary: ['eventSymbol', 'openInterest', 'dayOpenPrice', 'prevDayClosePrice'],
  TimeAndSale: [
    'eventSymbol',
    'eventFlags',
    'time',
    'sequence',
    'price',
    'size',
    'aggressorSide',
    'type',
  ],
  Candle: [
    'eventSymbol',
    'eventFlags',
    'time',
    'sequence',
    'open',
    'high',
    'low',
    'close',
    'volume',
  ],
};

/** Fields without which an event of the type says nothing. */
export const REQUIRED_FIELDS: Readonly<Record<FeedType, readonly string[]>> = {
  Quote: ['eventSymbol', 'bidPrice', 'askPrice'],
  Trade: ['eventSymbol', 'price'],
  Greeks: ['eventSymbol', 'delta', 'volatility'],
  Summary: ['eventSymbol'],
  TimeAndSale: ['eventSymbol', 'time', 'price'],
  Candle: ['eventSymbol', 'time', 'open', 'high', 'low', 'close'],
};

/** Where the wanted fields stand in a COMPACT row. */
export interface FieldTable {
  /** Values in one row. */
  readonly width: number;
  /** Place of each wanted field in the row, in the order of WANTED_FIELDS; -1 = not announced. */
  readonly places: readonly number[];
  /** The same the other way round: the number in WANTED_FIELDS of each place of the row, 0 being the
   * symbol; SKIPPED_COLUMN for a field that nobody wants. */
  readonly columns: Int8Array;
  /** False where a required field is not announced: such rows cannot be read. */
  readonly isReadable: boolean;
}

/** The symbol comes first among the wanted fields of every type. */
export const SYMBOL_COLUMN = 0;
/** A place of the row that is not read. */
export const SKIPPED_COLUMN = -1;

/** Compiles the announced field list of a type. */
export function compileFieldTable(type: FeedType, announced: readonly string[]): FieldTable {
  const places = WANTED_FIELDS[type].map((field) => announced.indexOf(field));
  const columns = new Int8Array(announced.length).fill(SKIPPED_COLUMN);
  for (const [wanted, place] of places.entries()) if (place >= 0) columns[place] = wanted;
  return {
    width: announced.length,
    places,
    columns,
    isReadable: REQUIRED_FIELDS[type].every((field) => announced.includes(field)),
  };
}
