import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codeOfDate,
  codeOfTicker,
  dateOfCode,
  tickerOfCode,
} from '../../../src/engine/chain/symbol-code.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';

describe('a ticker as a number', () => {
  it('comes back as it was, for every ticker up to ten characters', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z0-9.]{1,10}$/), (ticker) => {
        const code = codeOfTicker(ticker);
        expect(Number.isSafeInteger(code)).toBe(true);
        expect(tickerOfCode(code)).toBe(ticker);
      }),
    );
    expect(tickerOfCode(codeOfTicker('..........'))).toBe('..........');
  });

  it.each(['', 'spy', 'SP Y', 'ABCDEFGHIJK', '^SPX'])('refuses "%s"', (text) => {
    expect(() => codeOfTicker(text)).toThrow('not a ticker');
  });

  it('keeps a date', () => {
    expect(codeOfDate(sessionDate('2026-11-20'))).toBe(20_261_120);
    expect(dateOfCode(20_261_120)).toBe('2026-11-20');
  });
});
