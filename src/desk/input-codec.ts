/**
 * The input codec, version 2: how the recorder writes an Input and how a replay reads it back.
 *
 *   byte 0      kind: 1 to 5 an input of the market (market-input-codec.ts), 0 anything else
 *   other       canonical UTF-8 JSON of the input
 *
 * Version 1 wrote only quotes otherwise than as JSON, in the same bytes: version 2 reads it.
 */

import { DeltaringError } from '../engine/domain/errors.ts';
import type { Input } from './inputs.ts';
import {
  decodeMarketInput,
  isMarketInput,
  MOST_MARKET_BYTES,
  writeMarketInput,
} from './market-input-codec.ts';

export const INPUT_CODEC_VERSION = 3;

const KIND_JSON = 0;
const KIND_JSON_TEXT = String.fromCharCode(KIND_JSON);

/** Where an input of the market is written before its bytes are copied. */
const scratch = new DataView(new ArrayBuffer(MOST_MARKET_BYTES));
const scratchBytes = Buffer.from(scratch.buffer);

/** Encodes one input. */
export function encodeInput(input: Input): Buffer {
  if (isMarketInput(input)) {
    const length = writeMarketInput(scratch, 0, input);
    const bytes = Buffer.allocUnsafe(length);
    scratchBytes.copy(bytes, 0, 0, length);
    return bytes;
  }
  return Buffer.from(KIND_JSON_TEXT + JSON.stringify(input), 'utf8');
}

/** Decodes one input. Throws DeltaringError INPUT_INVALID on bytes that are none. */
export function decodeInput(bytes: Uint8Array): Input {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const market = decodeMarketInput(buffer);
  if (market !== undefined) return market;
  if (buffer[0] !== KIND_JSON) {
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
