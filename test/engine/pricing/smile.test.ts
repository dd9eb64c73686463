import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Smile } from '../../../src/engine/pricing/smile.ts';

function smileOf(...points: readonly (readonly [number, number])[]): Smile {
  const smile = new Smile(points.length);
  smile.clear();
  for (const [strike, vol] of points) smile.add(strike, vol);
  return smile;
}

/** The smile's volatility at one strike of a column, whose others are not wanted. */
function extendedAt(smile: Smile, wanted: number): number {
  const strike = Float64Array.of(1, wanted, 10_000);
  const vol = Float64Array.of(-1, -1, -1);
  smile.extend({ strike, vol, isWanted: Uint8Array.of(0, 1, 0) }, 3);
  expect([vol[0], vol[2]]).toEqual([-1, -1]);
  return vol[1] ?? -1;
}

describe('the smile between strikes', () => {
  const smile = smileOf([595, 0.2], [600, 0.15], [610, 0.17]);

  it('is linear between two points and exact at each', () => {
    expect(smile.at(595)).toBe(0.2);
    expect(smile.at(600)).toBe(0.15);
    expect(smile.at(610)).toBe(0.17);
    expect(smile.at(605)).toBeCloseTo(0.16, 12);
    expect(smile.at(596)).toBeCloseTo(0.19, 12);
  });

  it('is flat beyond the outermost, and no number without points', () => {
    expect(smile.at(500)).toBe(0.2);
    expect(smile.at(700)).toBe(0.17);
    expect(smileOf().at(600)).toBeNaN();
    expect(extendedAt(smileOf(), 600)).toBeNaN();
  });

  it('forgets its points when it is cleared', () => {
    const again = smileOf([595, 0.2], [600, 0.15]);
    again.clear();
    expect(again.count).toBe(0);
    again.add(590, 0.3);
    expect(again.at(600)).toBe(0.3);
  });
});

describe('the smile beyond its edge', () => {
  it('goes on with the slope there in log-strike, on either side', () => {
    const smile = smileOf([590, 0.24], [595, 0.2], [600, 0.15], [605, 0.18], [610, 0.2]);
    const below = (0.24 - 0.2) / Math.log(590 / 610);
    expect(extendedAt(smile, 585)).toBeCloseTo(0.24 + below * Math.log(585 / 590), 12);
    const rising = smileOf([605, 0.18], [610, 0.2]);
    const above = (0.2 - 0.18) / Math.log(610 / 605);
    expect(extendedAt(rising, 615)).toBeCloseTo(0.2 + above * Math.log(615 / 610), 12);
  });

  it('takes its slope over the four strikes next to the edge', () => {
    const steep = smileOf(
      [580, 0.9],
      [590, 0.24],
      [595, 0.2],
      [600, 0.15],
      [605, 0.14],
      [610, 0.2],
    );
    expect(extendedAt(steep, 620)).toBe(0.2);
  });

  it('is flat with one point, and where the smile falls outward', () => {
    expect(extendedAt(smileOf([590, 0.24]), 585)).toBe(0.24);
    expect(extendedAt(smileOf([590, 0.24], [595, 0.3]), 585)).toBe(0.24);
    expect(extendedAt(smileOf([605, 0.22], [610, 0.2]), 615)).toBe(0.2);
  });

  it('never exceeds twice the edge, and never falls below it, whatever the smile', () => {
    expect(extendedAt(smileOf([590, 0.24], [595, 0.2]), 400)).toBe(0.48);
    const vol = fc.double({ min: 0.02, max: 3, noNaN: true });
    fc.assert(
      fc.property(vol, vol, fc.double({ min: 1, max: 1_000, noNaN: true }), (low, high, strike) => {
        const smile = smileOf([590, low], [610, high]);
        const found = extendedAt(smile, strike);
        const edge = strike < 590 ? low : high;
        if (strike < 590 || strike > 610) {
          expect(found).toBeGreaterThanOrEqual(edge);
          expect(found).toBeLessThanOrEqual(2 * edge);
        } else {
          expect(found).toBe(smile.at(strike));
        }
      }),
    );
  });
});
