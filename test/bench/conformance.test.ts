import { afterEach, describe, expect, it, vi } from 'vitest';
import { campaign } from '../../bench/campaigns/conformance.ts';
import { isFound, MachineLacks } from '../../bench/support/campaign.ts';
import { tallyOf } from '../../bench/support/mcp/suite-tally.ts';

/** Processes: they are never judged by their time. */
const PATIENCE_MILLIS = 600_000;

/** undefined = this machine lacks them. */
async function violationsWith(plant: string): Promise<readonly string[] | undefined> {
  const options = { runs: 1, seed: 1, plant, seconds: undefined, progress: () => undefined };
  try {
    return (await campaign.run(options)).violations;
  } catch (error) {
    if (error instanceof MachineLacks) return undefined;
    throw error;
  }
}

describe('what the official suite said', () => {
  it.each([
    ['of many scenarios', 'Total: 81 passed, 0 failed', 81],
    ['of one scenario', 'Passed: 3/3, 0 failed, 0 warnings', 3],
  ])('is clean %s', (_name, text, passed) => {
    expect(tallyOf('here', { code: 0, text })).toEqual({ passed, violations: [] });
  });

  it('is told by each scenario that failed', () => {
    const text =
      '✓ ping: 1 passed, 0 failed\n✗ tools-list: 1 passed, 2 failed\nTotal: 2 passed, 2 failed';
    expect(tallyOf('here', { code: 1, text })).toEqual({
      passed: 2,
      violations: ['here: tools-list: 1 passed, 2 failed'],
    });
  });

  it('is told where no scenario is named, and where it said nothing', () => {
    const unnamed = tallyOf('here', { code: 1, text: 'Passed: 1/3, 2 failed' });
    expect(unnamed).toEqual({ passed: 1, violations: ['here: 2 checks failed'] });
    const silent = tallyOf('here', { code: null, text: '' });
    expect(silent.violations).toEqual(['here: the suite gave no result (exit null)']);
  });
});

describe('the official suites (skipped where npm has them not at hand)', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.for(Object.keys(campaign.plants))(
    'find the planted bug %s',
    { timeout: PATIENCE_MILLIS },
    async (plant, { skip }) => {
      vi.stubEnv('npm_config_offline', 'true');
      const violations = await violationsWith(plant);
      if (violations === undefined) return skip('npm has them not in its cache');
      expect(isFound(campaign.plants[plant], violations)).toBe(true);
    },
  );
});
