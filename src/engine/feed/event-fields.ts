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
  /** False where a required field is not announced: such rows cannot be read. */
  readonly isReadable: boolean;
}

/** Compiles the announced field list of a type. */
export function compileFieldTable(type: FeedType, announced: readonly string[]): FieldTable {
  return {
    width: announced.length,
    places: WANTED_FIELDS[type].map((field) => announced.indexOf(field)),
    isReadable: REQUIRED_FIELDS[type].every((field) => announced.includes(field)),
  };
}
