/**
 * Numbers with an exponent or with ten characters and more, exact to the last bit.
 *
 * Digits are gathered nine at a time. Up to 15 of them and a power of ten up to 10^22 are exact doubles, so that one multiplication or
 * division rounds once (Clinger). With 16 to 18 digits they are an exact sum of two doubles;
 * quotient or product is formed with its remainder (Dekker's product), and counts where a remainder
 * slightly larger and slightly smaller both round to the same double. Whatever is left, about one
 * number in a hundred thousand of a feed, is read as text.
 */

const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const SMALL_E = 0x65;
const CAPITAL_E = 0x45;

const HEAD_DIGITS = 9;
/** So many digits are one exact double. */
const EXACT_DIGITS = 15;
const MOST_DIGITS = 18;
const MOST_EXACT_POWER = 22;
const POWERS_OF_TEN = Float64Array.from({ length: MOST_EXACT_POWER + 1 }, (_, power) =>
  Number(`1e${power}`),
);
/** Exponents beyond this are read as text: their digits could overflow a count. */
const MOST_EXPONENT = 10_000;
/** Splits a double into two halves of 26 bits. */
const SPLITTER = 2 ** 27 + 1;
/** The remainder's own error is below 2^-50 of what it is compared with. */
const DOUBT = 2 ** -40;

/**
 * Scratch of the thread that reads, so that no number is boxed on the way. `digits` holds the first
 * nine significant digits, up to nine more, how many there are in all, and the power of ten behind
 * them; `product` an exact product of two doubles as its high and its low part.
 */
const digits = new Int32Array(4);
const HEAD = 0;
const TAIL = 1;
const COUNT = 2;
const POWER = 3;
const product = new Float64Array(2);
const HIGH = 0;
const LOW = 1;

function cell(cells: Float64Array | Int32Array, index: number): number {
  return cells[index] ?? 0;
}

function powerOfTen(power: number): number {
  return POWERS_OF_TEN[power] ?? 1;
}

function isDigit(byte: number): boolean {
  return (byte - ZERO) >>> 0 < 10;
}

function behindDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(bytes[at] ?? 0)) at += 1;
  return at;
}

/** Takes a run of digits behind those taken before, and returns the place behind it. */
function takeDigits(bytes: Uint8Array, from: number): number {
  let head = digits[HEAD] ?? 0;
  let tail = digits[TAIL] ?? 0;
  let count = digits[COUNT] ?? 0;
  let at = from;
  for (let byte = bytes[at] ?? 0; isDigit(byte); byte = bytes[at] ?? 0) {
    if (count < HEAD_DIGITS) head = (Math.imul(head, 10) + byte - ZERO) | 0;
    else if (count < MOST_DIGITS) tail = (Math.imul(tail, 10) + byte - ZERO) | 0;
    if (count > 0 || byte !== ZERO) count += 1;
    at += 1;
  }
  digits[HEAD] = head;
  digits[TAIL] = tail;
  digits[COUNT] = count;
  return at;
}

/** Takes the exponent behind its mark, and returns the place behind it; -1 where there is none. */
function takeExponent(bytes: Uint8Array, from: number): number {
  const sign = bytes[from];
  const first = sign === PLUS || sign === MINUS ? from + 1 : from;
  const end = behindDigits(bytes, first);
  let exponent = 0;
  for (let at = first; at < end; at += 1) {
    exponent = Math.min(MOST_EXPONENT, exponent * 10 + (bytes[at] ?? 0) - ZERO);
  }
  digits[POWER] = (digits[POWER] ?? 0) + (sign === MINUS ? -exponent : exponent);
  return end === first ? -1 : end;
}

/** Takes a JSON number apart, its sign aside, and returns the place behind it; -1 where there is
 * none. */
