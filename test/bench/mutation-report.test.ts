import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { campaign } from '../../bench/campaigns/mutation.ts';
import { isFound } from '../../bench/support/campaign.ts';
import type {
  KnownSurvivor,
  MutationReport,
  ReportedMutant,
} from '../../bench/support/mutation-report.ts';
import { judgeMutation, plain } from '../../bench/support/mutation-report.ts';
import { projectRoot } from '../support/tidy-source.ts';

const SOURCE = 'const a = 1;\nif (a >=\n  2) b();\n';

function mutant(status: ReportedMutant['status'], change: Partial<ReportedMutant> = {}) {
  const location = { start: { line: 2, column: 5 }, end: { line: 3, column: 4 } };
  return { mutatorName: 'EqualityOperator', replacement: 'a >\n 2', status, location, ...change };
}

function report(...mutants: readonly ReportedMutant[]): MutationReport {
  return { files: { 'src/x.ts': { source: SOURCE, mutants } } };
}

const KNOWN: KnownSurvivor = {
  file: 'src/x.ts',
  mutator: 'EqualityOperator',
  original: 'a >= 2',
  replacement: 'a > 2',
  reason: 'equal',
};
const NAME = 'src/x.ts: EqualityOperator: a >= 2 → a > 2';

/** The judgement of a run over `files`, which asks for a score of 95. */
function judge(
  mutants: MutationReport,
  known: readonly KnownSurvivor[],
  files: readonly string[] = ['src/x.ts'],
) {
  return judgeMutation(mutants, known, {
    threshold: 95,
    isCovered: (file) => files.includes(file),
  });
}

function killed(count: number): readonly ReportedMutant[] {
  return Array.from({ length: count }, () => mutant('Killed'));
}

function living(count: number): MutationReport {
  return report(...killed(99), ...Array.from({ length: count }, () => mutant('Survived')));
}

describe('a report of mutants', () => {
  it('is clean where every mutant was killed, by a failing test or by time', () => {
    expect(judge(report(mutant('Killed'), mutant('Timeout')), [])).toEqual({
      killed: 2,
      survived: 0,
      score: 100,
      violations: [],
      files: [],
    });
  });

  it.each(['Survived', 'NoCoverage'] as const)('objects to a mutant that is %s', (status) => {
    const judged = judge(report(...killed(99), mutant(status)), []);
    expect(judged.violations).toEqual([`lives at line 2, 0 excused: ${NAME}`]);
    expect(judged.score).toBe(99);
  });

  it('lets live what is listed with its reason, wherever it stands now', () => {
    const judged = judge(living(1), [KNOWN]);
    expect(judged.violations).toEqual([]);
    expect(judged.survived).toBe(1);
    expect(judged.files).toEqual(['99/100 src/x.ts']);
  });

  it('objects to a score below the threshold, listed or not', () => {
    const twenty = report(...killed(19), mutant('Survived'));
    expect(judge(twenty, [KNOWN]).violations).toEqual([]);
    const ten = report(...killed(9), mutant('Survived'));
    expect(judge(ten, [KNOWN]).violations).toEqual(['the score of 90.0 is below 95']);
    expect(judge(report(), []).violations).toEqual(['the score of 0.0 is below 95']);
  });

  it('does not count what could not run or was left out', () => {
    const judged = judge(report(mutant('Killed'), mutant('CompileError'), mutant('Ignored')), []);
    expect([judged.killed, judged.survived, judged.score]).toEqual([1, 0, 100]);
  });
});

describe('an excuse', () => {
  it('is for one mutant: a second one of the same text is a failure', () => {
    expect(judge(living(2), [KNOWN]).violations).toEqual([
      `lives at line 2, 2, 1 excused: ${NAME}`,
    ]);
  });

  it('is for as many as it says, or as there are excuses of that text', () => {
    expect(judge(living(2), [{ ...KNOWN, times: 2 }]).violations).toEqual([]);
    expect(judge(living(2), [KNOWN, { ...KNOWN, reason: 'another' }]).violations).toEqual([]);
    expect(judge(living(3), [{ ...KNOWN, times: 2 }]).violations).toHaveLength(1);
  });

  it('is for one kind of change: another that makes the same of the same text is a failure', () => {
    expect(judge(living(1), [{ ...KNOWN, mutator: 'ConditionalExpression' }]).violations).toEqual([
      `lives at line 2, 0 excused: ${NAME}`,
      '1 excused, 0 live: src/x.ts: ConditionalExpression: a >= 2 → a > 2',
    ]);
  });

  it('that no mutant needs any more is a failure, whole or in part', () => {
    expect(judge(report(mutant('Killed')), [KNOWN]).violations).toEqual([
      `1 excused, 0 live: ${NAME}`,
    ]);
    expect(judge(living(1), [{ ...KNOWN, times: 2 }]).violations).toEqual([
      `2 excused, 1 live: ${NAME}`,
    ]);
  });

  it('is needed in no file that the run covers without a mutant, and not judged in others', () => {
    const elsewhere = { ...KNOWN, file: 'src/y.ts' };
    const clean = report(mutant('Killed'));
    expect(judge(clean, [elsewhere]).violations).toEqual([]);
    expect(judge(clean, [elsewhere], ['src/x.ts', 'src/y.ts']).violations).toEqual([
      '1 excused, 0 live: src/y.ts: EqualityOperator: a >= 2 → a > 2',
    ]);
  });
});

describe('a list that is spoilt on purpose', () => {
  it.each([
    ['unlisted', []],
    ['listed-twice', [KNOWN, KNOWN]],
  ])('is found in the words of the campaign: %s', (plant, listed) => {
    expect(isFound(campaign.plants[plant], judge(living(1), listed).violations)).toBe(true);
    expect(isFound(campaign.plants[plant], judge(living(1), [KNOWN]).violations)).toBe(false);
  });
});

describe('the list of excuses', () => {
  const path = join(projectRoot, 'bench', 'support', 'mutation-survivors.json');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of this repository
  const listed = JSON.parse(readFileSync(path, 'utf8')) as readonly KnownSurvivor[];

  it('gives a reason for each, and excuses only what stands in its file as often as it says', () => {
    for (const { file, original, reason, times = 1 } of listed) {
      const stands =
        plain(readFileSync(join(projectRoot, file), 'utf8')).split(original).length - 1;
      expect(stands, `${file}: ${original}`).toBeGreaterThanOrEqual(times);
      expect(reason, `${file}: ${original}`).not.toBe('');
    }
  });
});
