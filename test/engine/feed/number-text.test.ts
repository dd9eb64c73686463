import { describe, expect, it } from 'vitest';
import { readNumber } from '../../../src/engine/feed/number-text.ts';
import { isReadAsJsonDoes, randomNumberTexts } from '../../support/feed/number-texts.ts';

const ROUNDS = 30_000;

describe('readNumber', () => {
  it('reads what JSON.parse reads, to the last bit, and nothing else', () => {
    const wrong: string[] = [];
    for (const text of randomNumberTexts(20_261_120, ROUNDS)) {
      if (!isReadAsJsonDoes(text)) wrong.push(text);
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['0', '-0', '-0.0', '9007199254740993', '9007199254740992.5', '0.1', '1.3743299E7', '5E-324'],
    ['1e999', '-1e999', '1e-999', '123456789012345678901234567890', '1E+5', '0e0', '0.0E-5'],
    ['01', '1.', '.5', '+1', '-', '1e', '1e+', '00', '-01', '', 'NaN', '1.2.3', '--1', '0x10'],
    ['1.7976931348623157E308', '2.2250738585072014E-308', '4503599627370496.5', '1e23', '8.5E22'],
    [`1${'0'.repeat(400)}`, `0.${'0'.repeat(400)}1`, `1E${'9'.repeat(40)}`, `1E-${'9'.repeat(40)}`],
  ])('agrees with JSON.parse on %s and its like', (...texts) => {
    for (const text of texts) expect([text, isReadAsJsonDoes(text)]).toEqual([text, true]);
  });

  it('tells the place behind the number', () => {
    const into = new Float64Array(2);
    expect(readNumber(Buffer.from('x-12.50,3'), 1, into, 1)).toBe(7);
    expect(into[1]).toBe(-12.5);
  });

  it('stops at the end of the buffer', () => {
    const into = new Float64Array(1);
    expect(readNumber(Buffer.from('12'), 0, into, 0)).toBe(2);
    expect(readNumber(Buffer.from('12'), 2, into, 0)).toBe(-1);
  });
});
