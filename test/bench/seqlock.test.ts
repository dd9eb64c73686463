import { expect, it } from 'vitest';
import { campaign } from '../../bench/campaigns/seqlock.ts';

const progress = (): void => undefined;

it('reads rows, slices and records whole on several threads beside a writer at full speed', async () => {
  const options = { runs: 1, seed: 1, plant: undefined, seconds: undefined, progress };
  const { runs, violations, counts } = await campaign.run(options);
  expect(violations).toEqual([]);
  expect(runs).toBeGreaterThanOrEqual(1);
  expect(counts['batches']).toBeGreaterThan(0);
});

// so many reads that rows are torn on any machine: it ends with the first
it('finds torn rows where nobody looks at the lock', async () => {
  const options = { runs: 1_000, seed: 1, plant: 'unlocked', seconds: undefined, progress };
  const { violations } = await campaign.run(options);
  expect(violations.join()).toContain('rows were torn');
});
