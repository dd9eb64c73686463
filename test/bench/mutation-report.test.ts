import { describe, expect, it } from 'vitest';
import type { MutationReport, ReportedMutant } from '../../bench/support/mutation-report.ts';
import { judgeMutation } from '../../bench/support/mutation-report.ts';

const SOURCE = 'const a = 1;\nif (a >=\n  2) b();\n';

function mutant(status: ReportedMutant['status'], change: Partial<ReportedMutant> = {}) {
  const location = { start: { line: 2, column: 5 }, end: { line: 3, column: 4 } };
  return { mutatorName: 'EqualityOperator', replacement: 'a >\n 2', status, location, ...change };
}

function report(...mutants: readonly ReportedMutant[]): MutationReport {
  return { files: { 'src/x.ts': { source: SOURCE, mutants } } };
}

const KNOWN = { file: 'src/x.ts', original: 'a >= 2', replacement: 'a > 2', reason: 'equal' };
const NAME = 'src/x.ts: a >= 2 → a > 2';

function killed(count: number): readonly ReportedMutant[] {
  return Array.from({ length: count }, () => mutant('Killed'));
}

describe('a report of mutants', () => {
  it('is clean where every mutant was killed, by a failing test or by time', () => {
    const judged = judgeMutation(report(mutant('Killed'), mutant('Timeout')), [], 95);
    expect(judged).toEqual({
      killed: 2,
      survived: 0,
      score: 100,
      violations: [],
      files: [],
      outdated: [],
    });
  });

  it.each(['Survived', 'NoCoverage'] as const)('objects to a mutant that is %s', (status) => {
    const judged = judgeMutation(report(...killed(99), mutant(status)), [], 95);
    expect(judged.violations).toEqual([`lives at line 2: ${NAME}`]);
    expect(judged.score).toBe(99);
  });

  it('lets live what is listed with its reason, wherever it stands now', () => {
    const judged = judgeMutation(report(...killed(99), mutant('Survived')), [KNOWN], 95);
    expect(judged.violations).toEqual([]);
    expect(judged.survived).toBe(1);
    expect(judged.files).toEqual(['99/100 src/x.ts']);
  });

  it('objects to a score below the threshold, listed or not', () => {
    const twenty = report(...killed(19), mutant('Survived'));
    expect(judgeMutation(twenty, [KNOWN], 95).violations).toEqual([]);
    const ten = report(...killed(9), mutant('Survived'));
    expect(judgeMutation(ten, [KNOWN], 95).violations).toEqual(['the score of 90.0 is below 95']);
    expect(judgeMutation(report(), [], 95).violations).toEqual(['the score of 0.0 is below 95']);
  });

  it('does not count what could not run or was left out', () => {
    const judged = judgeMutation(
      report(mutant('Killed'), mutant('CompileError'), mutant('Ignored')),
      [],
      95,
    );
    expect([judged.killed, judged.survived, judged.score]).toEqual([1, 0, 100]);
  });

  it('tells which lines of the list are outdated, of the files it saw', () => {
    const elsewhere = { ...KNOWN, file: 'src/y.ts' };
    expect(judgeMutation(report(mutant('Killed')), [KNOWN, elsewhere], 95).outdated).toEqual([
      NAME,
    ]);
  });
});
