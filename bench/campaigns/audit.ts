import { verifyJournal } from '../../src/audit/verify.ts';
import { MILLIS_PER_SECOND } from '../../src/engine/domain/units.ts';
import type { Campaign, CampaignOptions, CampaignOutcome } from '../support/campaign.ts';
import { blindly, judgeLog } from '../support/clean-log.ts';

/** A verifier that finds nothing, whatever it reads. */
const BLIND = 'blind';

function run({ runs, seed, seconds, plant, progress }: CampaignOptions): CampaignOutcome {
  const violations: string[] = [];
  const until = seconds === undefined ? Infinity : performance.now() + seconds * MILLIS_PER_SECOND;
  const verify = plant === BLIND ? blindly : verifyJournal;
  let changed = 0;
  let done = 0;
  for (; done < runs && performance.now() < until; done++) {
    const { faults, isChanged } = judgeLog(seed + done, verify);
    violations.push(...faults);
    if (isChanged) changed += 1;
    progress(done + 1, violations.length);
  }
  return { runs: done, violations, counts: { logs: done, changed }, notes: [] };
}

export const campaign: Campaign = {
  name: 'audit',
  proves:
    'The verifier raises no false alarm on clean logs, closed in order or not, keys rotated, and one on each with a changed byte.',
  runs: 10_000,
  unit: 'logs',
  plants: { [BLIND]: /was changed and is called clean/ },
  run,
};
