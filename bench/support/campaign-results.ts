/** A campaign's last result as a section of RESULTS.md, and as lines for the terminal. */

import type { Campaign, CampaignCounts, CampaignOptions, CampaignOutcome } from './campaign.ts';
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
function runsOf({ runs: whole }: Campaign, { runs, all = whole }: CampaignOutcome): string {
  const [made, due] = [runs, all].map((count) => count.toLocaleString('en-US'));
  return runs < all ? `${made} of ${due}` : `${made}`;
}

/** The section that `--record` writes. */
export function campaignSection(
  campaign: Campaign,
  options: Pick<CampaignOptions, 'seed' | 'plant'>,
  run: { readonly outcome: CampaignOutcome; readonly machine: Machine; readonly seconds: number },
): string {
  const { outcome, machine, seconds } = run;
  const { hardware, node, date, commit } = machine;
  const { violations } = outcome;
  const lines = [...countLines(outcome.counts), ...outcome.notes, ...violations];
  return sectionBetweenMarks(sectionNameOf(campaign), [
    `## campaign ${campaign.name}`,
    '',
    campaign.proves,
    '',
    `**${runsOf(campaign, outcome)} ${campaign.unit}, ${violations.length} violations**, seed ${options.seed}, ${Math.round(seconds)} s`,
    '',
    ...lines.map((line) => `- ${line}`),
    '',
    `${date} · commit ${commit} · Node ${node} · ${hardware}`,
  ]);
}
