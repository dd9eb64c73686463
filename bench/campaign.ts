/**
 * The long proofs: `npm run campaign -- NAME [--n N] [--seed S] [--json FILE] [--plant NAME]`.
 * Exit 0 only when nothing was violated and enough of everything happened.
 */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isPlantName, PLANT_NAMES } from './campaigns/plants.ts';
import type { CampaignOptions, CampaignResult } from './campaigns/session-campaign.ts';
import { runCampaign } from './campaigns/session-campaign.ts';

interface Campaign {
  readonly sessions: number;
  readonly twice: boolean;
  readonly what: string;
}

const CAMPAIGNS: Readonly<Record<string, Campaign>> = {
  sim: { sessions: 32, twice: true, what: 'each session twice, and its recordings replayed' },
  'burn-in': { sessions: 100, twice: false, what: 'each session once' },
};
const USAGE_EXIT = 2;
const PROGRESS_EVERY_MILLIS = 2_000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function usage(fault: string): never {
  say(fault);
  say('usage: npm run campaign -- NAME [--n N] [--seed S] [--json FILE] [--plant NAME]');
  for (const [name, { what, sessions }] of Object.entries(CAMPAIGNS)) {
    say(`  ${name}: ${what}; ${sessions} sessions unless --n says otherwise`);
  }
  say(`  plants: ${PLANT_NAMES.join(', ')}`);
  process.exit(USAGE_EXIT);
}

function wholeNumber(text: string | undefined, otherwise: number, name: string): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  return usage(`${name} must be a whole number from 1 on, not ${text}`);
}

interface Asked extends CampaignOptions {
  readonly name: string;
  readonly json: string | undefined;
}

function readArguments(): Asked {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      n: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'string' },
      plant: { type: 'string' },
    },
  });
  const [name = ''] = positionals;
  const campaign = CAMPAIGNS[name];
  if (campaign === undefined) return usage(`there is no campaign "${name}"`);
  const { plant } = values;
  if (plant !== undefined && !isPlantName(plant)) return usage(`there is no plant "${plant}"`);
  return {
    name,
    json: values.json,
    plant,
    twice: campaign.twice,
    sessions: wholeNumber(values.n, campaign.sessions, '--n'),
    seed: wholeNumber(values.seed, 1, '--seed'),
  };
}

/** Prints at most one line every two seconds. */
function progress(name: string, sessions: number): (done: number, violations: number) => void {
  let lastAt = Date.now();
  return (done, violations) => {
    if (Date.now() - lastAt < PROGRESS_EVERY_MILLIS) return;
    lastAt = Date.now();
    say(`campaign ${name}: ${done} of ${sessions}, ${violations} violations`);
  };
}

function countsLine(title: string, counts: Readonly<Record<string, number>>): string {
  const rows = Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${title}: ${rows.map(([name, times]) => `${name} ${times}`).join(', ')}`;
}

function tell({ name, seed }: Asked, { runs, violations, tally, distinctTraces }: CampaignResult) {
  const { denials, faults, alerts, ...counts } = tally;
  for (const violation of violations) say(`violation: ${violation}`);
  say(`seeds ${seed} to ${seed + runs - 1}, ${distinctTraces} distinct traces`);
  say(countsLine('counts', counts));
  say(countsLine('faults', faults));
  say(countsLine('denials', denials));
  say(countsLine('alerts', alerts));
  say(`campaign ${name}: ${runs} runs, ${violations.length} violations`);
}

const asked = readArguments();
const result = runCampaign({ ...asked, onProgress: progress(asked.name, asked.sessions) });
if (asked.json !== undefined) {
  const { name, seed, plant } = asked;
  const text = JSON.stringify({ campaign: name, seed, plant: plant ?? null, ...result }, null, 2);
  writeFileSync(asked.json, `${text}\n`);
}
tell(asked, result);
process.exitCode = result.violations.length === 0 ? 0 : 1;
