import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blackValue } from '../../../src/engine/pricing/black.ts';
import type { WingInputs } from '../../../src/engine/pricing/smile.ts';
import { interpolateVol, wingVol } from '../../../src/engine/pricing/smile.ts';

const wing: WingInputs = {
  right: 'put',
  strike: 585,
  forward: 600,
  years: 4e-4,
  edge: { strike: 590, vol: 0.24 },
  inner: { strike: 595, vol: 0.2 },
  bid: undefined,
  ask: undefined,
};

describe('the volatility of a wing without a market', () => {
  it('goes on with the slope of the edge in log-strike', () => {
    const slope = 0.04 / Math.log(590 / 595);
    expect(wingVol(wing)).toBeCloseTo(0.24 + slope * Math.log(585 / 590), 12);
  });

  it('is flat without a second point, and where the smile falls outward', () => {
    expect(wingVol({ ...wing, inner: undefined })).toBe(0.24);
    expect(wingVol({ ...wing, inner: { strike: 595, vol: 0.3 } })).toBe(0.24);
  });

  it('works the same way above the forward', () => {
    const callWing: WingInputs = {
      ...wing,
      right: 'call',
      strike: 615,
      edge: { strike: 610, vol: 0.2 },
      inner: { strike: 605, vol: 0.18 },
    };
    expect(wingVol(callWing)).toBeGreaterThan(0.2);
    expect(wingVol({ ...callWing, inner: { strike: 605, vol: 0.22 } })).toBe(0.2);
  });

  it('never exceeds twice the edge', () => {
    expect(wingVol({ ...wing, strike: 400 })).toBe(0.48);
  });

  it('is lowered to the ask, and raised to the bid', () => {
    const value = (vol: number, strike: number) => blackValue({ ...wing, strike, vol });
    const free = wingVol(wing) ?? 0;
    const cheap = wingVol({ ...wing, ask: value(free, 585) / 2 }) ?? 0;
    expect(cheap).toBeLessThan(free);
    expect(value(cheap, 585)).toBeCloseTo(value(free, 585) / 2, 12);
    const dear = wingVol({ ...wing, bid: value(free, 585) * 2 }) ?? 0;
    expect(value(dear, 585)).toBeCloseTo(value(free, 585) * 2, 12);
    expect(wingVol({ ...wing, ask: value(free, 585) })).toBe(free);
  });

  it('is undefined where the side that binds has no volatility, and after expiry', () => {
    expect(wingVol({ ...wing, ask: 0 })).toBeUndefined();
    expect(wingVol({ ...wing, right: 'call', ask: 14.9 })).toBeUndefined();
    expect(wingVol({ ...wing, years: 0 })).toBeUndefined();
    expect(wingVol({ ...wing, edge: { strike: 590, vol: 0 } })).toBeUndefined();
  });

  it('keeps its model price within its own market, whatever the smile', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 1.5, noNaN: true }),
        fc.double({ min: 0.05, max: 1.5, noNaN: true }),
        fc.integer({ min: 560, max: 589 }),
        fc.integer({ min: 1, max: 50 }),
        (edgeVol, innerVol, strike, askCents) => {
          const ask = askCents / 100;
          const edge = { strike: 590, vol: edgeVol };
          const inner = { strike: 595, vol: innerVol };
          const vol = wingVol({ ...wing, strike, edge, inner, ask }) ?? 0;
          expect(blackValue({ ...wing, strike, vol })).toBeLessThanOrEqual(ask + 1e-12);
        },
      ),
    );
  });
});

describe('the smile between strikes', () => {
  const points = [
    { strike: 595, vol: 0.2 },
    { strike: 600, vol: 0.15 },
    { strike: 610, vol: 0.17 },
  ];

  it('is linear between two points and exact at each', () => {
    expect(interpolateVol(points, 595)).toBe(0.2);
    expect(interpolateVol(points, 600)).toBe(0.15);
    expect(interpolateVol(points, 610)).toBe(0.17);
    expect(interpolateVol(points, 605)).toBeCloseTo(0.16, 12);
    expect(interpolateVol(points, 596)).toBeCloseTo(0.19, 12);
  });

  it('is flat beyond the outermost, and undefined without points', () => {
    expect(interpolateVol(points, 500)).toBe(0.2);
    expect(interpolateVol(points, 700)).toBe(0.17);
    expect(interpolateVol([], 600)).toBeUndefined();
  });
});
