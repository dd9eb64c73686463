import type { Campaign } from '../support/campaign.ts';
import { soakCampaign } from '../support/soak/soak-campaign.ts';

export const campaign: Campaign = {
  name: 'soak-days',
  proves:
    'A year without a restart at a beat a minute, in minutes: what leaks by the session, not by the event, shows from day 20 on.',
  runs: 252,
  unit: 'sessions',
  plants: { leak: /grow by/ },
  run: (options) => soakCampaign(options, { beatSeconds: 60, moveSeconds: 60 }),
};
