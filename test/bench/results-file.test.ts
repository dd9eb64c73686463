import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Bench, Row } from '../../bench/support/bench.ts';
import {
  renewSections,
  resultsFileName,
  sectionOf,
  shortNumber,
  tableOf,
} from '../../bench/support/results-file.ts';

const machine = { hardware: '2 × Processor', node: 'v26.10.0', date: '2026-11-20', commit: 'abc' };

function benchNamed(name: string): Bench {
  const report = { rows: [], checks: ['a sum'], notes: [] };
  return { name, question: `What does ${name} cost?`, run: () => Promise.resolve(report) };
}

function section(name: string, note: string): string {
  return sectionOf(benchNamed(name), { rows: [row], checks: ['a sum'], notes: [note] }, machine);
}

const row: Row = {
  bench: 'ring',
  metric: 'publish',
  unit: 'ns',
  p50: 36.91,
  p99: 143,
  p999: 4_018.4,
  floorRatio: 1.217,
  floor: 'copy',
};

describe('the results file', () => {
  it('begins with how to read it', () => {
    const file = renewSections('', new Map([['ring', section('ring', 'first')]]));
    expect(file).toMatch(/^# Results\n/);
    expect(file).toContain('How to read the tables');
    expect(file).toContain('- Checked: a sum');
  });

  it('renews the section of a bench and leaves what others wrote', () => {
    const old = renewSections(
      '',
      new Map([
        ['ring', section('ring', 'old ring')],
        ['kill', section('kill', 'old kill')],
      ]),
    );
    const file = renewSections(
      `${old}\n## Campaigns\n\nsim: 10 runs\n`,
      new Map([['ring', section('ring', 'new ring')]]),
    );
    expect(file).toContain('new ring');
    expect(file).not.toContain('old ring');
    expect(file).toContain('old kill');
    expect(file).toContain('sim: 10 runs');
    expect(file.match(/## ring/g)).toHaveLength(1);
  });

  it('puts ratios before absolute numbers', () => {
    expect(tableOf([row])).toContain('| publish | 1.22 (copy) | – | 36.9 | 143 | 4018 | ns |');
  });

  it('names a broken promise as broken', () => {
    const judged = { as: 'p95', value: 1_001 };
    const table = tableOf([{ ...row, unit: 'ms', limit: 1_000, judged, holds: false }]);
    expect(table).toContain('**BROKEN** | p95 1001 of 1000');
  });

  it.each([
    [0.05584, '0.0558'],
    [999.4, '999'],
    [1_000.6, '1001'],
    [undefined, '–'],
    [Number.NaN, '–'],
  ])('shows %s with three digits as %s', (value, text) => {
    expect(shortNumber(value)).toBe(text);
  });
});

describe('the file of results', () => {
  it('is RESULTS.md for the Node of .nvmrc, and one of its own for another major', () => {
    const pinned = readFileSync(new URL('../../.nvmrc', import.meta.url), 'utf8').trim();
    expect(resultsFileName(pinned)).toBe('RESULTS.md');
    expect(resultsFileName('24.21.0')).toBe('RESULTS-node24.md');
  });
});
