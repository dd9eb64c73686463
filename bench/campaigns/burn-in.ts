import type { Campaign } from '../support/campaign.ts';
import { PLANT_NAMES } from '../support/sessions/plants.ts';
import { sessionsCampaign } from '../support/sessions/session-runs.ts';

export const campaign: Campaign = {
  name: 'burn-in',
  proves: 'Simulated sessions keep every promise, each run once.',
  runs: 100,
  unit: 'sessions',
  plants: PLANT_NAMES,
  run: (options) => sessionsCampaign(options, { twice: false }),
};
