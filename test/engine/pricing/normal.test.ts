import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { erfc, millsRatio, normalCdf } from '../../../src/engine/pricing/normal.ts';
import { relativeError } from '../../support/reference-options.ts';

/** z, cdf, cdf over density: computed with 40 digits. */
const REFERENCE: readonly (readonly [number, number, number])[] = [
  [-20, 2.7536241186062337e-89, 0.04987592598183679],
  [-8.5, 9.479534822203318e-18, 0.11608206338598229],
  [-5, 2.866515718791939e-7, 0.19280810471531576],
  [-2, 0.02275013194817921, 0.4213692292880545],
  [-1, 0.15865525393145705, 0.6556795424187984],
  [-0.66, 0.25462691467133614, 0.7935669641718955],
  [-0.5, 0.3085375387259869, 0.8763644564536923],
  [-1e-3, 0.49960105778608893, 1.252314763639392],
  [0.3, 0.6179114221889527, 1.6201656087067893],
  [0.7, 0.758036347776927, 2.4276278591711673],
  [1.5, 0.9331927987311419, 7.205143007274779],
  [4, 0.9999683287581669, 7471.916923422994],
  [6, 0.9999999990134123, 164585134.98865387],
];

describe('the normal distribution', () => {
  it.each(REFERENCE)('is exact to a few units of the last place at z = %d', (z, cdf, mills) => {
    const argumentRounding = z * z * Number.EPSILON;
    expect(relativeError(normalCdf(z), cdf)).toBeLessThan(2e-15 + argumentRounding);
    expect(relativeError(millsRatio(z), mills)).toBeLessThan(4e-15);
  });

  it('sums to one on both sides of any z', () => {
    fc.assert(
      fc.property(fc.double({ min: -40, max: 40, noNaN: true }), (z) => {
        expect(normalCdf(z) + normalCdf(-z)).toBeCloseTo(1, 14);
        expect(erfc(z) + erfc(-z)).toBeCloseTo(2, 14);
      }),
    );
  });

  it('rises with z, across the seams of its approximations too', () => {
    for (let z = -12; z < 8; z += 0.001) {
      expect(normalCdf(z + 0.001)).toBeGreaterThanOrEqual(normalCdf(z));
    }
  });

  it('is 0 and 1 at the ends of the line', () => {
    expect(normalCdf(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(normalCdf(Number.POSITIVE_INFINITY)).toBe(1);
  });
});
