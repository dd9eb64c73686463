import { describe, expect, it } from 'vitest';
import { MAX_FEED_GREEKS_AGE_MICROS } from '../../../src/engine/chain/feed-check.ts';
import { addMicros } from '../../../src/engine/domain/units.ts';
import { atMinute, BlackChain } from './black-chain.ts';

const at = atMinute(120);

/** A chain whose feed tells each contract's delta with an error that depends on the strike. */
function chainTold(error: (strike: number) => number): BlackChain {
  const chain = new BlackChain();
  chain.batch(at);
  for (const contract of chain.listing.contracts) {
    const row = chain.rowOf(contract);
    const delta = chain.reader.view(row)?.greeks?.delta ?? 0;
    chain.writer.setFeedGreeks(row, delta + error(contract.strike / 10_000), 0.2, at);
  }
  chain.writer.endBatch(at);
  return chain;
}

describe('the gap between our deltas and those of the feed', () => {
  it('is unknown before the feed told any', () => {
    const chain = new BlackChain();
    chain.batch(at);
    expect(chain.writer.feedGap).toEqual({ compared: 0, mean: undefined, worst: undefined });
  });

  it('is the mean and the largest difference over contracts with a volatility of their own', () => {
    const chain = chainTold((strike) => (strike === 600 ? 0.2 : -0.01));
    const slice = chain.reader.slice();
    const own = [...(slice?.calls ?? []), ...(slice?.puts ?? [])].filter(
      (view) => view.greeks !== undefined && !view.modelled,
    );
    const { compared, mean, worst } = chain.writer.feedGap;
    expect(compared).toBe(own.length);
    expect(worst).toBeCloseTo(0.2, 12);
    expect(mean).toBeCloseTo((2 * 0.2 + (compared - 2) * 0.01) / compared, 12);
  });

  it('leaves out what the feed told too long ago', () => {
    const chain = chainTold(() => 0.1);
    const later = (micros: number) => ({ market: at.market, wall: addMicros(at.wall, micros) });
    chain.writer.endBatch(later(MAX_FEED_GREEKS_AGE_MICROS));
    expect(chain.writer.feedGap.compared).toBeGreaterThan(0);
    chain.writer.endBatch(later(MAX_FEED_GREEKS_AGE_MICROS + 1));
    expect(chain.writer.feedGap.compared).toBe(0);
  });
});
