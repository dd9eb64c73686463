import { describe, expect, it } from 'vitest';
import { spotMid } from '../../../src/engine/domain/spot-mid.ts';
import { priceFromDollars } from '../../../src/engine/domain/units.ts';

function midOf(bid: number | undefined, ask: number | undefined): number | undefined {
  const side = (dollars: number | undefined) =>
    dollars === undefined ? undefined : priceFromDollars(dollars);
  return spotMid({ bid: side(bid), ask: side(ask) });
}

describe('the mid of an underlying', () => {
  it.each([
    ['of a market', 600, 600.02, 600.01],
    ['of one as wide as may be', 599.4, 600.6, 600],
    ['of a level', 6_000.5, 6_000.5, 6_000.5],
  ])('is the middle %s', (_what, bid, ask, mid) => {
    expect(midOf(bid, ask)).toBe(priceFromDollars(mid));
  });

  it.each([
    ['wider', 599.39, 600.6],
    ['crossed', 600.02, 600],
    ['without a bid', undefined, 600],
    ['without an ask', 600, undefined],
  ])('is not known of a quote that is %s', (_what, bid, ask) => {
    expect(midOf(bid, ask)).toBeUndefined();
  });
});
