import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blackValue } from '../../../src/engine/pricing/black.ts';
import { ForwardVote } from '../../../src/engine/pricing/forward.ts';
import { csvRows } from '../../support/reference-options.ts';
import { sharedData } from '../../support/shared-data.ts';

const spxwPath = sharedData('internal/spxw_0dte_iv_delta_reference.csv.gz');

interface ParityPair {
  readonly strike: number;
  readonly callBid: number;
  readonly callAsk: number;
  readonly putBid: number;
  readonly putAsk: number;
}

const vote = new ForwardVote();

function parityForward(pairs: readonly ParityPair[]): number | undefined {
  vote.clear();
  for (const { strike, callBid, callAsk, putBid, putAsk } of pairs) {
    vote.add({ strike, callBid, callAsk, putBid, putAsk });
  }
  return vote.forward();
}

function pairAt(strike: number, call: number, put: number, width: number): ParityPair {
  const half = width / 2;
  return {
    strike,
    callBid: call - half,
    callAsk: call + half,
    putBid: put - half,
    putAsk: put + half,
  };
}

/** Whole-dollar strikes around a forward, two-sided quotes `width` wide around Black's values. */
function chainAround(forward: number, width: number): ParityPair[] {
  const pairs: ParityPair[] = [];
  for (let strike = Math.round(forward) - 10; strike <= Math.round(forward) + 10; strike++) {
    const option = { forward, strike, years: 5e-4, vol: 0.15 };
    const call = blackValue({ ...option, right: 'call' });
    const put = blackValue({ ...option, right: 'put' });
    pairs.push(pairAt(strike, call, put, width));
  }
  return pairs;
}

describe('the parity forward', () => {
  it('is exact where mids are', () => {
    fc.assert(
      fc.property(fc.double({ min: 300, max: 900, noNaN: true }), (forward) => {
        expect(parityForward(chainAround(forward, 0.02))).toBeCloseTo(forward, 9);
      }),
    );
  });

  it('is within half a tick when every quote lies on the penny grid', () => {
    fc.assert(
      fc.property(fc.double({ min: 300, max: 900, noNaN: true }), (forward) => {
        const onGrid = chainAround(forward, 0.03).map((pair) => ({
          strike: pair.strike,
          callBid: Math.floor(pair.callBid * 100) / 100,
          callAsk: Math.ceil(pair.callAsk * 100) / 100,
          putBid: Math.floor(pair.putBid * 100) / 100,
          putAsk: Math.ceil(pair.putAsk * 100) / 100,
        }));
        expect(Math.abs((parityForward(onGrid) ?? 0) - forward)).toBeLessThan(0.0101);
      }),
    );
  });

  it('is not moved by one wrong quote, nor by a wide one', () => {
    const pairs = chainAround(600.3, 0.02);
    pairs[10] = pairAt(600, 9, 1, 0.02);
    pairs[11] = pairAt(601, 3, 4.2, 3);
    expect(parityForward(pairs)).toBeCloseTo(600.3, 9);
  });

  it('leaves crossed markets out, and needs one pair that is not', () => {
    const crossed = { strike: 600, callBid: 2, callAsk: 1.9, putBid: 1, putAsk: 1.1 };
    expect(parityForward([crossed])).toBeUndefined();
    expect(parityForward([])).toBeUndefined();
    expect(parityForward([crossed, pairAt(600, 2, 1, 0)])).toBe(601);
  });

  it('is the same in whatever order the pairs come', () => {
    const pairs = chainAround(600.3, 0.02).map((pair, i) => ({
      ...pair,
      callAsk: pair.callAsk + (i % 5) / 100,
    }));
    const inOrder = parityForward(pairs);
    fc.assert(
      fc.property(fc.shuffledSubarray(pairs, { minLength: pairs.length }), (shuffled) => {
        expect(parityForward(shuffled)).toBeCloseTo(inOrder ?? 0, 9);
      }),
      { numRuns: 30 },
    );
  });

  it('takes the mean of two votes of equal weight', () => {
    expect(parityForward([pairAt(600, 1.5, 1, 0.1), pairAt(601, 1, 1.1, 0.1)])).toBeCloseTo(
      600.7,
      9,
    );
  });
});

describe.skipIf(spxwPath === undefined)(
  'the parity forward of SPXW snapshots (skipped where ../shared/data is absent)',
  () => {
    it('lies within 6 points of the published one on all 3,314, and equal on nine of ten', () => {
      const snapshots = new Map<string, { forward: number; mids: Map<number, number[]> }>();
      for (const [date, time, , forward, right, strike, mid] of csvRows(spxwPath ?? '')) {
        const key = `${date} ${time}`;
        const snapshot = snapshots.get(key) ?? { forward: Number(forward), mids: new Map() };
        snapshots.set(key, snapshot);
        const pair = snapshot.mids.get(Number(strike)) ?? [];
        pair[right === 'C' ? 0 : 1] = Number(mid);
        snapshot.mids.set(Number(strike), pair);
      }
      let equal = 0;
      for (const { forward, mids } of snapshots.values()) {
        const pairs = [...mids]
          .filter(([, [call, put]]) => call !== undefined && put !== undefined)
          .map(([strike, [call = 0, put = 0]]) => pairAt(strike, call, put, 0));
        const implied = parityForward(pairs) ?? 0;
        expect(Math.abs(implied - forward)).toBeLessThan(6);
        if (Math.abs(implied - forward) < 0.006) equal += 1;
      }
      expect(snapshots.size).toBe(3_314);
      expect(equal).toBeGreaterThan(2_980);
    });
  },
);
