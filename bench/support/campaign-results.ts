/** A campaign's last result as a section of RESULTS.md, and as lines for the terminal. */

import type { Campaign, CampaignCounts, CampaignOptions, CampaignOutcome } from './campaign.ts';
import type { Part } from './campaign-parts.ts';
import { partLine, partsIn, partsWith } from './campaign-parts.ts';
import type { Machine } from './machine.ts';
import { sectionBetweenMarks } from './results-file.ts';

/** The mark under which a campaign's section stands in RESULTS.md. */
export function sectionNameOf({ name }: Campaign): string {
  return `campaign ${name}`;
}

function isNumber(value: CampaignCounts[string]): value is number {
  return typeof value === 'number';
}

function pairs(counts: Readonly<Record<string, number>>): string {
  const rows = Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return rows.map(([name, times]) => `${name} ${times}`).join(', ');
}

/** Plain counts in one line, then one line for each kind. */
export function countLines(counts: CampaignCounts): readonly string[] {
  const plain: Record<string, number> = {};
  const kinds: string[] = [];
  for (const [name, value] of Object.entries(counts)) {
    if (isNumber(value)) plain[name] = value;
    else kinds.push(`${name}: ${pairs(value)}`);
  }
  return [...(Object.keys(plain).length > 0 ? [`counts: ${pairs(plain)}`] : []), ...kinds];
}

/** The last line that a campaign prints. */
export function verdictLine(name: string, { runs, violations }: CampaignOutcome): string {
  return `campaign ${name}: ${runs} runs, ${violations.length} violations`;
}

/** How many runs were made; where a whole run makes more, of how many. */
function runsOf(made: number, all: number): string {
  const [runs, due] = [made, all].map((count) => count.toLocaleString('en-US'));
  return made < all ? `${runs} of ${due}` : `${runs}`;
}

/** A run to be recorded. */
export interface RecordedRun {
  readonly outcome: CampaignOutcome;
  readonly machine: Machine;
  readonly seconds: number;
  /** Where recorded runs count together: the source of this one, and the section as it stands. */
  readonly source?: string;
  readonly before?: string;
}

/** This run behind those that count with it. One with a violation stands alone, for good. */
function partsOf(seed: number, run: RecordedRun): readonly Part[] {
  const { outcome, machine, seconds, source = '', before = '' } = run;
  const { runs, violations, lastSeed = seed } = outcome;
  const { commit } = machine;
  const newest = { runs, firstSeed: seed, lastSeed, seconds, commit, source };
  return violations.length > 0 ? [newest] : partsWith(partsIn(before), newest);
}

function sumOf(parts: readonly Part[], of: 'runs' | 'seconds'): number {
  return parts.reduce((sum, part) => sum + part[of], 0);
}

/** The section that `--record` writes. */
export function campaignSection(
  campaign: Campaign,
  { seed }: Pick<CampaignOptions, 'seed'>,
  run: RecordedRun,
): string {
  const { outcome, machine } = run;
  const { hardware, node, date, commit } = machine;
  const { violations } = outcome;
  const parts = partsOf(seed, run);
  const runs = runsOf(sumOf(parts, 'runs'), outcome.all ?? campaign.runs);
  const seconds = Math.round(sumOf(parts, 'seconds'));
  const isPart = campaign.madeOf !== undefined && violations.length === 0;
  const lines = [
    ...(isPart ? parts.map((part) => partLine(part, campaign.unit)) : []),
    ...(parts.length > 1 ? ['The counts below are those of the last part.'] : []),
    ...countLines(outcome.counts),
    ...outcome.notes,
    ...violations,
  ];
  return sectionBetweenMarks(sectionNameOf(campaign), [
    `## campaign ${campaign.name}`,
    '',
    campaign.proves,
    '',
    `**${runs} ${campaign.unit}, ${violations.length} violations**, seed ${parts[0]?.firstSeed ?? seed}, ${seconds} s`,
    '',
    ...lines.map((line) => `- ${line}`),
    '',
    `${date} · commit ${commit} · Node ${node} · ${hardware}`,
  ]);
}
