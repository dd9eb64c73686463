import { describe, expect, it } from 'vitest';
import { CAMPAIGNS } from '../../bench/support/all-campaigns.ts';
import { isFound } from '../../bench/support/campaign.ts';

/** The short form of a campaign's plant; other plants have theirs in the tests of their campaigns. */
const SHORT = [
  ['audit', 'blind', 5],
  ['fuzz', 'naive-number', 2_000],
  ['models', 'token-reuse', 1],
  ['models', 'token-of-anyone', 1],
] as const;

function campaignNamed(name: string) {
  const campaign = CAMPAIGNS.find((known) => known.name === name);
  if (campaign === undefined) throw new Error(`there is no campaign ${name}`);
  return campaign;
}

describe('a planted bug', () => {
  it('is known to every campaign', () => {
    const bare = CAMPAIGNS.filter(({ plants }) => Object.keys(plants).length === 0);
    expect(bare).toEqual([]);
  });

  it('is found by its own words alone', () => {
    expect(isFound(/torn/, ['seed 1: 3 rows were torn'])).toBe(true);
    expect(isFound(/torn/, ['seed 1: something else'])).toBe(false);
    expect(isFound(undefined, ['seed 1: 3 rows were torn'])).toBe(false);
  });

  it.each(SHORT)('of %s is found: %s', async (name, plant, runs) => {
    const campaign = campaignNamed(name);
    const options = { runs, seed: 1, seconds: undefined, progress: () => undefined };
    const { violations } = await campaign.run({ ...options, plant });
    expect(isFound(campaign.plants[plant], violations)).toBe(true);
  });

  it('is no find where nothing is planted', async () => {
    const options = { runs: 5, seed: 1, seconds: undefined, progress: () => undefined };
    const { violations, counts } = await campaignNamed('audit').run({
      ...options,
      plant: undefined,
    });
    expect(violations).toEqual([]);
    expect(counts['changed']).toBeGreaterThan(0);
  });
});
