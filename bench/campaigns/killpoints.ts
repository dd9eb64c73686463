import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJournal } from '../../src/audit/journal-open.ts';
import type { Campaign, CampaignOptions, CampaignOutcome } from '../support/campaign.ts';
import { isFound } from '../support/campaign.ts';
import { faultsOf } from '../support/killpoints/faults.ts';
import { homeFacts } from '../support/killpoints/home-facts.ts';
import type { Made } from '../support/killpoints/points.ts';
import { choosePoints } from '../support/killpoints/points.ts';
import type { Injection } from '../support/killpoints/strace.ts';
import {
  countCalls,
  requireStrace,
  runBroken,
  runDay,
  THREADS,
} from '../support/killpoints/strace.ts';
import { Witness } from '../support/killpoints/witness.ts';

/** A day of fewer points, or a run that strikes fewer of them, would prove little. */
const LEAST_POINTS = 200;
/** Of the points of a day that was counted, those that another day need not come to. */
const MOST_MISSED = 0.1;
const NEVER_CAME = 'never came';
/** More than any day has. */
const EVERY_POINT = 10_000;
/** A prime and larger than any day: walks through all points in an order that is spread over the day. */
const STRIDE = 7_919;

interface Struck {
  readonly found: readonly string[];
  /** False where that day ended without coming to the point: days make a few calls more or less. */
  readonly isStruck: boolean;
}

/** A folder and a witness for one day at a time. */
class Stage {
  readonly #folder = mkdtempSync(join(tmpdir(), 'deltaring-killpoints-'));
  readonly #witness: Witness;
  readonly #plant: string | undefined;
  #days = 0;

  private constructor(witness: Witness, plant: string | undefined) {
    this.#witness = witness;
    this.#plant = plant;
  }

  static async open(plant: string | undefined): Promise<Stage> {
    return new Stage(await Witness.listen(), plant);
  }

  #day(part: 'first' | 'again', home: string) {
    return { home, port: this.#witness.port, part, plant: this.#plant } as const;
  }

  #newHome(): string {
    this.#days += 1;
    const home = join(this.#folder, String(this.#days));
    mkdirSync(home);
    this.#witness.begin();
    return home;
  }

  async count(): Promise<readonly Made[]> {
    // The first run fills the compile cache, which writes files of its own.
    await runDay(this.#day('first', this.#newHome()));
    await this.#witness.take();
    return countCalls(() => this.#day('first', this.#newHome()), this.#witness);
  }

  async strike(point: Injection): Promise<Struck> {
    const home = this.#newHome();
    try {
      const broken = await runBroken(this.#day('first', home), this.#witness, point);
      const before = await this.#witness.take();
      const left = homeFacts(home);
      const again = await runDay(this.#day('again', home));
      const after = await this.#witness.take();
      const account = this.#witness.facts();
      const { records } = readJournal(home);
      const kept = homeFacts(home);
      const seen = { broken, before, again, after, left, kept, account, records };
      const found = faultsOf(seen, point);
      return { found, isStruck: broken.isStruck };
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  }

  close(): void {
    this.#witness.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function run(options: CampaignOptions): Promise<CampaignOutcome> {
  requireStrace();
  const { plant, progress } = options;
  const stages = await Promise.all(
    Array.from({ length: availableParallelism() }, () => Stage.open(plant)),
  );
  try {
    const made = (await stages[0]?.count()) ?? [];
    const { points: all, notes } = choosePoints(made, options.seed);
    const wanted = Math.min(options.runs, all.length);
    const endsAt = performance.now() + (options.seconds ?? Number.POSITIVE_INFINITY) * 1_000;
    const violations: string[] = [];
    const struck: Record<string, number> = {};
    let begun = 0;
    let runs = 0;
    const isOver = (): boolean =>
      begun >= wanted || performance.now() >= endsAt || isFound(PLANTS[plant ?? ''], violations);
    await Promise.all(
      stages.map(async (stage) => {
        while (!isOver()) {
          const point = all[((options.seed + begun) * STRIDE) % all.length];
          begun += 1;
          if (point === undefined) return;
          const name = `${point.fault} at ${point.call} ${point.nth} of ${point.thread}`;
          const { found, isStruck } = await stage.strike(point);
          violations.push(...found.map((what) => `${name}: ${what}`));
          const kind = isStruck ? `${point.thread} ${point.fault} ${point.call}` : NEVER_CAME;
          struck[kind] = (struck[kind] ?? 0) + 1;
          runs += 1;
          progress(runs, violations.length);
        }
      }),
    );
    if (plant === undefined) violations.push(...lacksOf({ all: all.length, wanted, runs, struck }));
    return {
      runs,
      all: all.length,
      violations,
      counts: { points: all.length, struck, calls: callsOf(made) },
      notes: [
        `${runs} of the ${all.length} points that were chosen of the day, each followed by a restart`,
        ...notes,
      ],
    };
  } finally {
    for (const stage of stages) stage.close();
  }
}

interface Sweep {
  readonly all: number;
  readonly wanted: number;
  readonly runs: number;
  readonly struck: Readonly<Record<string, number>>;
}

/** What was not struck, or not often enough. */
function lacksOf({ all, wanted, runs, struck }: Sweep): readonly string[] {
  const lacks: string[] = [];
  if (all < LEAST_POINTS) lacks.push(`the day has only ${all} kill points`);
  if (runs < Math.min(wanted, LEAST_POINTS)) {
    lacks.push(`only ${runs} of the ${all} kill points were struck in the time`);
  }
  const missed = struck[NEVER_CAME] ?? 0;
  if (missed > 1 + runs * MOST_MISSED) lacks.push(`${missed} of ${runs} points never came`);
  if (runs < LEAST_POINTS) return lacks;
  const kinds = Object.keys(struck);
  const spared = THREADS.filter((thread) => !kinds.some((kind) => kind.startsWith(`${thread} `)));
  return [...lacks, ...spared.map((thread) => `no point of the thread ${thread} was struck`)];
}

function callsOf(made: readonly Made[]): Readonly<Record<string, number>> {
  return Object.fromEntries(made.map(({ thread, call, times }) => [`${thread} ${call}`, times]));
}

const PLANTS: Campaign['plants'] = {
  'skip-fsync': /was answered and is forgotten|was durable and is lost/,
  'resend-on-timeout': /went to the broker twice/,
  'forget-fill': /and the book has it not/,
  'forget-latch': /a latch was answered as set and is not there/,
  'forget-log': /checkpoint \d+ was told and is lost/,
};

export const campaign: Campaign = {
  name: 'killpoints',
  proves:
    'A day killed, or refused by the disk, at a write, sync, rename or send of any of its threads loses nothing, sends nothing twice and keeps latch and sealed log as they were told.',
  runs: EVERY_POINT,
  unit: 'kill points',
  plants: PLANTS,
  run,
};
