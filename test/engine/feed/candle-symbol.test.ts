import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalCandleSymbol } from '../../../src/engine/feed/candle-symbol.ts';

describe('canonicalCandleSymbol', () => {
  it.each([
    ['SPY{=1m,tho=true}', 'SPY{=m,tho=true}'],
    ['SPY{tho=true,=1m}', 'SPY{=m,tho=true}'],
    ['SPY{=5m,tho=false}', 'SPY{=5m}'],
    ['SPY{=01d}', 'SPY{=d}'],
    ['SPY{=1.0h,tho=true,a=s}', 'SPY{=h,a=s,tho=true}'],
    ['SPY{=h,a=m}', 'SPY{=h}'],
    ['SPY{price=last,=1mo}', 'SPY{=mo}'],
    ['SPY{price=mark,=2m}', 'SPY{=2m,price=mark}'],
    ['SPY&Q{=1m}', 'SPY&Q{=m}'],
    ['.SPY261120C600{=1m}', '.SPY261120C600{=m}'],
    ['SPY{=60m}', 'SPY{=60m}'],
    ['SPY{=0.5p}', 'SPY{=0.5p}'],
  ])('writes %s as %s', (written, canonical) => {
    expect(canonicalCandleSymbol(written)).toBe(canonical);
  });

  it('keeps bars of regular hours and of all hours apart', () => {
    expect(canonicalCandleSymbol('SPY{=1m}')).not.toBe(canonicalCandleSymbol('SPY{=1m,tho=true}'));
  });

  it('leaves text alone that is not a candle symbol', () => {
    for (const text of ['SPY', '', '{=m}', 'SPY{=m', 'SPY{=1x}']) {
      expect(canonicalCandleSymbol(text)).toBe(text);
    }
  });

  it('gives every spelling of the same candle one form, and leaves that form alone', () => {
    const attributes = fc.shuffledSubarray(['tho=true', 'a=s', 'price=bid', 'pl=0.1'], {
      minLength: 1,
    });
    fc.assert(
      fc.property(attributes, fc.integer({ min: 1, max: 90 }), (attributesOf, count) => {
        const canonical = canonicalCandleSymbol(`SPY{=${count}m,${attributesOf.join()}}`);
        const reversed = [...attributesOf].reverse().join();
        expect(canonicalCandleSymbol(`SPY{${reversed},a=m,=${count}m}`.replace('a=m,', ''))).toBe(
          canonical,
        );
        expect(canonicalCandleSymbol(canonical)).toBe(canonical);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof canonicalCandleSymbol(text) === 'string'));
  });
});
