/** The soak as a campaign: runs it, and tells what it saw. */
import type { CampaignOptions, CampaignOutcome } from '../campaign.ts';
import type { SoakPlan, SoakSession } from './soak-days.ts';
import { growthFaults, slopes, soak } from './soak-days.ts';

const LEAST_FOR_SLOPES = 40;

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** One soak with a beat every so many seconds. */
export async function soakCampaign(
  options: CampaignOptions,
  pace: Pick<SoakPlan, 'beatSeconds' | 'moveSeconds'>,
): Promise<CampaignOutcome> {
  const began = performance.now();
  const secondsSoFar = (): number => (performance.now() - began) / 1_000;
  const sessions: SoakSession[] = [];
  const faults = await soak({
    ...pace,
    sessions: options.runs,
    seed: options.seed,
    underlying: 'SPY',
    leaks: options.plant === 'leak',
    onSession: (session) => {
      sessions.push(session);
      options.progress(sessions.length, 0);
      return options.seconds === undefined || secondsSoFar() < options.seconds;
    },
  });
  const last = sessions.at(-1)?.held;
  const isShort = sessions.length < LEAST_FOR_SLOPES;
  return {
    runs: sessions.length,
    violations: [...faults, ...growthFaults(sessions)],
    counts: {
      events: sessions.reduce((sum, { events }) => sum + events, 0),
      filled: sessions.reduce((sum, { filled }) => sum + filled, 0),
      eventsPerContractAndBeat: Number(
        average(sessions.map((each) => each.events / each.contracts / each.beats)).toFixed(2),
      ),
      secondsPerSession: Number((secondsSoFar() / Math.max(1, sessions.length)).toFixed(1)),
      held: last === undefined ? {} : { ...last },
      slopes: slopes(sessions),
    },
    notes: [
      `${sessions[0]?.date} to ${sessions.at(-1)?.date} without a restart, a beat every ${pace.beatSeconds} s, prices move every ${pace.moveSeconds} s`,
      ...(isShort ? ['too few sessions for their slopes to say much'] : []),
    ],
  };
}
