import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CAMPAIGNS } from '../bench/support/all-campaigns.ts';
import type { SkipList, TestReport } from '../scripts/skips.ts';
import { judgeSkips, LIST } from '../scripts/skips.ts';
import { projectRoot } from './support/tidy-source.ts';

const LISTED: SkipList = {
  campaigns: { powercut: 'needs loop mounts' },
  tests: { 'test/prices.test.ts: real prices (': 'needs market data' },
};

function reportOf(statuses: Readonly<Record<string, string>>): TestReport {
  const assertionResults = Object.entries(statuses).map(([fullName, status]) => ({
    fullName,
    status,
  }));
  return { testResults: [{ name: join(projectRoot, 'test', 'prices.test.ts'), assertionResults }] };
}

describe('what was skipped', () => {
  it('is said with its reason where the list has it', () => {
    const report = reportOf({ 'real prices (absent) rise': 'skipped', 'a price rises': 'passed' });
    expect(judgeSkips(LISTED, report, ['powercut', 'powercut'])).toEqual({
      listed: [
        'skipped, as listed: test/prices.test.ts: real prices (: needs market data',
        'skipped, as listed: campaign powercut: needs loop mounts',
      ],
      faults: [],
    });
  });

  it('is nothing where everything ran', () => {
    const report = reportOf({ 'real prices (here) rise': 'passed' });
    expect(judgeSkips(LISTED, report, [])).toEqual({ listed: [], faults: [] });
  });

  it.each(['skipped', 'pending', 'todo', 'disabled'])(
    'is a failure where a test that is %s is not listed',
    (status) => {
      const report = reportOf({ 'real prices (here) rise': 'passed', 'a price rises': status });
      expect(judgeSkips(LISTED, report, []).faults).toEqual([
        'skipped and not listed: test/prices.test.ts: a price rises',
      ]);
    },
  );

  it('is a failure where a campaign is not listed', () => {
    const report = reportOf({ 'real prices (here) rise': 'passed' });
    expect(judgeSkips(LISTED, report, ['sim']).faults).toEqual([
      'did not run and is not listed: campaign sim',
    ]);
  });

  it('is listed under a name that a test has', () => {
    expect(judgeSkips(LISTED, reportOf({ 'a price rises': 'passed' }), []).faults).toEqual([
      'names no test: test/prices.test.ts: real prices (',
    ]);
  });
});

describe('the list of what may be skipped', () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of this repository
  const list = JSON.parse(readFileSync(LIST, 'utf8')) as SkipList;

  it('names campaigns and files that are there, each with its reason', () => {
    const known = CAMPAIGNS.map(({ name }) => name);
    for (const name of Object.keys(list.campaigns)) expect(known).toContain(name);
    for (const name of Object.keys(list.tests)) {
      expect(existsSync(join(projectRoot, name.split(': ')[0] ?? ''))).toBe(true);
    }
    for (const why of [...Object.values(list.campaigns), ...Object.values(list.tests)]) {
      expect(why).not.toBe('');
    }
  });
});
