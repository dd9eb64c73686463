import { describe, expect, it } from 'vitest';
import { liveTokens, TOKEN_PLANTS } from '../../support/token-life.ts';

const RUNS = 40;
const PLANTED_RUNS = 20;

describe('the life of confirm tokens, whatever happens to them', () => {
  it('is one use by their own trader in time, and its result ever after', () => {
    const tally = liveTokens({ runs: RUNS });
    expect(tally.used).toBeGreaterThan(RUNS);
    expect(tally.again).toBeGreaterThan(RUNS / 4);
    expect(tally.againAfterRestart).toBeGreaterThan(0);
    expect(tally.strange).toBeGreaterThan(RUNS / 4);
    expect(tally.late).toBeGreaterThan(RUNS / 2);
    expect(tally.kinds.size).toBeGreaterThan(2);
  });

  it.each(Object.entries(TOKEN_PLANTS))('is not kept by a desk with %s', (_name, spoil) => {
    expect(() => liveTokens({ runs: PLANTED_RUNS, spoil })).toThrow('Property failed');
  });
});
