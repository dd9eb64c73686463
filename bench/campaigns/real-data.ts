import type { Campaign, CampaignOptions, CampaignOutcome } from '../support/campaign.ts';
import { MachineLacks } from '../support/campaign.ts';
import { median } from '../support/real-data/chain-checks.ts';
import { playDays } from '../support/real-data/real-days.ts';
import {
  googHalfDay,
  hasRealData,
  spxwMidDays,
  spxwMinuteDays,
  spxwReference,
  swappedRights,
} from '../support/real-data/real-sets.ts';

/** Calls quoted as puts, and puts as calls. */
const SWAPPED = 'swapped-rights';
const DECIMALS = 7;
/** Half of the volatilities are nearer to the reference than this fraction of it. */
const MOST_VOL_GAP = 1e-4;

async function run(options: CampaignOptions): Promise<CampaignOutcome> {
  if (!hasRealData()) throw new MachineLacks('the recorded markets (../shared/data) are not here');
  const all = [googHalfDay(), ...spxwMinuteDays(), ...spxwMidDays()];
  const whole = all.slice(0, options.runs);
  const days = options.plant === SWAPPED ? whole.map(swappedRights) : whole;
  const played = await playDays({ days, reference: spxwReference(), onDay: options.progress });
  const { faults, steps, tally, gaps } = played;
  const volGap = median(gaps.volGaps);
  const far = volGap > MOST_VOL_GAP ? [`volatilities differ by ${volGap} of the reference's`] : [];
  const of = (values: readonly number[]): number => Number(median(values).toFixed(DECIMALS));
  return {
    runs: played.days,
    all: all.length,
    violations: [...faults, ...far],
    counts: {
      steps,
      chain: { ...tally },
      reference: {
        points: gaps.volGaps.length,
        medianForwardGap: of(gaps.forwardGaps),
        medianVolGap: of(gaps.volGaps),
        medianDeltaGap: of(gaps.deltaGaps),
      },
    },
    notes: [
      'mispricedPairs, parityMisses and deltaTurns are what the recorded quotes themselves break: their trades were not at one moment',
    ],
  };
}

export const campaign: Campaign = {
  name: 'real-data',
  proves:
    'Recorded markets played through the wire make a chain whose parity, deltas and greeks hold at every step.',
  runs: 374,
  unit: 'days',
  plants: { [SWAPPED]: /deltas|has a market and no volatility|lies outside the widths/ },
  run,
};
