import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CAMPAIGNS } from '../../bench/support/all-campaigns.ts';
import type { CampaignOutcome } from '../../bench/support/campaign.ts';
import { campaignSection, countLines, verdictLine } from '../../bench/support/campaign-results.ts';
import { sourceOf } from '../../bench/support/machine.ts';
import { modulesOf } from '../../bench/support/module-files.ts';
import { projectRoot } from '../support/tidy-source.ts';

const SCRIPT = join(projectRoot, 'bench', 'campaign.ts');
const folder = mkdtempSync(join(tmpdir(), 'deltaring-campaign-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runCampaign(...args: readonly string[]) {
  return spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8', cwd: folder });
}

/** The same on a machine on which no other program is installed. */
function runOnBareMachine(...args: readonly string[]) {
  const env = { ...process.env, PATH: folder };
  return spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8', cwd: folder, env });
}

const machine = { hardware: '2 × a processor', node: 'v26', date: '2026-11-20', commit: 'abc1234' };
const outcome = {
  runs: 7,
  violations: ['seed 3: an order was submitted twice'],
  counts: { fills: 3, faults: { crash: 2, rejects: 1 } },
  notes: ['seeds 1 to 7'],
};

describe('the campaigns', () => {
  it('are one a file, each registered under the name of its file', () => {
    const files = readdirSync(join(projectRoot, 'bench', 'campaigns'));
    const names = files.map((file) => basename(file, '.ts')).toSorted();
    expect(CAMPAIGNS.map(({ name }) => name).toSorted()).toEqual(names);
  });

  it('say what they prove, in one sentence, and how many runs they make', () => {
    for (const { proves, runs, unit } of CAMPAIGNS) {
      expect(proves).toMatch(/^[A-Z].*\.$/);
      expect(runs).toBeGreaterThan(0);
      expect(unit).not.toBe('');
    }
  });
});

/** Processes: they are never judged by their time. */
const PATIENCE_MILLIS = 120_000;

describe('the command line of campaigns', { timeout: PATIENCE_MILLIS }, () => {
  it.each([
    [['nonsense'], 'there is no campaign "nonsense"'],
    [['sim', '--plant', 'none-such'], 'campaign sim knows no plant "none-such"'],
    [['sim', '--plant', 'leak', '--record'], 'a run with a planted bug is not recorded'],
  ])('refuses %j with exit code 2 and the list of campaigns', (args, fault) => {
    const { status, stdout } = runCampaign(...args);
    expect(stdout).toContain(fault);
    for (const { name } of CAMPAIGNS) expect(stdout).toContain(`  ${name}: `);
    expect(status).toBe(2);
  });

  it('ends with the number of runs and violations, and with exit code 1 where there are any', () => {
    const json = join(folder, 'leak.json');
    const { status, stdout } = runCampaign('sim', '--n', '3', '--plant', 'leak', '--json', json);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^campaign sim: [1-3] runs, [1-9]\d* violations$/,
    );
    expect(status).toBe(1);
    const result: unknown = JSON.parse(readFileSync(json, 'utf8'));
    expect(result).toMatchObject({ campaign: 'sim', seed: 1, plant: 'leak' });
  });

  it('says with exit code 3 that the machine lacks what it needs, and gives no result', () => {
    const { status, stdout } = runOnBareMachine('killpoints', '--n', '1');
    expect(stdout).toBe(
      'campaign killpoints did not run: it needs strace with the right to trace: it is not installed\n',
    );
    expect(status).toBe(3);
  });
});

