import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  facesUseTheDoor,
  importsGoDownward,
  machinesDoNoIo,
  noBarrels,
  noCycles,
  noDeadModules,
  oneImportALine,
  onlyRiskApproves,
  typesStayTypes,
} from './support/tidy-import-rules.ts';
import type { Lockfile, Manifest } from './support/tidy-package-rules.ts';
import {
  everyPackageHasItsReason,
  everyPinIsExact,
  lockfileIsComplete,
  noHostInLockfile,
} from './support/tidy-package-rules.ts';
import { NAMED_SHELLS } from './support/tidy-rooms.ts';
import { projectRoot, readTree } from './support/tidy-source.ts';
import { everyFileHasItsTest, TESTED_ELSEWHERE } from './support/tidy-test-rules.ts';
import { noBannedWords, noLongFiles } from './support/tidy-word-rules.ts';

const sources = readTree('src');
const tests = readTree('test');

function parsed<T>(name: string): T {
  return JSON.parse(readFileSync(join(projectRoot, name), 'utf8'));
}

describe('the source of this project', () => {
  it.each([
    ['imports downward only', importsGoDownward],
    ['knows as types what it may know as types only', typesStayTypes],
    ['reaches the desk from its faces through the door', facesUseTheDoor],
    ['approves orders in risk alone', onlyRiskApproves],
    ['does no I/O in its state machines', machinesDoNoIo],
    ['has no barrels', noBarrels],
    ['holds one import statement a line', oneImportALine],
    ['has no import cycles', noCycles],
    ['has no dead modules', noDeadModules],
    ['says no banned word', noBannedWords],
    ['has no long files', noLongFiles],
  ])('%s', (_name, rule) => {
    expect(sources).not.toEqual([]);
    expect(rule(sources)).toEqual([]);
  });

  it('has a test for every file', () => {
    expect(everyFileHasItsTest(sources, tests, TESTED_ELSEWHERE)).toEqual([]);
  });

  it('names as shells only files that are there', () => {
    const paths = sources.map(({ path }) => path);
    expect(Object.keys(NAMED_SHELLS).filter((path) => !paths.includes(path))).toEqual([]);
  });
});

describe('the packages of this project', () => {
  it('are pinned exactly', () => {
    expect(everyPinIsExact(parsed<Manifest>('package.json'))).toEqual([]);
  });

  it('come from no host that the lockfile names', () => {
    expect(noHostInLockfile(parsed<Lockfile>('package-lock.json'))).toEqual([]);
  });

  it('all stand in the lockfile, for every platform', () => {
    expect(lockfileIsComplete(parsed<Lockfile>('package-lock.json'))).toEqual([]);
  });

  it('have their reasons in ARCHITECTURE.md', () => {
    const architecture = readFileSync(join(projectRoot, 'ARCHITECTURE.md'), 'utf8');
    expect(everyPackageHasItsReason(parsed<Manifest>('package.json'), architecture)).toEqual([]);
  });
});
