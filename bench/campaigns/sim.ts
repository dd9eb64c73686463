import type { Campaign } from '../support/campaign.ts';
import { PLANT_WORDS } from '../support/sessions/plant-words.ts';
import { sessionsCampaign } from '../support/sessions/session-campaign.ts';

/** So many seeds must give the same bytes a second time, and their recordings must replay. */
const TWICE = 1_000;

export const campaign: Campaign = {
  name: 'sim',
  proves:
    'Simulated sessions keep every promise; the first thousand run twice, byte for byte alike, and their recordings replay.',
  runs: 100_000,
  unit: 'sessions',
  plants: PLANT_WORDS,
  run: (options) => sessionsCampaign(options, { twiceUpTo: TWICE }),
};
