import type { Campaign } from '../support/campaign.ts';
import type { RacePlant } from '../support/races/racing-confirms.ts';
import { RACE_PLANTS, raceConfirms } from '../support/races/racing-confirms.ts';

export const campaign: Campaign = {
  name: 'double-confirms',
  proves:
    'A token confirmed by its owner again and again and by a stranger, at once, sends one order.',
  runs: 100_000,
  unit: 'races',
  plants: {
    'token-reuse': /confirms were the first|was sent 2 times/,
    'never-sent': /0 orders were sent/,
  } satisfies Readonly<Record<RacePlant, RegExp>>,
  run: ({ runs, seed, plant, seconds, progress }) => {
    const until =
      seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1_000;
    const outcome = raceConfirms({
      races: runs,
      seed,
      plant: RACE_PLANTS.find((known) => known === plant),
      progress: (done, violations) => {
        progress(done, violations);
        return performance.now() < until;
      },
    });
    const { races, violations, confirms, sent } = outcome;
    return { runs: races, violations, counts: { confirms, sent }, notes: [`seed ${seed}`] };
  },
};
