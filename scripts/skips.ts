/**
 * Was anything left out that may not be? `node scripts/skips.ts REPORT CAMPAIGN...` takes what vitest
 * reported as JSON and the campaigns that did not run. What .ci/skips.json lists is said with its
 * reason; whatever else was skipped is a failure, and so is a line of the list that names no test.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export const LIST = fileURLToPath(new URL('../.ci/skips.json', import.meta.url));

type Reasons = Readonly<Record<string, string>>;

/** Reasons by name: of a campaign, or `FILE: ` and how the full name of a test begins. */
export interface SkipList {
  readonly campaigns: Reasons;
  readonly tests: Reasons;
}

/** As much of vitest's report as is looked at. */
export interface TestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export interface Judged {
  /** What was left out, and may be. */
  readonly listed: readonly string[];
  readonly faults: readonly string[];
}

/** Every test as `FILE: FULL NAME`, and whether it ran. */
function testsOf({ testResults }: TestReport) {
  return testResults.flatMap(({ name: path, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => {
      const name = `${relative(ROOT, path).replaceAll('\\', '/')}: ${fullName}`;
      return { name, hasRun: status === 'passed' || status === 'failed' };
    }),
  );
}

export function judgeSkips(
  list: SkipList,
  report: TestReport,
  campaigns: readonly string[],
): Judged {
  const tests = testsOf(report);
  const lines = Object.entries(list.tests);
  const listed = new Set<string>();
  const faults = new Set<string>();
  for (const { name, hasRun } of tests) {
    if (hasRun) continue;
    const line = lines.find(([start]) => name.startsWith(start));
    if (line === undefined) faults.add(`skipped and not listed: ${name}`);
    else listed.add(`skipped, as listed: ${line[0]}: ${line[1]}`);
  }
  for (const [start] of lines) {
    if (!tests.some(({ name }) => name.startsWith(start))) faults.add(`names no test: ${start}`);
  }
  for (const name of campaigns) {
    const reason = list.campaigns[name];
    if (reason === undefined) faults.add(`did not run and is not listed: campaign ${name}`);
    else listed.add(`skipped, as listed: campaign ${name}: ${reason}`);
  }
  return { listed: [...listed], faults: [...faults] };
}

if (import.meta.main) {
  const [report = '', ...campaigns] = process.argv.slice(2);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of this repository
  const list = JSON.parse(readFileSync(LIST, 'utf8')) as SkipList;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by vitest just now
  const ran = JSON.parse(readFileSync(report, 'utf8')) as TestReport;
  const { listed, faults } = judgeSkips(list, ran, campaigns);
  for (const line of [...listed, ...faults]) process.stdout.write(`${line}\n`);
  if (listed.length + faults.length === 0) process.stdout.write('nothing was skipped\n');
  process.exitCode = faults.length === 0 ? 0 : 1;
}
