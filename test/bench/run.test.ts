import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BENCHES } from '../../bench/support/all-benches.ts';
import type { Row } from '../../bench/support/bench.ts';
import { projectRoot } from '../support/tidy-source.ts';

/** A quick run takes half a minute on an idle machine; it is never judged by its time here. */
const PATIENCE_MILLIS = 240_000;
const RESULTS = join(projectRoot, 'bench', 'RESULTS.md');

interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function runBenches(...args: readonly string[]): Promise<Finished> {
  const script = join(projectRoot, 'bench', 'run.ts');
  const child = spawn(process.execPath, [script, ...args], { cwd: tmpdir() });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ]);
  return { status, stdout, stderr };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

describe('a quick run of every bench', () => {
  const folder = mkdtempSync(join(tmpdir(), 'deltaring-bench-test-'));
  const before = textOf(RESULTS);
  let run: Finished;
  let rows: readonly Row[] = [];

  beforeAll(async () => {
    const [json, results] = [join(folder, 'rows.json'), join(folder, 'RESULTS.md')];
    run = await runBenches('--quick', '--json', json, '--results', results);
    rows = JSON.parse(textOf(json) || '[]');
  }, PATIENCE_MILLIS);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('ends well only when every check of its own answers holds', () => {
    const broken = run.stderr.match(/FAILED .*/g) ?? [];
    const isTimeAlone = broken.every((line) => /the promise ".*" is broken/.test(line));
    expect(isTimeAlone, run.stderr).toBe(true);
    expect(run.status).toBe(broken.length === 0 ? 0 : 1);
  });

  it.each(BENCHES.map(({ name }) => name))('writes rows of %s with rising percentiles', (name) => {
    const own = rows.filter(({ bench }) => bench === name);
    expect(own.length).toBeGreaterThan(0);
    for (const { metric, unit, p50, p99, p999 } of own) {
      expect(p50, `${metric} in ${unit}`).toBeGreaterThan(0);
      expect(p99).toBeGreaterThanOrEqual(p50);
      expect(p999).toBeGreaterThanOrEqual(p99);
    }
  });

  it.each(BENCHES.map(({ name }) => name))('says what %s checked', (name) => {
    const from = run.stdout.indexOf(`\n${name}: `);
    expect(from).not.toBe(-1);
    const said = run.stdout.slice(from + 1);
    const [own = ''] = said.split(/\n\n(?=[a-z-]+: .* \(\d)/);
    expect(own).toContain('checked: ');
    expect(textOf(join(folder, 'RESULTS.md'))).toContain(`## ${name}\n`);
  });

  it('measures a floor or a peer, or judges a promise, in every bench', () => {
    for (const { name } of BENCHES) {
      const own = rows.filter(({ bench }) => bench === name);
      const hasMeasure = own.some(
        ({ floorRatio, peerRatio, holds }) => (floorRatio ?? peerRatio ?? holds) !== undefined,
      );
      expect(hasMeasure, name).toBe(true);
    }
  });

  it('leaves the results of the project alone', () => {
    expect(textOf(RESULTS)).toBe(before);
  });
});

describe('the command line of the benches', () => {
  it('names every bench where it is asked for one that does not exist', async () => {
    const { status, stderr } = await runBenches('prcing');
    expect(status).toBe(2);
    expect(stderr).toContain('there is no bench named prcing');
    for (const { name } of BENCHES) expect(stderr).toContain(name);
  });

  it('refuses an option that it does not know', async () => {
    const { status, stderr } = await runBenches('--jsn', 'x');
    expect(status).toBe(2);
    expect(stderr).toContain('usage: npm run bench');
  });

  it('has benches of different names, each with its question', () => {
    expect(new Set(BENCHES.map(({ name }) => name)).size).toBe(BENCHES.length);
    for (const { question } of BENCHES) expect(question).toMatch(/\?$/);
  });
});
