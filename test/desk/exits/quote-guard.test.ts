import { describe, expect, it } from 'vitest';
import { QUOTE_GUARD, quoteFault } from '../../../src/desk/exits/quote-guard.ts';
import { PENNY_GRID } from '../../../src/engine/domain/tick-grid.ts';
import { atMillis, quoteAt, type Sides } from './fixtures.ts';

function fault(sides: Sides, ageMillis = 0) {
  return quoteFault(quoteAt(atMillis(0), sides), atMillis(ageMillis), QUOTE_GUARD, PENNY_GRID.step);
}

describe('the quote guard', () => {
  it.each([
    ['a tight quote', [0.4, 0.42], undefined],
    ['a cheap quote five ticks wide', [0.05, 0.1], undefined],
    ['a cheap quote six ticks wide', [0.05, 0.11], 'wide'],
    ['a dear quote 12 % wide', [9.4, 10.6], undefined],
    ['a dear quote a tick wider', [9.4, 10.61], 'wide'],
    ['a wing without a bid', [undefined, 0.05], undefined],
    ['a wing with a bid of nothing', [0, 0.05], undefined],
    ['something worth more without a bid', [undefined, 0.06], 'oneSided'],
    ['a quote without an ask', [0.4, undefined], 'oneSided'],
    ['a locked quote', [0.4, 0.4], undefined],
    ['a crossed quote', [0.41, 0.4], 'crossed'],
  ] as const)('%s', (_what, sides, expected) => {
    expect(fault(sides)).toBe(expected);
  });

  it('trusts a quote for its life, and that of a worthless wing twelve times as long', () => {
    expect(fault([0.4, 0.42], 5_000)).toBeUndefined();
    expect(fault([0.4, 0.42], 5_001)).toBe('stale');
    expect(fault([undefined, 0.01], 60_000)).toBeUndefined();
    expect(fault([undefined, 0.01], 60_001)).toBe('stale');
  });

  it('trusts no quote that is not there', () => {
    expect(quoteFault(undefined, atMillis(0), QUOTE_GUARD, PENNY_GRID.step)).toBe('missing');
  });
});
