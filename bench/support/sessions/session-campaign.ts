/** Simulated sessions on every processor, and what they came to together. */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SessionTally } from '../../../src/desk/simulation/session-tally.ts';
import { addTally, emptyTally } from '../../../src/desk/simulation/session-tally.ts';
import type { CampaignOptions, CampaignOutcome } from '../campaign.ts';
import { isFound } from '../campaign.ts';
import { lacksOfCampaign, lacksOfReplays, lacksOfTime, notAskedOf } from './enough.ts';
import { PLANT_WORDS } from './plant-words.ts';
import { isPlantName } from './plants.ts';
import type { SessionJob, SessionOutcome } from './session-runs.ts';

const WORKER = new URL('session-worker.ts', import.meta.url);
/** Sessions that a worker takes at once. */
const BATCH = 8;
/** Of so many sessions one may be too thin to count, where a loss limit or a leg without a market keeps
 * its trader out all day. */
const THIN_EVERY = 200;

interface Sum {
  readonly tally: SessionTally;
  /** Per violated seed, so that the order of the report is not the order of the threads. */
  readonly violations: Map<number, readonly string[]>;
  readonly traces: Set<string>;
  /** Those that are too thin included. */
  runs: number;
  thin: number;
  replayed: number;
  notReplayed: number;
}

function add(sum: Sum, outcome: SessionOutcome): void {
  const { seed, trace, violations, lacks, tally } = outcome;
  sum.runs += 1;
  sum.replayed += outcome.replayed;
  sum.notReplayed += outcome.notReplayed;
  if (lacks.length > 0) sum.thin += 1;
  sum.traces.add(trace);
  addTally(sum.tally, tally);
  if (violations.length > 0) sum.violations.set(seed, violations);
}

function words(seed: number, what: string): string {
  return `seed ${seed}: ${what}`;
}

/** Hands out jobs until there is no more to do, then undefined. */
class Jobs {
  readonly #options: CampaignOptions;
  readonly #twiceUpTo: number;
  readonly #endsAt: number;
  #next = 0;

  constructor(options: CampaignOptions, twiceUpTo: number) {
    this.#options = options;
    this.#twiceUpTo = twiceUpTo;
    this.#endsAt = performance.now() + (options.seconds ?? Number.POSITIVE_INFINITY) * 1_000;
  }

  take(): readonly SessionJob[] | undefined {
    const { runs, seed, plant } = this.#options;
    if (this.#next >= runs || performance.now() >= this.#endsAt) return undefined;
    const first = this.#next;
    this.#next = Math.min(runs, first + BATCH);
    return Array.from({ length: this.#next - first }, (_, i): SessionJob => {
      const twice = first + i < this.#twiceUpTo;
      return { seed: seed + first + i, plant: isPlantName(plant) ? plant : undefined, twice };
    });
  }
}

/** One thread until the jobs are done or somebody is content. */
async function work(
  jobs: Jobs,
  take: (outcome: SessionOutcome) => void,
  isEnough: () => boolean,
): Promise<void> {
  const worker = new Worker(WORKER);
  try {
    await new Promise<void>((resolve, reject) => {
      const next = (): void => {
        const batch = isEnough() ? undefined : jobs.take();
        if (batch === undefined) resolve();
        else worker.postMessage(batch);
      };
      worker.on('error', reject);
      worker.on('message', (outcomes: readonly SessionOutcome[]) => {
        for (const outcome of outcomes) take(outcome);
        next();
      });
      next();
    });
  } finally {
    await worker.terminate();
  }
}

/**
 * Runs the sessions on all processors. The first `twiceUpTo` of them run a second time, which must
 * give the same bytes, and their recordings are replayed. With a plant it stops at the first find.
 */
export async function sessionsCampaign(
  options: CampaignOptions,
  { twiceUpTo }: { readonly twiceUpTo: number },
): Promise<CampaignOutcome> {
  const { plant, seed, progress, found } = options;
  const traces = new Set<string>();
  const none = { runs: 0, thin: 0, replayed: 0, notReplayed: 0 };
  const sum: Sum = { tally: emptyTally(), violations: new Map(), traces, ...none };
  const jobs = new Jobs(options, twiceUpTo);
  const take = (outcome: SessionOutcome): void => {
    add(sum, outcome);
    for (const what of outcome.violations) found?.(words(outcome.seed, what));
  };
  const says = isPlantName(plant) ? PLANT_WORDS[plant] : undefined;
  const isEnough = (): boolean => {
    progress(sum.runs, sum.violations.size);
    return isFound(says, [...sum.violations.values()].flat());
  };
  const startedAt = performance.now();
  const workers = Math.min(availableParallelism(), Math.ceil(options.runs / BATCH));
  await Promise.all(Array.from({ length: workers }, () => work(jobs, take, isEnough)));
  const seconds = (performance.now() - startedAt) / 1_000;
  const violations = [...sum.violations]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([of, whats]) => whats.map((what) => words(of, what)));
  const { runs, thin, tally, replayed, notReplayed } = sum;
  if (plant === undefined) {
    violations.push(...lacksOfCampaign(tally, runs, traces.size));
    violations.push(...lacksOfTime(options.runs, runs), ...lacksOfReplays(sum));
    if (thin > Math.ceil(runs / THIN_EVERY))
      violations.push(`${thin} sessions are too thin to count`);
  }
  const twice = Math.min(runs, twiceUpTo);
  return {
    runs: runs - thin,
    lastSeed: seed + runs - 1,
    violations,
    counts: { thin, distinctTraces: traces.size, twice, replayed, notReplayed, ...tally },
    notes: [
      `seeds ${seed} to ${seed + runs - 1}; a single one again: --n 1 --seed S`,
      `${(runs / seconds).toFixed(1)} sessions/s on ${workers} processors`,
      ...(plant === undefined ? notAskedOf(options.runs, runs) : []),
    ],
  };
}
