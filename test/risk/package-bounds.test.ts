import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderLeg } from '../../src/engine/domain/order.ts';
import { legSign } from '../../src/engine/domain/order.ts';
import { hasUnlimitedLoss, packageBounds } from '../../src/risk/package-bounds.ts';
import { CONDOR_LEGS, dollars, leg } from './fixtures.ts';

const SPOT = dollars(600);
const SHARES: OrderLeg = {
  instrument: { kind: 'shares', symbol: 'SPY' },
  action: 'sellToClose',
  ratio: 1,
};

const anyLeg: fc.Arbitrary<OrderLeg> = fc
  .record({
    action: fc.constantFrom('buyToOpen', 'sellToOpen'),
    right: fc.constantFrom('call', 'put'),
    strike: fc.integer({ min: 580, max: 620 }),
    ratio: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ action, right, strike, ratio }) => leg(action, right, strike, ratio));

function intrinsic(legs: readonly OrderLeg[], spotDollars: number): number {
  let value = 0;
  for (const { instrument, action, ratio } of legs) {
    if (instrument.kind !== 'option') continue;
    const distance = dollars(spotDollars) - instrument.strike;
    value +=
      legSign(action) * ratio * Math.max(0, instrument.right === 'call' ? distance : -distance);
  }
  return value;
}

describe('packageBounds', () => {
  it.each([
    ['a long call', [leg('buyToOpen', 'call', 605)], 0, 600],
    ['a long put', [leg('buyToOpen', 'put', 595)], 0, 595],
    ['a long put in the money', [leg('buyToOpen', 'put', 605)], 0, 605],
    ['a call beside shares', [SHARES, leg('buyToOpen', 'call', 605)], 0, 600],
    ['a short call', [leg('sellToOpen', 'call', 605)], -600, 0],
    ['a call vertical', [leg('buyToOpen', 'call', 605), leg('sellToOpen', 'call', 610)], 0, 5],
    ['a condor', CONDOR_LEGS, -10, 0],
    ['a straddle', [leg('buyToOpen', 'call', 600), leg('buyToOpen', 'put', 600)], 0, 1_200],
  ] as const)('bounds %s', (_what, legs, least, greatest) => {
    const bounds = packageBounds(legs, SPOT);
    expect(bounds.least + 0).toBe(dollars(least));
    expect(bounds.greatest + 0).toBe(dollars(greatest));
  });

  it('knows no end to a call while the underlying is not known', () => {
    expect(packageBounds([leg('buyToOpen', 'call', 605)], undefined).greatest).toBe(Infinity);
    expect(packageBounds(CONDOR_LEGS, undefined).least).toBe(dollars(-10));
  });

  it('holds the value at expiry at the price of today', () => {
    fc.assert(
      fc.property(
        fc.array(anyLeg, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 500, max: 700 }),
        (legs, spot) => {
          const { least, greatest } = packageBounds(legs, dollars(spot));
          const value = intrinsic(legs, spot);
          expect(value).toBeGreaterThanOrEqual(least);
          expect(value).toBeLessThanOrEqual(greatest);
        },
      ),
    );
  });

  it('calls a loss unlimited exactly where it grows with the underlying', () => {
    fc.assert(
      fc.property(fc.array(anyLeg, { minLength: 1, maxLength: 4 }), (legs) => {
        const grows = intrinsic(legs, 10_000) > intrinsic(legs, 10_001);
        expect(hasUnlimitedLoss(legs)).toBe(grows);
      }),
    );
  });
});
