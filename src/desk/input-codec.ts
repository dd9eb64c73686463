/**
 * The input codec, version 1: how the recorder writes an Input and how a replay reads it back.
 *
 *   byte 0      kind: 1 quote, 0 anything else
 *   quote       f64 market, f64 wall, i32 index, f64 bid, f64 ask, f64 bidSize, f64 askSize (LE);
 *               a side without a price is NaN
 *   other       canonical UTF-8 JSON of the input
 */

import { DeltaringError } from '../engine/domain/errors.ts';
import type { Price } from '../engine/domain/units.ts';
import { epochMicros, price } from '../engine/domain/units.ts';
import type { Input } from './inputs.ts';

export const INPUT_CODEC_VERSION = 1;

const KIND_JSON = 0;
const KIND_QUOTE = 1;
const QUOTE_BYTES = 1 + 8 + 8 + 4 + 4 * 8;

type QuoteInput = Extract<Input, { kind: 'quote' }>;

function encodeQuote(input: QuoteInput): Buffer {
  const bytes = Buffer.allocUnsafe(QUOTE_BYTES);
  bytes.writeUInt8(KIND_QUOTE, 0);
  bytes.writeDoubleLE(input.at.market, 1);
  bytes.writeDoubleLE(input.at.wall, 9);
  bytes.writeInt32LE(input.index, 17);
  bytes.writeDoubleLE(input.bid ?? Number.NaN, 21);
  bytes.writeDoubleLE(input.ask ?? Number.NaN, 29);
  bytes.writeDoubleLE(input.bidSize, 37);
  bytes.writeDoubleLE(input.askSize, 45);
  return bytes;
}

function side(value: number): Price | undefined {
  return Number.isNaN(value) ? undefined : price(value);
}

function decodeQuote(bytes: Buffer): QuoteInput {
  return {
    kind: 'quote',
    at: { market: epochMicros(bytes.readDoubleLE(1)), wall: epochMicros(bytes.readDoubleLE(9)) },
    index: bytes.readInt32LE(17),
    bid: side(bytes.readDoubleLE(21)),
    ask: side(bytes.readDoubleLE(29)),
    bidSize: bytes.readDoubleLE(37),
    askSize: bytes.readDoubleLE(45),
  };
}

/** Encodes one input. */
export function encodeInput(input: Input): Buffer {
  if (input.kind === 'quote') return encodeQuote(input);
  const json = Buffer.from(JSON.stringify(input), 'utf8');
  return Buffer.concat([Buffer.from([KIND_JSON]), json]);
}

/** Decodes one input. Throws DeltaringError INPUT_INVALID on bytes that are none. */
export function decodeInput(bytes: Uint8Array): Input {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = buffer[0];
  if (kind === KIND_QUOTE && buffer.length === QUOTE_BYTES) return decodeQuote(buffer);
  if (kind !== KIND_JSON) {
    throw new DeltaringError('INPUT_INVALID', 'the recording holds an input of an unknown kind');
  }
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by encodeInput of this version
    return JSON.parse(buffer.subarray(1).toString('utf8')) as Input;
  } catch {
    throw new DeltaringError(
      'INPUT_INVALID',
      'the recording holds an input that is cut or damaged',
    );
  }
}
