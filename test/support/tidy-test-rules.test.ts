import { describe, expect, it } from 'vitest';
import { plant } from './tidy-source.ts';
import { everyFileHasItsTest } from './tidy-test-rules.ts';

describe('the test rule', () => {
  const code = plant('src/risk/checks/tick.ts', 'export function check() {}');
  const testAt = (path: string, specifier: string) =>
    plant(path, `import { check } from '${specifier}';`);
  const own = testAt('test/risk/checks/tick.test.ts', '../../../src/risk/checks/tick.ts');
  const above = testAt('test/risk/checks.test.ts', '../../src/risk/checks/tick.ts');

  it('takes a test in the mirrored folder, or in one above it', () => {
    expect(everyFileHasItsTest([code], [own], {})).toEqual([]);
    expect(everyFileHasItsTest([code], [above], {})).toEqual([]);
  });

  it('takes a test that runs the file through another one of its room', () => {
    const gate = plant('src/risk/gate.ts', "import { check } from './checks/tick.ts';", 'check();');
    const testOfGate = testAt('test/risk/gate.test.ts', '../../src/risk/gate.ts');
    expect(everyFileHasItsTest([code, gate], [testOfGate], {})).toEqual([]);
    const desk = plant(
      'src/desk/a.ts',
      "import { check } from '../risk/checks/tick.ts';",
      'check();',
    );
    const testOfDesk = testAt('test/desk/a.test.ts', '../../src/desk/a.ts');
    expect(everyFileHasItsTest([code, desk], [testOfDesk], {})).toHaveLength(1);
  });

  it('finds a file without a test, and one that is tested from another room alone', () => {
    const elsewhere = testAt('test/desk/step.test.ts', '../../src/risk/checks/tick.ts');
    const atTheTop = testAt('test/all.test.ts', '../src/risk/checks/tick.ts');
    const helper = testAt('test/risk/checks/helper.ts', '../../../src/risk/checks/tick.ts');
    for (const tests of [[], [elsewhere], [atTheTop], [helper]]) {
      const found = everyFileHasItsTest([code], tests, {});
      expect(found).toEqual([expect.stringContaining('write test/risk/checks/tick.test.ts')]);
    }
  });

  it('takes a reason instead, until it is no longer needed', () => {
    const exempt = { 'src/risk/checks/tick.ts': 'held by the gate’s own suite' };
    expect(everyFileHasItsTest([code], [], exempt)).toEqual([]);
    expect(everyFileHasItsTest([code], [own], exempt)).toHaveLength(1);
    expect(everyFileHasItsTest([], [], exempt)).toHaveLength(1);
  });

  it('asks for no test of types', () => {
    const types = plant('src/risk/words.ts', '/** const */', 'export interface Word {}');
    expect(everyFileHasItsTest([types], [], {})).toEqual([]);
  });
});
