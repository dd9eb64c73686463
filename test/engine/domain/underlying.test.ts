import { describe, expect, it } from 'vitest';
import {
  findUnderlying,
  UNDERLYINGS,
  underlyingOf,
  underlyingOfRoot,
} from '../../../src/engine/domain/underlying.ts';

describe('the table of underlyings', () => {
  it('has a row for each, found by its ticker and by its option root', () => {
    for (const symbol of UNDERLYINGS) {
      const spec = underlyingOf(symbol);
      expect(spec.symbol).toBe(symbol);
      expect(underlyingOfRoot(spec.optionRoot)).toBe(spec);
    }
  });

  it('settles funds in shares at a mark before the last trade, and indices in cash at it', () => {
    const facts = UNDERLYINGS.map((symbol) => {
      const { settlement, exercise, minutesAfterMark } = underlyingOf(symbol);
      return [symbol, settlement, exercise, minutesAfterMark];
    });
    expect(facts).toEqual([
      ['SPY', 'physical', 'american', 15],
      ['XSP', 'cash', 'european', 0],
      ['SPX', 'cash', 'european', 0],
      ['QQQ', 'physical', 'american', 15],
      ['IWM', 'physical', 'american', 15],
    ]);
  });

  it('trades SPX by its PM-settled root alone', () => {
    expect(underlyingOf('SPX').optionRoot).toBe('SPXW');
    expect(underlyingOfRoot('SPX')).toBeUndefined();
  });

  it('knows no other', () => {
    expect(findUnderlying('GOOG')).toBeUndefined();
    expect(() => underlyingOf('GOOG')).toThrow('no underlying GOOG; there are SPY');
  });
});