describe('what a campaign reports', () => {
  it('gives plain counts in one line and each kind in a line of its own', () => {
    expect(countLines(outcome.counts)).toEqual(['counts: fills 3', 'faults: crash 2, rejects 1']);
    expect(verdictLine('sim', outcome)).toBe('campaign sim: 7 runs, 1 violations');
  });

  it('stands in the results with its seed, commit and every violation', () => {
    const [campaign] = CAMPAIGNS;
    if (campaign === undefined) throw new Error('there are campaigns');
    const whole = { ...campaign, runs: 7 };
    const section = campaignSection(whole, { seed: 12 }, { outcome, machine, seconds: 61.4 });
    expect(section).toContain(`**7 ${campaign.unit}, 1 violations**, seed 12, 61 s`);
    expect(section).toContain('commit abc1234');
    expect(section).toContain('- seed 3: an order was submitted twice');
  });

  it.each([
    ['a run that was shortened', { runs: 9_278 }, '9,278 of 1,000,000'],
    ['a whole run', { runs: 1_000_000 }, '1,000,000'],
    ['some of all there is', { runs: 77, all: 78 }, '77 of 78'],
    ['all there is', { runs: 78, all: 78 }, '78'],
  ])('says of %s how many runs it made, of how many', (_name, made, words) => {
    const [first] = CAMPAIGNS;
    if (first === undefined) throw new Error('there are campaigns');
    const campaign = { ...first, runs: 1_000_000 };
    const run = { outcome: { ...outcome, ...made }, machine, seconds: 720 };
    const section = campaignSection(campaign, { seed: 1 }, run);
    expect(section).toContain(`**${words} ${campaign.unit}, 1 violations**, seed 1, 720 s`);
  });

  describe('that go on where they stopped', () => {
    const [first] = CAMPAIGNS;
    if (first === undefined) throw new Error('there are campaigns');
    const campaign = { ...first, runs: 1_000_000, unit: 'sessions', madeOf: ['src'] };
    const partOf = (made: Partial<CampaignOutcome>, source: string, before = '') => {
      const { runs = 0, lastSeed = 0, violations = [] } = made;
      const run = { outcome: { ...outcome, runs, lastSeed, violations }, machine, seconds: 100 };
      return campaignSection(campaign, { seed: lastSeed - runs }, { ...run, source, before });
    };
    const part = (seed: number, runs: number, source: string, before = '') =>
      partOf({ runs, lastSeed: seed + runs }, source, before);
    const source = '0123456789ab';

    it('count together over one source', () => {
      const two = part(20_001, 3_000, source, part(1, 12_000, source));
      expect(two).toContain('**15,000 of 1,000,000 sessions, 0 violations**, seed 1, 200 s');
      const three = part(50_001, 5, source, two);
      expect(three).toContain('**15,005 of 1,000,000 sessions, 0 violations**, seed 1, 300 s');
      expect(three.match(/^- part: .*$/gm)).toEqual([
        `- part: 12,000 sessions, seeds 1 to 12001, 100 s, commit abc1234, source ${source}`,
        `- part: 3,000 sessions, seeds 20001 to 23001, 100 s, commit abc1234, source ${source}`,
        `- part: 5 sessions, seeds 50001 to 50006, 100 s, commit abc1234, source ${source}`,
      ]);
    });

    it.each([
      ['over another source', 20_001, 'ba9876543210', source],
      ['over one that was not committed', 20_001, '', ''],
      ['with seeds that were among them', 12_001, source, source],
    ])('do not count with one %s', (_what, seed, now, then) => {
      const section = part(seed, 3_000, now, part(1, 12_000, then));
      expect(section).toContain(
        `**3,000 of 1,000,000 sessions, 0 violations**, seed ${seed}, 100 s`,
      );
    });

    it('stand alone where they found something, and count with none after that', () => {
      const made = { runs: 3_000, lastSeed: 23_001, violations: ['seed 20007: two orders'] };
      const found = partOf(made, source, part(1, 12_000, source));
      expect(found).toContain('**3,000 of 1,000,000 sessions, 1 violations**, seed 20001, 100 s');
      const next = part(50_001, 5, source, found);
      expect(next).toContain('**5 of 1,000,000 sessions, 0 violations**, seed 50001, 100 s');
    });

    it('are made of all that a session runs, and of nothing that it has only types of', () => {
      const { madeOf = [] } = CAMPAIGNS.find(({ name }) => name === 'burn-in') ?? {};
      const files = modulesOf(madeOf);
      expect(files).toEqual(
        expect.arrayContaining([
          'bench/support/sessions/session-runs.ts',
          'src/broker/alpaca/order-lines.ts',
          'src/desk/desk.ts',
          'src/desk/simulation/simulated-session.ts',
          'test/support/tastytrade/tastytrade-venue.ts',
        ]),
      );
      const made = join(folder, 'modules');
      mkdirSync(join(made, 'a'), { recursive: true });
      const write = (path: string, text: string) => writeFileSync(join(made, path), text);
      write('a/one.ts', "import type { T } from './types.ts';\nimport { two } from '../two.ts';\n");
      write('two.ts', "new Worker(new URL('./a/three.ts', import.meta.url));\n");
      write('a/three.ts', "import { readFileSync } from 'node:fs';\n");
      expect(modulesOf(['a/one.ts'], made)).toEqual(['a/one.ts', 'a/three.ts', 'two.ts']);
    });

    it('are made of files that there are, and are another source once one of them is changed', () => {
      for (const { madeOf = [] } of CAMPAIGNS) {
        for (const path of madeOf) expect(existsSync(join(projectRoot, path)), path).toBe(true);
      }
      const repository = join(folder, 'repository');
      const git = (...args: readonly string[]) =>
        execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
          cwd: repository,
        });
      mkdirSync(join(repository, 'src'), { recursive: true });
      const write = (text: string) => writeFileSync(join(repository, 'src', 'a.ts'), text);
      const commit = () => [git('add', '.'), git('commit', '-qm', 'x')];
      git('init', '-q');
      write('1');
      commit();
      const one = sourceOf(['src'], repository);
      expect(one).toMatch(/^[\da-f]{12}$/);
      write('2');
      expect(sourceOf(['src'], repository)).toBe('');
      commit();
      expect(sourceOf(['src'], repository)).not.toBe(one);
      write('1');
      commit();
      expect(sourceOf(['src'], repository)).toBe(one);
    });
  });
});
