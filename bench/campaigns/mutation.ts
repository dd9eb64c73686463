/**
 * Are the tests of the risk room, of tokens and of the journal worth their name? StrykerJS changes one thing
 * at a time in the code that decides about orders and in the code that remembers them, and a test has to
 * fail for it. Which files and which threshold stand in stryker.config.json; what lives, and why it may,
 * in bench/support/mutation-survivors.json. Constants of a module are left out: each of them is read
 * once, so that every test would have to run for it, and the tests of limits and layouts name them.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Campaign, CampaignOptions, CampaignOutcome } from '../support/campaign.ts';
import { MachineLacks } from '../support/campaign.ts';
import type { KnownSurvivor, MutationReport } from '../support/mutation-report.ts';
import { judgeMutation } from '../support/mutation-report.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STRYKER = `${ROOT}node_modules/@stryker-mutator/core/bin/stryker.js`;
const REPORT = `${ROOT}reports/mutation/report.json`;
const SURVIVORS = `${ROOT}bench/support/mutation-survivors.json`;
const EVERY_FILE = 1_000;
/** A list that was lost: each that lives is one too many. */
const UNLISTED = 'unlisted';
/** A list that excuses each twice: none needs the second. */
const TWICE = 'listed-twice';

interface StrykerSettings {
  readonly mutate: readonly string[];
  readonly thresholds: { readonly break: number };
}

function json(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Every file that may be changed. */
function everyFile(patterns: readonly string[]): readonly string[] {
  const [excluded, included] = [true, false].map((isOut) =>
    patterns.filter((pattern) => pattern.startsWith('!') === isOut),
  );
  const not = new Set((excluded ?? []).flatMap((p) => globSync(p.slice(1), { cwd: ROOT })));
  const all = (included ?? []).flatMap((pattern) => globSync(pattern, { cwd: ROOT }));
  return all.filter((file) => !not.has(file)).toSorted();
}

/** The files to change: as many as asked for, from the one that the seed counts to. */
function chosen({ runs, seed }: CampaignOptions, all: readonly string[]): readonly string[] {
  return all.slice((seed - 1) % all.length).slice(0, runs);
}

/** Of a report that remembers earlier runs, the files of this one. */
function pick<T>(all: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

/** The room of `src` that a file is of. */
function roomOf(file: string): string {
  return file.split('/')[1] ?? '';
}

/** Changes files of one room, before its own tests. Ends with the exit code, which also tells of a score below the
 * threshold: the report says more. */
function runStryker(room: string, files: readonly string[]): Promise<number | null> {
  const args = [STRYKER, 'run', '--mutate', files.join(',')];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, MUTATED_ROOM: room },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

/** What became of the mutants of these files, all of one room. */
async function changed(room: string, files: readonly string[]): Promise<MutationReport['files']> {
  rmSync(REPORT, { force: true });
  const code = await runStryker(room, files);
  if (!existsSync(REPORT)) throw new Error(`StrykerJS ended with ${code} and left no report`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the run just ended
  const whole = json(REPORT) as MutationReport;
  const found = pick(whole.files, files);
  // A file of types alone has no mutants and stands in no report; a run of none would prove nothing.
  if (Object.keys(found).length === 0) {
    throw new Error(`StrykerJS ended with ${code} and changed nothing in ${files.join(', ')}`);
  }
  return found;
}

function planted(
  listed: readonly KnownSurvivor[],
  plant: string | undefined,
): readonly KnownSurvivor[] {
  if (plant === UNLISTED) return [];
  return plant === TWICE ? [...listed, ...listed] : listed;
}

async function run(options: CampaignOptions): Promise<CampaignOutcome> {
  if (!existsSync(STRYKER)) throw new MachineLacks('StrykerJS is not installed: npm ci');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of this repository
  const settings = json(`${ROOT}stryker.config.json`) as StrykerSettings;
  const all = everyFile(settings.mutate);
  const files = chosen(options, all);
  const startedAt = Date.now();
  const report: MutationReport = { files: {} };
  for (const [room, ofRoom] of Map.groupBy(files, roomOf)) {
    Object.assign(report.files, await changed(room, ofRoom));
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of this repository
  const listed = json(SURVIVORS) as readonly KnownSurvivor[];
  const known = planted(listed, options.plant);
  const judged = judgeMutation(report, known, {
    threshold: settings.thresholds.break,
    // a file that is not changed any more is covered by no run, so that its excuses would stand for good
    isCovered: (file) => files.includes(file) || !all.includes(file),
  });
  const { killed, survived, score, violations } = judged;
  return {
    runs: files.length,
    all: all.length,
    violations,
    counts: { mutants: killed + survived, killed, survived, listed: known.length },
    notes: [
      `score ${score.toFixed(1)} %, at least ${settings.thresholds.break} asked; ${Math.round((Date.now() - startedAt) / 1_000)} s`,
      `not every mutant killed in: ${judged.files.join(', ') || 'none'}`,
    ],
  };
}

export const campaign: Campaign = {
  name: 'mutation',
  proves: 'A test fails for nearly every change of the code that decides about orders.',
  runs: EVERY_FILE,
  unit: 'files',
  plants: { [UNLISTED]: /lives at line/, [TWICE]: /excused, \d+ live/ },
  run,
};
