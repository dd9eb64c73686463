import { posix } from 'node:path';
import { codeOf } from './tidy-code.ts';
import { roomOf } from './tidy-rooms.ts';
import type { SourceFile } from './tidy-source.ts';
import { importsOf } from './tidy-source.ts';

/**
 * Files of src that have no test in their mirrored folder, each with the reason. A line that is no
 * longer needed is itself a violation. Files that hold only types need no line.
 */
export const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  'src/main.ts': 'run as a process by test/e2e/ and test/docs.test.ts',
  'src/command/engine-host.ts': 'joins real threads: started, killed and stopped by test/e2e/',
  'src/command/serve.ts': 'run as a process by every test of test/e2e/',
  'src/engine/domain/audit-record.ts': 'types and one number, written and read by test/audit/',
  'src/audit/audit-sealing-worker.ts':
    'entry of a thread: driven by test/audit/audit-sealing-shell.test.ts',
  'src/audit/journal-worker.ts': 'entry of a thread: driven by test/audit/journal-thread.test.ts',
  'src/desk/engine-api.ts':
    'types and one number: the door that test/mcp/ and test/web/ go through',
  'src/desk/threads/core-worker.ts': 'entry of a thread: runs in every test of test/e2e/',
  'src/desk/threads/core-thread-shell.ts': 'wires the core thread: runs in every test of test/e2e/',
  'src/desk/threads/io-worker.ts': 'entry of a thread: runs in every test of test/e2e/',
  'src/sim/sim-worker.ts': 'entry of a thread: runs in every test of test/e2e/',
};

/**
 * Every file of src with code in it is run by a test of its own room: one in the mirrored folder of
 * test or in one above it (src/risk/checks/tick.ts: test/risk/checks/ or test/risk/) imports it, or
 * imports a file of the same room that does. Anything else stands in the table with a reason.
 */
export function everyFileHasItsTest(
  sources: readonly SourceFile[],
  tests: readonly SourceFile[],
  exempt: Readonly<Record<string, string>>,
): string[] {
  const tested = withinRooms(testedBy(tests), sources);
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

/** What a tested file runs of its own room is tested with it. */
function withinRooms(
  tested: ReadonlyMap<string, readonly string[]>,
  sources: readonly SourceFile[],
): ReadonlyMap<string, readonly string[]> {
  const bySource = new Map(sources.map((file) => [file.path, file]));
  const reached = new Map<string, Set<string>>();
  const reach = (path: string, test: string): void => {
    const tests = reached.get(path) ?? new Set();
    if (tests.has(test)) return;
    reached.set(path, tests.add(test));
    const file = bySource.get(path);
    for (const { target, isTypeOnly } of file === undefined ? [] : importsOf(file)) {
      if (target === undefined || isTypeOnly || roomOf(target) !== roomOf(path)) continue;
      reach(target, test);
    }
  };
  for (const [path, tests] of tested) for (const test of tests) reach(path, test);
  return new Map([...reached].map(([path, tests]) => [path, [...tests]]));
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
