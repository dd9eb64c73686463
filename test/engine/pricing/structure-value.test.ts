import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cents, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { blackValue } from '../../../src/engine/pricing/black.ts';
import { payoffAt } from '../../../src/engine/pricing/payoff.ts';
import { modelPnl, payoffGrid, valueNow } from '../../../src/engine/pricing/structure-value.ts';
import { condorLegs, optionLeg, sharesLeg } from '../../support/legs.ts';

const market = { forward: 600, years: 6e-4, volAt: () => 0.15 };
const condor = {
  legs: condorLegs([590, 595, 605, 610]),
  quantity: 2,
  netPrice: priceFromDollars(1.2),
  feesCents: cents(520),
};

describe('the model value of a structure', () => {
  it('is the signed sum of its legs for a hundred shares each', () => {
    const value = (right: 'call' | 'put', strike: number) =>
      blackValue({ right, strike, forward: 600, years: 6e-4, vol: 0.15 });
    const perShare =
      value('put', 590) - value('put', 595) - value('call', 605) + value('call', 610);
    expect(valueNow(condor.legs, market)).toBeCloseTo(perShare * 100, 9);
    expect(valueNow(condor.legs, market)).toBeLessThan(0);
  });

  it('prices each leg at the volatility of its strike', () => {
    const legs = [optionLeg('buyToOpen', 'put', 595)];
    const skewed = { ...market, volAt: (strike: number) => (strike === 595 ? 0.3 : undefined) };
    const expected = blackValue({ right: 'put', strike: 595, forward: 600, years: 6e-4, vol: 0.3 });
    expect(valueNow(legs, skewed)).toBeCloseTo(expected * 100, 9);
    expect(valueNow(condor.legs, skewed)).toBeUndefined();
    expect(modelPnl(condor, skewed)).toBeUndefined();
  });

  it('takes shares at the forward, without a volatility', () => {
    const legs = [sharesLeg('buyToOpen', 100)];
    expect(valueNow(legs, { ...market, volAt: () => undefined })).toBe(60_000);
  });

  it('is the expiry payoff once no time is left, volatilities known or not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 58_000, max: 62_000 }), (spotCents) => {
        const at = { forward: spotCents / 100, years: 0, volAt: () => undefined };
        expect(modelPnl(condor, at)).toBe(payoffAt(condor, priceFromDollars(spotCents / 100)));
      }),
    );
  });

  it('nets premium and fees of the whole order', () => {
    const value = valueNow(condor.legs, market) ?? 0;
    expect(modelPnl(condor, market)).toBe(Math.round((value + 120) * 2 * 100) - 520);
  });
});

describe('a payoff grid', () => {
  it('has a row for each price, at expiry and now', () => {
    const prices = [590, 600, 610].map(priceFromDollars);
    const rows = payoffGrid(condor, market, prices);
    expect(rows.map((row) => row.price)).toEqual(prices);
    expect(rows.map((row) => row.expiryCents)).toEqual([-76_520, 23_480, -76_520]);
    expect(rows[1]?.nowCents).toBe(modelPnl(condor, market));
  });

  it('leaves the value now undefined where a volatility is', () => {
    const unknown = { ...market, volAt: () => undefined };
    expect(payoffGrid(condor, unknown, [priceFromDollars(600)])[0]?.nowCents).toBeUndefined();
  });
});
