import type { Campaign } from '../support/campaign.ts';
import { PLANT_WORDS } from '../support/sessions/plant-words.ts';
import { sessionsCampaign } from '../support/sessions/session-campaign.ts';

export const campaign: Campaign = {
  name: 'burn-in',
  proves: 'A million simulated sessions keep every promise.',
  runs: 1_000_000,
  unit: 'sessions',
  madeOf: ['bench/support/sessions/session-worker.ts'],
  plants: PLANT_WORDS,
  run: (options) => sessionsCampaign(options, { twiceUpTo: 0 }),
};
