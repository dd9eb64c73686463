/**
 * How the inputs of the market are written: without an object or a text, for the core records every
 * one of them. Part of the input codec.
 *
 *   byte 0        kind, then f64 market time, f64 wall time (little endian, as all that follows)
 *   1 quote       i32 index, f64 bid, f64 ask, f64 bidSize, f64 askSize
 *   2 last        i32 index, f64 price, f64 volume
 *   3 feedGreeks  i32 index, f64 delta, f64 impliedVol
 *   4 openInterest  i32 index, f64 contracts
 *   5 batchEnd
 *
 * A number that is absent is NaN.
 */
import { unreachable } from '../engine/domain/assert.ts';
import type { At } from '../engine/domain/clock.ts';
import { epochMicros, type Price, price } from '../engine/domain/units.ts';
import type { Input } from './inputs.ts';

const MARKET_AT = 1;
const WALL_AT = 9;
const INDEX_AT = 17;
const NUMBERS_AT = 21;
const NUMBER_BYTES = 8;
const HEAD_BYTES = INDEX_AT;

/** The inputs written here: what the market itself does. */
export type MarketInput = Extract<
  Input,
  { readonly kind: 'quote' | 'last' | 'feedGreeks' | 'openInterest' | 'batchEnd' }
>;
/** Those that are about one row of the chain. */
type RowInput = Exclude<MarketInput, { readonly kind: 'batchEnd' }>;

const KIND_BYTE = { quote: 1, last: 2, feedGreeks: 3, openInterest: 4, batchEnd: 5 } as const;

const COUNT_BYTES = NUMBERS_AT + NUMBER_BYTES;
const PAIR_BYTES = NUMBERS_AT + 2 * NUMBER_BYTES;
const QUOTE_BYTES = NUMBERS_AT + 4 * NUMBER_BYTES;
/** The longest of them. */
export const MOST_MARKET_BYTES = QUOTE_BYTES;

/** Bytes of each kind, by its first byte. */
const LENGTHS: readonly number[] = [
  0,
  QUOTE_BYTES,
  PAIR_BYTES,
  PAIR_BYTES,
  COUNT_BYTES,
  HEAD_BYTES,
];

export function isMarketInput(input: Input): input is MarketInput {
  const { kind } = input;
  return (
    kind === 'quote' ||
    kind === 'last' ||
    kind === 'feedGreeks' ||
    kind === 'openInterest' ||
    kind === 'batchEnd'
  );
}

/** Writes an input's bytes to `from` on and says how many they are. Allocates nothing. */
export function writeMarketInput(view: DataView, from: number, input: MarketInput): number {
  const { market, wall } = input.at;
  view.setFloat64(from + MARKET_AT, market, true);
  view.setFloat64(from + WALL_AT, wall, true);
  switch (input.kind) {
    case 'quote':
      view.setUint8(from, KIND_BYTE.quote);
      view.setInt32(from + INDEX_AT, input.index, true);
      setNumber(view, from, input.bid ?? Number.NaN);
      setNumber(view, from + NUMBER_BYTES, input.ask ?? Number.NaN);
      setNumber(view, from + 2 * NUMBER_BYTES, input.bidSize);
      setNumber(view, from + 3 * NUMBER_BYTES, input.askSize);
      return QUOTE_BYTES;
    case 'batchEnd':
      view.setUint8(from, KIND_BYTE.batchEnd);
      return HEAD_BYTES;
    case 'last':
      view.setUint8(from, KIND_BYTE.last);
      view.setInt32(from + INDEX_AT, input.index, true);
      setNumber(view, from, input.price);
      setNumber(view, from + NUMBER_BYTES, input.volume ?? Number.NaN);
      return PAIR_BYTES;
    case 'feedGreeks':
      view.setUint8(from, KIND_BYTE.feedGreeks);
      view.setInt32(from + INDEX_AT, input.index, true);
      setNumber(view, from, input.delta);
      setNumber(view, from + NUMBER_BYTES, input.impliedVol);
      return PAIR_BYTES;
    case 'openInterest':
      view.setUint8(from, KIND_BYTE.openInterest);
      view.setInt32(from + INDEX_AT, input.index, true);
      setNumber(view, from, input.contracts);
      return COUNT_BYTES;
    default:
      return unreachable(input);
  }
}

/** Writes the number that lies behind the index of an input at `from`, or so many bytes further. */
function setNumber(view: DataView, from: number, value: number): void {
  view.setFloat64(from + NUMBERS_AT, value, true);
}

function numberAt(view: DataView, place: number): number {
  return view.getFloat64(NUMBERS_AT + place * NUMBER_BYTES, true);
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function side(value: number): Price | undefined {
  return Number.isNaN(value) ? undefined : price(value);
}

/** Reads an input of the market; undefined for bytes that are none. */
export function decodeMarketInput(bytes: Buffer): MarketInput | undefined {
  const kind = bytes[0] ?? 0;
  if (kind === 0 || bytes.length !== LENGTHS[kind]) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = {
    market: epochMicros(view.getFloat64(MARKET_AT, true)),
    wall: epochMicros(view.getFloat64(WALL_AT, true)),
  };
  return kind === KIND_BYTE.batchEnd ? { kind: 'batchEnd', at } : decodeRow(view, kind, at);
}

function decodeRow(view: DataView, kind: number, at: At): RowInput {
  const index = view.getInt32(INDEX_AT, true);
  const [first, second] = [
    numberAt(view, 0),
    kind < KIND_BYTE.openInterest ? numberAt(view, 1) : 0,
  ];
  switch (kind) {
    case KIND_BYTE.quote: {
      const sizes = { bidSize: numberAt(view, 2), askSize: numberAt(view, 3) };
      return { kind: 'quote', at, index, bid: side(first), ask: side(second), ...sizes };
    }
    case KIND_BYTE.last:
      return { kind: 'last', at, index, price: price(first), volume: known(second) };
    case KIND_BYTE.feedGreeks:
      return { kind: 'feedGreeks', at, index, delta: first, impliedVol: second };
    default:
      return { kind: 'openInterest', at, index, contracts: first };
  }
}
