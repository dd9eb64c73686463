/**
 * `npm run bench [-- NAME…] [-- --json FILE] [-- --quick]`: runs the benches named, or all, prints
 * their tables, renews their sections of RESULTS.md and writes the rows as JSON where asked. Exit
 * code 1 when a promise is broken or a bench's own check fails, 2 when it was called wrongly.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BENCHES } from './support/all-benches.ts';
import type { Bench, BenchContext, BenchReport, Row } from './support/bench.ts';
import { benchContext } from './support/bench.ts';
import { describeMachine } from './support/machine.ts';
import { renewSections, resultsFileName, sectionOf, tableOf } from './support/results-file.ts';

const RESULTS = fileURLToPath(new URL(resultsFileName(process.versions.node), import.meta.url));
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** A bench that takes longer than this waits for something that will not come. */
const MOST_MILLIS_PER_BENCH = 180_000;

const USAGE = `usage: npm run bench [-- NAME…] [-- --json FILE] [-- --quick] [-- --results FILE]
  NAME            one of: ${BENCHES.map(({ name }) => name).join(', ')}; all where none is named
  --json FILE     writes the rows as JSON
  --quick         a smoke run of under a minute: checks every sum, its numbers say nothing
  --results FILE  renews this file instead of RESULTS.md (of this Node's own); a quick run renews none by default
`;

interface Request {
  readonly benches: readonly Bench[];
  readonly quick: boolean;
  readonly json: string | undefined;
  readonly results: string | undefined;
}

/** Reads the command line; a string is what is wrong with it. */
function readRequest(args: readonly string[]): Request | string {
  const options = {
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    results: { type: 'string' },
  } as const;
  try {
    const { values, positionals } = parseArgs({
      args: args.filter((arg) => arg !== '--'),
      options,
      allowPositionals: true,
    });
    const unknown = positionals.filter((name) => BENCHES.every((bench) => bench.name !== name));
    if (unknown.length > 0) return `there is no bench named ${unknown.join(', ')}`;
    const isWanted = ({ name }: Bench): boolean =>
      positionals.length === 0 || positionals.includes(name);
    const { quick, json } = values;
    const results = values.results ?? (quick ? undefined : RESULTS);
    return { benches: BENCHES.filter(isWanted), quick, json, results };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Outcome {
  readonly rows: readonly Row[];
  readonly sections: ReadonlyMap<string, string>;
  readonly failures: readonly string[];
}

async function inTime(bench: Bench, context: BenchContext): Promise<BenchReport> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${bench.name} did not end within ${MOST_MILLIS_PER_BENCH / 1_000} s`));
    }, MOST_MILLIS_PER_BENCH);
  });
  try {
    return await Promise.race([bench.run(context), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** How much else the machine has to do, and how this process stands among that. */
function besideOthers(): string {
  const [load = 0] = loadavg();
  const nice = getPriority();
  return `load ${load.toFixed(1)} before${nice === 0 ? '' : `, nice ${nice}`}`;
}

async function runAll({ benches, quick }: Request): Promise<Outcome> {
  const context = benchContext(quick);
  const plain = describeMachine();
  const machine = { ...plain, hardware: `${plain.hardware}, ${besideOthers()}` };
  const rows: Row[] = [];
  const sections = new Map<string, string>();
  const failures: string[] = [];
  for (const bench of benches) {
    const startedAt = performance.now();
    try {
      const report = await inTime(bench, context);
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      console.log(`\n${bench.name}: ${bench.question} (${seconds} s)\n\n${tableOf(report.rows)}`);
      for (const checked of report.checks) console.log(`checked: ${checked}`);
      rows.push(...report.rows);
      sections.set(bench.name, sectionOf(bench, report, machine));
      for (const { metric, holds } of report.rows) {
        if (holds === false) failures.push(`${bench.name}: the promise "${metric}" is broken`);
      }
    } catch (error) {
      failures.push(`${bench.name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return { rows, sections, failures };
}

async function main(): Promise<number> {
  const request = readRequest(process.argv.slice(2));
  if (typeof request === 'string') {
    process.stderr.write(`${request}\n${USAGE}`);
    return EXIT_USAGE;
  }
  const { rows, sections, failures } = await runAll(request);
  const { json, results } = request;
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, undefined, 2)}\n`);
  if (results !== undefined && sections.size > 0) {
    const before = existsSync(results) ? readFileSync(results, 'utf8') : '';
    writeFileSync(results, renewSections(before, sections));
    console.log(`\nwritten: ${results}`);
  }
  for (const failure of failures) process.stderr.write(`\nFAILED ${failure}\n`);
  return failures.length === 0 ? 0 : EXIT_FAILED;
}

// A bench that failed may have left something open; whatever it started ends with this process.
process.exit(await main());
