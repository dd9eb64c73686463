/** Many simulated sessions, one after the other, and what they came to. */

import { decodeRecording, RecordingEncoder } from '../../../src/audit/session-recording.ts';
import { replayRecording } from '../../../src/desk/simulation/replay.ts';
import type { EngineRun, SessionReport } from '../../../src/desk/simulation/session-report.ts';
import type { SessionTally } from '../../../src/desk/simulation/session-tally.ts';
import { addTally, emptyTally } from '../../../src/desk/simulation/session-tally.ts';
import { runSession } from '../../../src/desk/simulation/simulated-session.ts';
import type { CampaignCounts, CampaignOptions, CampaignOutcome } from '../campaign.ts';
import { lacksOfCampaign, lacksOfSession } from './enough.ts';
import type { PlantName } from './plants.ts';
import { isPlantName, plantOf } from './plants.ts';

/** Every so many sessions one is of a half day. */
const HALF_DAY_EVERY = 8;
const HALF_DAY = '2026-11-27';
const FULL_DAY = '2026-11-20';
const HEADER = {
  build: 'simulated',
  v8: process.versions.v8,
  arch: process.arch,
  session: FULL_DAY,
};

export interface SessionRunsOptions {
  readonly sessions: number;
  readonly seed: number;
  readonly plant?: PlantName | undefined;
  /** Runs each session a second time and replays its recordings. */
  readonly twice: boolean;
  /** Sessions are broken off so many minutes after the open; none is where absent. */
  readonly minutes?: number;
  /** No session begins later than this after the first; all of them do where absent. */
  readonly seconds?: number | undefined;
  /** Called after each session. */
  readonly onProgress?: (done: number, violations: number) => void;
}

export interface SessionRuns {
  readonly runs: number;
  readonly violations: readonly string[];
  readonly distinctTraces: number;
  readonly tally: SessionTally;
}

/** Bytes of a run's recording, as they would stand in a file, read back. */
function recordingOf({ chunks }: EngineRun) {
  const encoder = new RecordingEncoder();
  const bytes = [encoder.begin(HEADER), ...chunks.map((chunk) => encoder.chunk(chunk))];
  return decodeRecording(Buffer.concat([...bytes, encoder.end('complete')]));
}

/** What a second run and a replay of the recordings show that the first run does not. */
function differencesOnceMore(report: SessionReport, date: string): readonly string[] {
  const found: string[] = [];
  const again = runSession({ seed: report.seed, date });
  if (again.trace !== report.trace) found.push('a second run gave another trace');
  for (const [index, run] of report.runs.entries()) {
    if (run.isDrilled || run.records.length === 0) continue;
    const { identical, lines } = replayRecording(recordingOf(run), run.records);
    if (!identical) found.push(`replay of start ${index}: ${lines[0]}`);
  }
  return found;
}

function inTime(seconds: number | undefined): () => boolean {
  if (seconds === undefined) return () => true;
  const end = performance.now() + seconds * 1_000;
  return () => performance.now() < end;
}

/** Runs the sessions. With a plant it stops at the first session that finds it. */
export function runSessions(options: SessionRunsOptions): SessionRuns {
  const { sessions, seed, plant, twice, minutes, onProgress } = options;
  const mayBegin = inTime(options.seconds);
  const tally = emptyTally();
  const traces = new Set<string>();
  const violations: string[] = [];
  let runs = 0;
  while (runs < sessions && mayBegin() && (plant === undefined || violations.length === 0)) {
    const date = runs % HALF_DAY_EVERY === HALF_DAY_EVERY - 1 ? HALF_DAY : FULL_DAY;
    const wraps = plant === undefined ? {} : plantOf(plant);
    const length = minutes === undefined ? {} : { minutes };
    const report = runSession({ seed: seed + runs, date, wraps, ...length });
    runs += 1;
    traces.add(report.trace);
    addTally(tally, report.tally);
    const found = [...report.violations];
    if (plant === undefined) found.push(...lacksOfSession(report.tally));
    if (plant === undefined && twice) found.push(...differencesOnceMore(report, date));
    violations.push(...found.map((what) => `seed ${report.seed}: ${what}`));
    onProgress?.(runs, violations.length);
  }
  if (plant === undefined) violations.push(...lacksOfCampaign(tally, runs, traces.size));
  return { runs, violations, distinctTraces: traces.size, tally };
}

/** A campaign of simulated sessions, as the command line asks for it. */
export function sessionsCampaign(
  options: CampaignOptions,
  { twice }: { readonly twice: boolean },
): CampaignOutcome {
  const { plant, seed } = options;
  const { runs, violations, distinctTraces, tally } = runSessions({
    sessions: options.runs,
    seed,
    seconds: options.seconds,
    plant: plant !== undefined && isPlantName(plant) ? plant : undefined,
    twice,
    onProgress: options.progress,
  });
  const counts: CampaignCounts = { distinctTraces, ...tally };
  return { runs, violations, counts, notes: [`seeds ${seed} to ${seed + runs - 1}`] };
}
