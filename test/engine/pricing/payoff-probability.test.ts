import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cents, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { normalCdf } from '../../../src/engine/pricing/normal.ts';
import { payoffAt } from '../../../src/engine/pricing/payoff.ts';
import type { ProbabilityInputs } from '../../../src/engine/pricing/payoff-probability.ts';
import { probabilityOfProfit } from '../../../src/engine/pricing/payoff-probability.ts';
import { condorLegs, optionLeg } from '../../support/legs.ts';

const years = 300 / 525_600;

const condor: ProbabilityInputs = {
  legs: condorLegs([590, 595, 605, 610]),
  quantity: 1,
  netPrice: priceFromDollars(1.2),
  feesCents: cents(0),
  forward: 600,
  years,
  volAt: () => 0.14,
};

describe('probability of profit', () => {
  it('of a condor lies between its breakevens', () => {
    const totalVol = 0.14 * Math.sqrt(years);
    const below = (level: number) => normalCdf(Math.log(level / 600) / totalVol + totalVol / 2);
    expect(probabilityOfProfit(condor)).toBeCloseTo(below(606.2) - below(593.8), 12);
  });

  it('of a long option and of its sale add up to one', () => {
    const long: ProbabilityInputs = {
      ...condor,
      legs: [optionLeg('buyToOpen', 'call', 602)],
      netPrice: priceFromDollars(-0.8),
    };
    const short: ProbabilityInputs = {
      ...long,
      legs: [optionLeg('sellToOpen', 'call', 602)],
      netPrice: priceFromDollars(0.8),
    };
    const sum = (probabilityOfProfit(long) ?? 0) + (probabilityOfProfit(short) ?? 0);
    expect(sum).toBeCloseTo(1, 12);
    expect(probabilityOfProfit(long)).toBeLessThan(0.5);
  });

  it('judges each breakeven by the volatility at it', () => {
    const skewed = { ...condor, volAt: (dollars: number) => (dollars < 600 ? 0.3 : 0.14) };
    expect(probabilityOfProfit(skewed)).toBeLessThan(probabilityOfProfit(condor) ?? 0);
  });

  it('is one for a sure gain, none for a sure loss', () => {
    const long = { ...condor, legs: [optionLeg('buyToOpen', 'call', 602)] };
    expect(probabilityOfProfit({ ...long, netPrice: priceFromDollars(0.01) })).toBe(1);
    const vertical = [optionLeg('buyToOpen', 'put', 602), optionLeg('sellToOpen', 'put', 601)];
    const dear = { ...condor, legs: vertical, netPrice: priceFromDollars(-1.1) };
    expect(probabilityOfProfit(dear)).toBe(0);
  });

  it('is certain at expiry', () => {
    expect(probabilityOfProfit({ ...condor, years: 0 })).toBe(1);
    expect(probabilityOfProfit({ ...condor, years: 0, forward: 607 })).toBe(0);
  });

  it('is undefined where a volatility or the forward is not known', () => {
    expect(probabilityOfProfit({ ...condor, volAt: () => undefined })).toBeUndefined();
    expect(probabilityOfProfit({ ...condor, forward: Number.NaN })).toBeUndefined();
  });

  it('agrees with the share of ten thousand equally likely prices', () => {
    fc.assert(
      fc.property(
        fc.tuple(
          fc.integer({ min: 580, max: 592 }),
          fc.integer({ min: 593, max: 599 }),
          fc.integer({ min: 601, max: 607 }),
          fc.integer({ min: 608, max: 620 }),
        ),
        fc.integer({ min: -100, max: 500 }),
        fc.double({ min: 0.08, max: 0.6, noNaN: true }),
        (strikes, netCents, vol) => {
          const inputs: ProbabilityInputs = {
            ...condor,
            legs: condorLegs(strikes),
            netPrice: priceFromDollars(netCents / 100),
            volAt: () => vol,
          };
          let mass = 0;
          const totalVol = vol * Math.sqrt(years);
          for (let z = -6; z < 6; z += 0.002) {
            const spot = 600 * Math.exp((z + 0.001) * totalVol - (totalVol * totalVol) / 2);
            const inside = normalCdf(z + 0.002) - normalCdf(z);
            if (payoffAt(inputs, priceFromDollars(spot)) > 0) mass += inside;
          }
          expect(Math.abs((probabilityOfProfit(inputs) ?? 0) - mass)).toBeLessThan(0.002);
        },
      ),
      { numRuns: 30 },
    );
  });
});
