/**
 * Numbers as they stand in a frame's bytes: JSON numbers in Java's style (`700.0`, `1.3743299E7`).
 * What is read is what JSON.parse would read, to the last bit, without a string being made; but negative
 * zero is zero, and a number too large for a double is NaN, absent like the word Infinity.
 */
import { readLongNumber } from './long-number.ts';

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const SMALL_E = 0x65;
const CAPITAL_E = 0x45;

/** Up to so many characters hold no more than nine digits, which an int32 holds. */
const MAX_SHORT_CHARS = 9;
const POWERS_OF_TEN = Float64Array.from({ length: MAX_SHORT_CHARS + 1 }, (_, power) =>
  Number(`1e${power}`),
);

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

/** True for at least one digit, and no zero before others. */
function isWholePart(bytes: Uint8Array, from: number, end: number): boolean {
  return end > from && (bytes[from] !== ZERO || end === from + 1);
}

/**
 * Reads the number that begins at `from` into `into[slot]`. Returns the place behind it, or -1 where
 * no JSON number begins there. It may look past the end of a frame that is cut inside a number: the
 * place returned then lies past that end too.
 */
export function readNumber(
  bytes: Uint8Array,
  from: number,
  into: Float64Array,
  slot: number,
): number {
  const first = bytes[from] === MINUS ? from + 1 : from;
  const limit = from + MAX_SHORT_CHARS + 1;
  let at = first;
  let dotAt = -1;
  let digits = 0;
  let byte = byteAt(bytes, at);
  while (at < limit) {
    const digit = byte - ZERO;
    if (digit >>> 0 < 10) digits = (Math.imul(digits, 10) + digit) | 0;
    else if (byte === DOT && dotAt < 0) dotAt = at;
    else break;
    at += 1;
    byte = byteAt(bytes, at);
  }
  if (at === limit || byte === CAPITAL_E || byte === SMALL_E) {
    return readLongNumber(bytes, from, into, slot);
  }
  const wholeEnd = dotAt < 0 ? at : dotAt;
  if (dotAt === at - 1 || !isWholePart(bytes, first, wholeEnd)) return -1;
  const value = digits / byPower(dotAt < 0 ? 0 : at - dotAt - 1);
  into[slot] = first === from ? value : 0 - value;
  return at;
}

function byPower(power: number): number {
  return POWERS_OF_TEN[power] ?? 1;
}
