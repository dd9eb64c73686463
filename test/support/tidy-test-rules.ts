import { posix } from 'node:path';
import { codeOf } from './tidy-code.ts';
import type { SourceFile } from './tidy-source.ts';
import { importsOf } from './tidy-source.ts';

/**
 * Files of src that have no test in their mirrored folder, each with the reason. A line that is no
 * longer needed is itself a violation. Files that hold only types need no line.
 */
export const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {};

/**
 * Every file of src with code in it is imported by a test in the mirrored folder of test or in one
 * above it (src/risk/checks/tick.ts: test/risk/checks/ or test/risk/), or stands in the table of
 * exemptions with a reason.
 */
export function everyFileHasItsTest(
  sources: readonly SourceFile[],
  tests: readonly SourceFile[],
  exempt: Readonly<Record<string, string>>,
): string[] {
  const tested = testedBy(tests);
  const isTested = ({ path }: SourceFile) => tested.get(path)?.some((test) => isMirror(path, test));
  const bare = sources.filter((file) => hasCode(file) && !isTested(file)).map(({ path }) => path);
  const missing = bare.filter((path) => !exempt[path]);
  const stale = Object.keys(exempt).filter((path) => !bare.includes(path));
  return [
    ...missing.map(
      (path) => `${path} has no test in ${mirrorFolder(path)}: write ${mirrorOf(path)}`,
    ),
    ...stale.map((path) => `${path} needs no exemption any more: take its line out`),
  ];
}

/** Which tests import which file of src. */
function testedBy(tests: readonly SourceFile[]): Map<string, string[]> {
  const tested = new Map<string, string[]>();
  for (const test of tests.filter(({ path }) => path.endsWith('.test.ts'))) {
    for (const { target, isTypeOnly } of importsOf(test)) {
      if (target === undefined || isTypeOnly) continue;
      tested.set(target, [...(tested.get(target) ?? []), test.path]);
    }
  }
  return tested;
}

function isMirror(source: string, test: string): boolean {
  const folder = posix.dirname(test);
  const isAbove = folder === 'test' ? posix.dirname(source) === 'src' : true;
  return isAbove && `${mirrorFolder(source)}/`.startsWith(`${folder}/`);
}

function mirrorFolder(source: string): string {
  return posix.dirname(mirrorOf(source));
}

function mirrorOf(source: string): string {
  return source.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts');
}

/** Types vanish before the program runs; a file of nothing else has nothing to test. */
function hasCode({ text }: SourceFile): boolean {
  return /^(?:export )?(?:(?:async )?function|class|abstract class|const|let)\b/m.test(
    codeOf(text),
  );
}
