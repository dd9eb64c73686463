import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CAMPAIGNS } from '../../bench/support/all-campaigns.ts';
import { projectRoot } from '../support/tidy-source.ts';

/** Campaigns that stand for a promise, so that their last result has to be on record. */
const RECORDED = [
  'sim',
  'burn-in',
  'soak',
  'mutation',
  'double-confirms',
  'killpoints',
  'powercut',
];
/** A whole run of these is one over all there is, which changes with the code. */
const OVER_ALL: ReadonlySet<string> = new Set(['killpoints', 'mutation']);

const HEADLINE = /^\*\*([\d,]+)(?: of ([\d,]+))? (.+), 0 violations\*\*, seed \d+, \d+ s$/m;

const results = readFileSync(join(projectRoot, 'bench', 'RESULTS.md'), 'utf8');

function campaignNamed(name: string) {
  const campaign = CAMPAIGNS.find((known) => known.name === name);
  if (campaign === undefined) throw new Error(`there is no campaign ${name}`);
  return campaign;
}

/** What stands between the marks of a campaign; empty where there are none. */
function sectionOf(name: string): string {
  const [begin, end] = ['begin', 'end'].map((part) => `<!-- bench campaign ${name}: ${part} -->`);
  const [, section = ''] = results.split(begin ?? '');
  return section.slice(0, section.indexOf(end ?? ''));
}

function count(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text.replaceAll(',', ''));
}

describe('the last results of the campaigns', () => {
  it.each(RECORDED)('%s: without a violation, with number of runs, seed and commit', (name) => {
    const section = sectionOf(name);
    expect(section).toContain(`## campaign ${name}\n`);
    expect(HEADLINE.exec(section)?.[3]).toBe(campaignNamed(name).unit);
    // a plus behind the commit tells of changes that were not committed: nobody could run it again
    expect(section).toMatch(/^\d{4}-\d\d-\d\d · commit [\da-f]{7,40} · Node v\d/m);
  });

  it.each(RECORDED.filter((name) => !OVER_ALL.has(name)))(
    '%s: with how many runs a whole one makes, where it made fewer',
    (name) => {
      const { runs } = campaignNamed(name);
      const [, made, of] = HEADLINE.exec(sectionOf(name)) ?? [];
      expect(count(of)).toBe((count(made) ?? 0) < runs ? runs : undefined);
    },
  );
});
