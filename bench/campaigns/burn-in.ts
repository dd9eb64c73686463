import type { Campaign } from '../support/campaign.ts';
import { PLANT_WORDS } from '../support/sessions/plant-words.ts';
import { sessionsCampaign } from '../support/sessions/session-campaign.ts';

/** What a session runs, and what it runs against: what the faces, the console or the feed's simulator become
 * changes none. */
const MADE_OF = [
  'src/audit',
  'src/broker',
  'src/desk',
  'src/engine',
  'src/ops',
  'src/risk',
  'src/strategies',
  'bench/support/sessions',
  'test/support/alpaca',
  'test/support/tastytrade',
];

export const campaign: Campaign = {
  name: 'burn-in',
  proves: 'A million simulated sessions keep every promise.',
  runs: 1_000_000,
  unit: 'sessions',
  madeOf: MADE_OF,
  plants: PLANT_WORDS,
  run: (options) => sessionsCampaign(options, { twiceUpTo: 0 }),
};
