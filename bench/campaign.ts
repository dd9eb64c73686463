/**
 * The long proofs: `npm run campaign -- NAME [--n N] [--seed S] [--seconds S] [--plant NAME] [--json
 * FILE] [--record]`. Exit code 0 only when nothing was violated and enough of everything happened, 1
 * with violations, 2 when it was called wrongly, 3 where this machine lacks what the campaign needs. With
 * a planted bug: 1 where it was found by its own words, else 4.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CAMPAIGNS } from './support/all-campaigns.ts';
import type { Campaign, CampaignOptions, CampaignOutcome } from './support/campaign.ts';
import { isFound, MachineLacks } from './support/campaign.ts';
import {
  campaignSection,
  countLines,
  sectionNameOf,
  verdictLine,
} from './support/campaign-results.ts';
import { describeMachine, sourceOf } from './support/machine.ts';
import { modulesOf } from './support/module-files.ts';
import { renewSections, sectionIn } from './support/results-file.ts';

const RESULTS = fileURLToPath(new URL('RESULTS.md', import.meta.url));
const EXIT_VIOLATIONS = 1;
const EXIT_USAGE = 2;
const EXIT_LACKING = 3;
const EXIT_NOT_FOUND = 4;
const PROGRESS_EVERY_MILLIS = 2_000;
const USAGE =
  'usage: npm run campaign -- NAME [--n N] [--seed S] [--seconds S] [--plant NAME] [--json FILE] [--record]';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function usage(fault: string): never {
  say(fault);
  say(USAGE);
  for (const { name, proves, runs, unit, plants } of CAMPAIGNS) {
    say(`  ${name}: ${proves} ${runs} ${unit} unless --n says otherwise.`);
    const names = Object.keys(plants);
    if (names.length > 0) say(`    plants: ${names.join(', ')}`);
  }
  process.exit(EXIT_USAGE);
}

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  return usage(`${name} must be a whole number from 1 on, not ${text}`);
}

interface Asked {
  readonly campaign: Campaign;
  readonly options: Omit<CampaignOptions, 'progress' | 'found'>;
  readonly json: string | undefined;
  readonly record: boolean;
}

function readCommandLine() {
  try {
    return parseArgs({
      allowPositionals: true,
      args: process.argv.slice(2).filter((arg) => arg !== '--'),
      options: {
        n: { type: 'string' },
        seed: { type: 'string', default: '1' },
        seconds: { type: 'string' },
        plant: { type: 'string' },
        json: { type: 'string' },
        record: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

function readArguments(): Asked {
  const { values, positionals } = readCommandLine();
  const [name = ''] = positionals;
  const campaign = CAMPAIGNS.find((known) => known.name === name);
  if (campaign === undefined) return usage(`there is no campaign "${name}"`);
  const { n, seed, seconds, plant, json, record } = values;
  if (plant !== undefined && !Object.hasOwn(campaign.plants, plant)) {
    return usage(`campaign ${name} knows no plant "${plant}"`);
  }
  if (record && plant !== undefined) return usage('a run with a planted bug is not recorded');
  const options = {
    runs: n === undefined ? campaign.runs : wholeNumber(n, '--n'),
    seed: wholeNumber(seed, '--seed'),
    seconds: seconds === undefined ? undefined : wholeNumber(seconds, '--seconds'),
    plant,
  };
  return { campaign, options, json, record };
}

function progressOf({ campaign, options }: Asked): CampaignOptions['progress'] {
  let lastAt = Date.now();
  return (done, violations) => {
    if (Date.now() - lastAt < PROGRESS_EVERY_MILLIS) return;
    lastAt = Date.now();
    say(`campaign ${campaign.name}: ${done} of ${options.runs}, ${violations} violations`);
  };
}

function sayFound(violation: string): void {
  say(`found: ${violation}`);
}

function tell({ campaign }: Asked, outcome: CampaignOutcome): void {
  for (const violation of outcome.violations) say(`violation: ${violation}`);
  for (const line of [...outcome.notes, ...countLines(outcome.counts)]) say(line);
  say(verdictLine(campaign.name, outcome));
}

function write({ campaign, options, json, record }: Asked, outcome: CampaignOutcome, took: number) {
  const machine = describeMachine();
  const { seed, plant } = options;
  if (json !== undefined) {
    const { commit } = machine;
    const result = { campaign: campaign.name, seed, plant: plant ?? null, commit, ...outcome };
    writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
  }
  if (!record) return;
  const before = existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : '';
  const name = sectionNameOf(campaign);
  const parts = {
    source: sourceOf(modulesOf(campaign.madeOf ?? [])),
    before: sectionIn(before, name),
  };
  const run = { outcome, machine, seconds: took, ...parts };
  const section = campaignSection(campaign, options, run);
  writeFileSync(RESULTS, renewSections(before, new Map([[name, section]])));
}

function judgePlant({ campaign, options }: Asked, { violations }: CampaignOutcome): number {
  const says = campaign.plants[options.plant ?? ''];
  if (isFound(says, violations)) return EXIT_VIOLATIONS;
  say(`the plant ${options.plant} was not found: no violation says ${says}`);
  return EXIT_NOT_FOUND;
}

async function main(): Promise<number> {
  const asked = readArguments();
  const startedAt = performance.now();
  try {
    const options = { ...asked.options, progress: progressOf(asked), found: sayFound };
    const outcome = await asked.campaign.run(options);
    write(asked, outcome, (performance.now() - startedAt) / 1_000);
    tell(asked, outcome);
    if (options.plant !== undefined) return judgePlant(asked, outcome);
    return outcome.violations.length === 0 ? 0 : EXIT_VIOLATIONS;
  } catch (error) {
    if (!(error instanceof MachineLacks)) throw error;
    say(`campaign ${asked.campaign.name} did not run: ${error.message}`);
    return EXIT_LACKING;
  }
}

process.exitCode = await main();
