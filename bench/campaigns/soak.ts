import type { Campaign } from '../support/campaign.ts';
import { soakCampaign } from '../support/soak/soak-campaign.ts';

export const campaign: Campaign = {
  name: 'soak',
  proves:
    'A year without a restart, over the wire, an event a contract every five seconds: memory, descriptors and handles stay flat from day 20 on.',
  runs: 252,
  unit: 'sessions',
  plants: { leak: /grow by/ },
  run: (options) => soakCampaign(options, { beatSeconds: 5, moveSeconds: 60 }),
};
