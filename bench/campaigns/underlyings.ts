import { UNDERLYINGS } from '../../src/engine/domain/underlying.ts';
import type { Campaign, CampaignOptions, CampaignOutcome } from '../support/campaign.ts';
import { soak } from '../support/soak/soak-days.ts';

const BEAT_SECONDS = 30;

/** Run i is a session of the i-th underlying, again and again through the table. */
async function run(options: CampaignOptions): Promise<CampaignOutcome> {
  const violations: string[] = [];
  const filled: Record<string, number> = {};
  let runs = 0;
  for (; runs < options.runs; runs += 1) {
    const underlying = UNDERLYINGS[runs % UNDERLYINGS.length] ?? 'SPY';
    const faults = await soak({
      sessions: 1,
      seed: options.seed + runs,
      underlying,
      beatSeconds: BEAT_SECONDS,
      moveSeconds: BEAT_SECONDS,
      leaks: false,
      trades: options.plant !== 'untraded',
      onSession: (session) => {
        filled[underlying] = (filled[underlying] ?? 0) + session.filled;
        return true;
      },
    });
    violations.push(
      ...faults.map((fault) => `${underlying}, seed ${options.seed + runs}: ${fault}`),
    );
    options.progress(runs + 1, violations.length);
  }
  return { runs, violations, counts: { filled }, notes: [] };
}

export const campaign: Campaign = {
  name: 'underlyings',
  proves:
    'Every underlying is previewed, confirmed, filled, left and expired in a session of the simulator, over the wire.',
  runs: 5,
  unit: 'sessions',
  plants: { untraded: /only 0 orders were filled/ },
  run,
};
