import type { Campaign, CampaignOptions, CampaignOutcome } from '../support/campaign.ts';
import { falseAlarm } from '../support/clean-log.ts';

const MILLIS_PER_SECOND = 1_000;

function run({ runs, seed, seconds, progress }: CampaignOptions): CampaignOutcome {
  const violations: string[] = [];
  const until = seconds === undefined ? Infinity : performance.now() + seconds * MILLIS_PER_SECOND;
  let done = 0;
  for (; done < runs && performance.now() < until; done++) {
    const alarm = falseAlarm(seed + done);
    if (alarm !== undefined) violations.push(alarm);
    progress(done + 1, violations.length);
  }
  return { runs: done, violations, counts: { logs: done }, notes: [] };
}

export const campaign: Campaign = {
  name: 'audit',
  proves: 'The verifier raises no false alarm on clean logs, closed in order or not, keys rotated.',
  runs: 10_000,
  unit: 'logs',
  plants: [],
  run,
};
