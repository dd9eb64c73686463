import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PENNY_GRID } from '../../src/engine/domain/tick-grid.ts';
import { price } from '../../src/engine/domain/units.ts';
import { confirmedLimit, type DriftSnapshot, judgeDrift } from '../../src/risk/drift.ts';
import { dollars, LIMITS } from './fixtures.ts';

const tick = PENNY_GRID.step;
const CALL = 'SPY   261120C00605000';
const PUT = 'SPY   261120P00595000';

function seen(netDollars: number, call?: number, put?: number): DriftSnapshot {
  const shortDeltas = new Map<string, number>();
  if (call !== undefined) shortDeltas.set(CALL, call);
  if (put !== undefined) shortDeltas.set(PUT, put);
  return { net: dollars(netDollars), tick, shortDeltas };
}

describe('drift of the net', () => {
  it.each([
    ['a credit one tick inside 10 %', 1, 0.91, false],
    ['a credit at 10 %', 1, 0.9, false],
    ['a credit one tick past 10 %', 1, 0.89, true],
    ['a small credit at two ticks', 0.1, 0.08, false],
    ['a small credit at three ticks', 0.1, 0.07, true],
    ['a debit one tick inside 10 %', -1, -1.09, false],
    ['a debit at 10 %', -1, -1.1, false],
    ['a debit one tick past 10 %', -1, -1.11, true],
    ['a lotto at two ticks', -0.05, -0.07, false],
    ['a lotto at three ticks', -0.05, -0.08, true],
    ['a credit that became a debit', 0.05, -0.01, true],
    ['a richer credit', 1, 5, false],
    ['a cheaper debit', -1, -0.01, false],
  ])('%s: %s to %s', (_what, before, now, refused) => {
    const denial = judgeDrift(seen(before), seen(now), LIMITS);
    expect(denial?.code).toBe(refused ? 'reprice_required' : undefined);
  });

  it('tells the difference in dollars per share', () => {
    expect(judgeDrift(seen(1), seen(0.85), LIMITS)).toMatchObject({
      code: 'reprice_required',
      message: 'the price moved against the order; preview again',
      numbers: { previewedPrice: 1, livePrice: 0.85, adversePrice: 0.15, tolerancePrice: 0.1 },
    });
  });
});

describe('drift of a short delta', () => {
  it.each([
    ['eight points toward the money', 0.3, 0.38, false],
    ['a little more', 0.3, 0.3801, true],
    ['any way out of the money', 0.3, 0.01, false],
  ])('%s', (_what, before, now, refused) => {
    const call = judgeDrift(seen(1, before), seen(1, now), LIMITS);
    expect(call?.code).toBe(refused ? 'reprice_required' : undefined);
    const put = judgeDrift(seen(1, undefined, -before), seen(1, undefined, -now), LIMITS);
    expect(put?.code).toBe(refused ? 'reprice_required' : undefined);
  });

  it('that is not known any more asks for a new preview', () => {
    const denial = judgeDrift(seen(1, 0.3, -0.3), seen(1, 0.3), LIMITS);
    expect(denial).toEqual({
      code: 'reprice_required',
      message: `the delta of ${PUT} is not known now; preview again`,
      numbers: { symbol: PUT, previewedDelta: -0.3, liveDelta: 'unknown', tolerancePoints: 8 },
    });
  });

  it('tells the leg and both deltas', () => {
    expect(judgeDrift(seen(1, 0.25), seen(1, 0.5), LIMITS)).toEqual({
      code: 'reprice_required',
      message: `${CALL}, a short leg, moved toward the money; preview again`,
      numbers: {
        symbol: CALL,
        previewedDelta: 0.25,
        liveDelta: 0.5,
        adversePoints: 25,
        tolerancePoints: 8,
      },
    });
  });
});

describe('drift in general', () => {
  const tenths = fc.integer({ min: -100_000, max: 100_000 });
  const delta = fc.double({ min: 0, max: 1, noNaN: true });

  it('never refuses a market that moved for the order, however far', () => {
    fc.assert(
      fc.property(tenths, fc.nat(100_000), delta, delta, (net, better, a, b) => {
        const shortDeltas = (value: number) => new Map([[CALL, value]]);
        const before = { net: price(net), tick, shortDeltas: shortDeltas(Math.max(a, b)) };
        const now = { net: price(net + better), tick, shortDeltas: shortDeltas(Math.min(a, b)) };
        expect(judgeDrift(before, now, LIMITS)).toBeUndefined();
      }),
    );
  });

  it('refuses any worse net once it refused a better one', () => {
    fc.assert(
      fc.property(tenths, tenths, fc.nat(100_000), (net, live, worse) => {
        const at = (value: number) => ({ net: price(value), tick, shortDeltas: new Map() });
        const first = judgeDrift(at(net), at(live), LIMITS);
        const second = judgeDrift(at(net), at(live - worse), LIMITS);
        if (first !== undefined) expect(second).toBeDefined();
      }),
    );
  });
});

describe('the confirmed limit', () => {
  it('follows the market up and never passes the worst price agreed to', () => {
    expect(confirmedLimit(dollars(1.2), dollars(0.9))).toBe(dollars(1.2));
    expect(confirmedLimit(dollars(0.95), dollars(0.9))).toBe(dollars(0.95));
    expect(confirmedLimit(dollars(0.85), dollars(0.9))).toBe(dollars(0.9));
  });
});