function takeApart(bytes: Uint8Array, first: number): number {
  digits[HEAD] = 0;
  digits[TAIL] = 0;
  digits[COUNT] = 0;
  digits[POWER] = 0;
  let at = takeDigits(bytes, first);
  if (at === first || (bytes[first] === ZERO && at > first + 1)) return -1;
  if (bytes[at] === DOT) {
    const fraction = at + 1;
    at = takeDigits(bytes, fraction);
    if (at === fraction) return -1;
    digits[POWER] = fraction - at;
  }
  const mark = bytes[at];
  return mark === CAPITAL_E || mark === SMALL_E ? takeExponent(bytes, at + 1) : at;
}

/** Dekker's product with Veltkamp's split. */
function multiplyExactly(left: number, right: number): void {
  const leftBig = SPLITTER * left;
  const leftHigh = leftBig - (leftBig - left);
  const leftLow = left - leftHigh;
  const rightBig = SPLITTER * right;
  const rightHigh = rightBig - (rightBig - right);
  const rightLow = right - rightHigh;
  const high = left * right;
  product[HIGH] = high;
  product[LOW] =
    leftLow * rightLow - (high - leftHigh * rightHigh - leftLow * rightHigh - leftHigh * rightLow);
}

/** Writes `big + small` where the error of `small` cannot change the rounding. */
function settle(big: number, small: number, into: Float64Array, slot: number): boolean {
  const value = big + (small + small * DOUBT);
  if (value !== big + (small - small * DOUBT)) return false;
  into[slot] = value;
  return true;
}

/** The value of 16 to 18 digits. False where it takes more care. */
function valueOfMany(power: number, into: Float64Array, slot: number): boolean {
  multiplyExactly(cell(digits, HEAD), powerOfTen(cell(digits, COUNT) - HEAD_DIGITS));
  const rest = cell(product, LOW) + cell(digits, TAIL);
  const high = cell(product, HIGH) + rest;
  const low = rest - (high - cell(product, HIGH));
  const scale = powerOfTen(Math.abs(power));
  if (power >= 0) {
    multiplyExactly(high, scale);
    return settle(cell(product, HIGH), cell(product, LOW) + low * scale, into, slot);
  }
  const quotient = high / scale;
  multiplyExactly(quotient, scale);
  const left = high - cell(product, HIGH) - cell(product, LOW) + low;
  return settle(quotient, left / scale, into, slot);
}

/** Up to 15 digits as one double. */
function exactDigits(count: number): number {
  if (count <= HEAD_DIGITS) return cell(digits, HEAD);
  return cell(digits, HEAD) * powerOfTen(count - HEAD_DIGITS) + cell(digits, TAIL);
}

/** The value of what was taken apart. False where it takes more care than this. */
function valueOfDigits(into: Float64Array, slot: number): boolean {
  const count = cell(digits, COUNT);
  const power = cell(digits, POWER);
  if (count > MOST_DIGITS || Math.abs(power) > MOST_EXACT_POWER) return false;
  if (count > EXACT_DIGITS) return valueOfMany(power, into, slot);
  const scale = powerOfTen(Math.abs(power));
  into[slot] = power < 0 ? exactDigits(count) / scale : exactDigits(count) * scale;
  return true;
}

function textOf(bytes: Uint8Array, from: number, end: number): string {
  let text = '';
  for (let at = from; at < end; at += 1) text += String.fromCharCode(bytes[at] ?? 0);
  return text;
}

/**
 * Reads any JSON number that begins at `from` into `into[slot]`. Returns the place behind it, or -1
 * where no JSON number begins there. Not for two threads on one module: workers have their own.
 */
export function readLongNumber(
  bytes: Uint8Array,
  from: number,
  into: Float64Array,
  slot: number,
): number {
  const first = bytes[from] === MINUS ? from + 1 : from;
  const end = takeApart(bytes, first);
  if (end < 0) return -1;
  if (!valueOfDigits(into, slot)) {
    const value = Number(textOf(bytes, first, end));
    into[slot] = Number.isFinite(value) ? value : Number.NaN;
  }
  if (first > from) into[slot] = 0 - cell(into, slot);
  return end;
}
