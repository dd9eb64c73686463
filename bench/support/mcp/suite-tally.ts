/** What the official suite says at its end, read. */

/** What became of a program. */
export interface Said {
  readonly code: number | null;
  /** All that it wrote. */
  readonly text: string;
}

export interface Tally {
  readonly passed: number;
  readonly violations: readonly string[];
}

/** The suite's closing line, and what it says failed. */
export function tallyOf(what: string, { code, text }: Said): Tally {
  const total = /Total: (\d+) passed, (\d+) failed/.exec(text);
  const single = /Passed: (\d+)\/\d+, (\d+) failed/.exec(text);
  const [, passed = '0', failed = '0'] = total ?? single ?? [];
  const lines = text.split('\n').filter((line) => line.startsWith('✗'));
  const violations = lines.map((line) => `${what}: ${line.slice(2)}`);
  const isShown = total !== null || single !== null;
  if (!isShown) violations.push(`${what}: the suite gave no result (exit ${code})`);
  if (Number(failed) > 0 && lines.length === 0) violations.push(`${what}: ${failed} checks failed`);
  return { passed: Number(passed), violations };
}
