import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deltaIndexOf, nearestByDelta } from '../../../src/engine/chain/delta-index.ts';
import type { Right } from '../../../src/engine/domain/instrument.ts';
import type { ChainSlice, ContractView } from '../../../src/engine/domain/market.ts';
import { atMinute, BlackChain, option } from './black-chain.ts';

/** A slice whose contracts of one right have these |delta|s in strike order; undefined = unknown. */
function sliceOf(right: Right, absDeltas: readonly (number | undefined)[]): ChainSlice {
  const blank = new BlackChain(1, 2).reader.slice();
  if (blank === undefined) throw new Error('no slice');
  const views = absDeltas.map((absDelta, n): ContractView => {
    const delta = right === 'call' ? absDelta : absDelta === undefined ? undefined : -absDelta;
    const greeks = { gamma: 0, theta: 0, thetaNextHour: 0, vega: 0 };
    return {
      index: n,
      contract: option(right, 500 + n),
      quote: undefined,
      impliedVol: undefined,
      greeks: delta === undefined ? undefined : { delta, ...greeks },
      modelled: false,
      last: undefined,
      volume: undefined,
      openInterest: undefined,
      feedDelta: undefined,
    };
  });
  return { ...blank, calls: right === 'call' ? views : [], puts: right === 'put' ? views : [] };
}

const absDelta = fc.double({ min: 0, max: 1, noNaN: true });
const absDeltas = fc.array(fc.option(absDelta, { nil: undefined, freq: 6 }), { maxLength: 60 });
const anyRight = fc.constantFrom<Right>('call', 'put');

describe('the contract nearest to a delta', () => {
  it('is exactly that of a full search, with noise, ties and gaps', () => {
    fc.assert(
      fc.property(anyRight, absDeltas, absDelta, (right, deltas, target) => {
        const known = deltas.filter((delta) => delta !== undefined);
        const slice = sliceOf(right, deltas);
        const found = nearestByDelta(slice, right, target);
        expect(deltaIndexOf(slice, right).nearest(target)).toBe(found?.nearest.view);
        if (known.length === 0) {
          expect(found).toBeUndefined();
          return;
        }
        const distances = known.map((delta) => Math.abs(delta - target)).sort((a, b) => a - b);
        expect(Math.abs((found?.nearest.absDelta ?? 9) - target)).toBe(distances[0]);
        const below = known.filter((delta) => delta <= target);
        const above = known.filter((delta) => delta >= target);
        expect(found?.below?.absDelta).toBe(below.length ? Math.max(...below) : undefined);
        expect(found?.above?.absDelta).toBe(above.length ? Math.min(...above) : undefined);
        expect([found?.below, found?.above]).toContain(found?.nearest);
        expect(Math.abs(found?.nearest.view.greeks?.delta ?? 9)).toBe(found?.nearest.absDelta);
      }),
    );
  });

  it('is ranked between the next smaller and the next larger delta of a full sort', () => {
    fc.assert(
      fc.property(anyRight, absDeltas, absDelta, (right, deltas, target) => {
        const match = deltaIndexOf(sliceOf(right, deltas), right).ranked(target);
        const sorted = deltas.filter((delta) => delta !== undefined).sort((a, b) => a - b);
        const sizeOf = (view: ContractView | undefined) =>
          view?.greeks === undefined ? undefined : Math.abs(view.greeks.delta);
        const nearest = sizeOf(match?.nearest) ?? -1;
        expect(match === undefined).toBe(sorted.length === 0);
        const around = [sizeOf(match?.lower), nearest, sizeOf(match?.higher)];
        const places = sorted.flatMap((delta, place) => (delta === nearest ? [place] : []));
        const slices = places.map((place) => [sorted[place - 1], nearest, sorted[place + 1]]);
        if (match !== undefined) expect(slices).toContainEqual(around);
      }),
    );
  });

  it('never lies: on live chains each look-up is that of a full sort at that instant', () => {
    const chain = new BlackChain();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(121), fc.nat(20_000)), { minLength: 1, maxLength: 30 }),
        absDelta,
        (moves, target) => {
          chain.batch(atMinute(120));
          for (const [row, bid] of moves) {
            const contract = chain.listing.contracts[row];
            if (contract !== undefined) chain.quote(contract, bid, bid + 100, atMinute(120));
          }
          chain.writer.endBatch(atMinute(121));
          const slice = chain.reader.slice();
          for (const right of ['call', 'put'] as const) {
            const rows = right === 'call' ? (slice?.calls ?? []) : (slice?.puts ?? []);
            const distances = rows
              .flatMap(({ greeks }) => (greeks === undefined ? [] : [greeks.delta]))
              .map((delta) => Math.abs(Math.abs(delta) - target))
              .sort((a, b) => a - b);
            const found = slice && deltaIndexOf(slice, right).nearest(target)?.greeks;
            const distance = found && Math.abs(Math.abs(found.delta) - target);
            expect(distance).toBe(distances[0]);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('names the neighbours of the 30-delta call and put of a real chain', () => {
    const chain = new BlackChain();
    chain.batch(atMinute(120));
    const slice = chain.reader.slice();
    if (slice === undefined) throw new Error('no slice');
    for (const right of ['call', 'put'] as const) {
      const found = nearestByDelta(slice, right, 0.3);
      const strikes = [found?.below, found?.above].map((match) => match?.view.contract.strike ?? 0);
      expect(Math.abs((strikes[0] ?? 0) - (strikes[1] ?? 0))).toBe(10_000);
      expect(found?.below?.absDelta).toBeLessThan(0.3);
      expect(found?.above?.absDelta).toBeGreaterThan(0.3);
      expect(found?.nearest.view.contract.right).toBe(right);
    }
  });

  it('prefers the one further out of the money of two equally near', () => {
    const found = nearestByDelta(sliceOf('put', [0.25, 0.75]), 'put', 0.5);
    expect(found?.nearest.absDelta).toBe(0.25);
    const same = nearestByDelta(sliceOf('call', [0.9, 0.3, 0.3]), 'call', 0.3);
    expect(same?.nearest.view.contract.strike).toBe(5_020_000);
    expect(same?.below).toBe(same?.above);
  });

  it('has one neighbour only beyond the last contract', () => {
    const slice = sliceOf('call', [0.6, 0.4]);
    expect(nearestByDelta(slice, 'call', 0.9)).toMatchObject({
      nearest: { absDelta: 0.6 },
      below: { absDelta: 0.6 },
      above: undefined,
    });
    expect(nearestByDelta(slice, 'call', 0.1)).toMatchObject({
      nearest: { absDelta: 0.4 },
      below: undefined,
      above: { absDelta: 0.4 },
    });
    expect(nearestByDelta(slice, 'put', 0.1)).toBeUndefined();
  });
});
