import type { Campaign } from '../support/campaign.ts';
import { PLANT_NAMES } from '../support/sessions/plants.ts';
import { sessionsCampaign } from '../support/sessions/session-runs.ts';

export const campaign: Campaign = {
  name: 'sim',
  proves: 'Simulated sessions keep every promise, twice alike, and their recordings replay.',
  runs: 32,
  unit: 'sessions',
  plants: PLANT_NAMES,
  run: (options) => sessionsCampaign(options, { twice: true }),
};
