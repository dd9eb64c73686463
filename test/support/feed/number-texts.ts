import { ByteTable } from '../../../src/engine/feed/byte-table.ts';
import { ChannelFormat } from '../../../src/engine/feed/channel-format.ts';
import { FrameScan } from '../../../src/engine/feed/frame-scan.ts';
import { readNumber } from '../../../src/engine/feed/number-text.ts';
import { wireText } from './wire-text.ts';

const into = new Float64Array(1);
const scan = new FrameScan();
scan.know(new ByteTable(['SPY']));
const format = new ChannelFormat();
format.apply({
  dataFormat: 'COMPACT',
  eventFields: { Quote: ['eventSymbol', 'bidPrice', 'askPrice'] },
});

/** True where `readNumber`, and a scan of a frame with the text in the middle and at the end of a row,
 * take it exactly as JSON.parse does: same double, or both refuse. Negative zero is to be zero, and
 * what is too large NaN. */
export function isReadAsJsonDoes(text: string): boolean {
  const bytes = Buffer.from(`${text},`, 'latin1');
  const isWhole = readNumber(bytes, 0, into, 0) === text.length;
  const frame = Buffer.from(`"Quote",["SPY",${text},${text}]`, 'latin1');
  if (scan.read(frame, 0, frame.length, format) !== isWhole) return false;
  const [bid, ask] = scan.numbers;
  if (isWhole && !(Object.is(bid, into[0]) && Object.is(ask, into[0]))) return false;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return !isWhole;
  }
  if (typeof parsed !== 'number') return false;
  return isWhole && Object.is(into[0], Number.isFinite(parsed) ? parsed + 0 : NaN);
}

/** Numbers from 0 to 1 by a seed, the same for the same seed. */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 2 ** 32;
  };
}

function digits(chance: () => number, count: number): string {
  let text = '';
  for (let i = 0; i < count; i += 1) text += Math.floor(chance() * 10);
  return text;
}

function withDot(text: string, chance: () => number): string {
  const dot = Math.floor(chance() * text.length);
  return dot > 0 ? `${text.slice(0, dot)}.${text.slice(dot)}` : text;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** One text of a number or of what is nearly one, of six kinds: any bits of a double, prices, sizes and
 * greeks, digits beyond a double's with exponents, odd numbers beyond 2^53, halfway cases. */
export function randomNumberText(chance: () => number, kind: number): string {
  switch (kind) {
    case 0:
      words[0] = chance() * 2 ** 32;
      words[1] = chance() * 2 ** 32;
      return wireText(Number.isFinite(double[0]) ? (double[0] ?? 0) : chance());
    case 1:
      return (chance() * 1_000).toFixed(Math.floor(chance() * 20));
    case 2:
      return wireText(chance() * (chance() < 0.5 ? 1 : 1e7));
    case 3: {
      const exponent = chance() < 0.3 ? `E${Math.floor(chance() * 60) - 30}` : '';
      const text = withDot(digits(chance, 1 + Math.floor(chance() * 22)), chance);
      return `${chance() < 0.5 ? '-' : ''}${text}${exponent}`;
    }
    case 4:
      return `${BigInt(Math.floor(chance() * 2 ** 53)) * 2n + 1n}`;
    default:
      return withDot(`${BigInt(Math.floor(chance() * 2 ** 53)) * 2n + 1n}5`, chance);
  }
}

/** Texts of all kinds by turns. */
export function* randomNumberTexts(seed: number, count: number): Generator<string> {
  const chance = chanceOf(seed);
  for (let i = 0; i < count; i += 1) yield randomNumberText(chance, i % 6);
}
