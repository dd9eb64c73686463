import { describe, expect, it } from 'vitest';
import { createRunClaims, RunClaims } from '../../../src/desk/threads/run-claims.ts';

/** Both threads' views of one word. */
function bothSides(): readonly [RunClaims, RunClaims] {
  const memory = createRunClaims();
  return [new RunClaims(memory), new RunClaims(memory)];
}

describe('runs of frames', () => {
  it('are all the core’s while the main thread still checks', () => {
    const [core] = bothSides();
    expect(Array.from({ length: 100 }, () => core.takeNext())).not.toContain(false);
  });

  it.each([0, 1, 3, 6])('are each taken once where the core took %i of seven before', (before) => {
    const [core, main] = bothSides();
    for (let run = 0; run < before; run += 1) expect(core.takeNext()).toBe(true);
    const expected = Array.from({ length: 7 - before }, (_, index) => 6 - index);
    expect(Array.from({ length: 7 - before }, () => main.takeLast(7))).toEqual(expected);
    expect(main.takeLast(7)).toBeUndefined();
    expect(core.takeNext()).toBe(false);
    expect(core.takeNext()).toBe(false);
  });

  it('are shared by turns without one left over', () => {
    const [core, main] = bothSides();
    expect(main.takeLast(4)).toBe(3);
    expect(core.takeNext()).toBe(true);
    expect(main.takeLast(4)).toBe(2);
    expect(core.takeNext()).toBe(true);
    expect([main.takeLast(4), core.takeNext()]).toEqual([undefined, false]);
  });

  it.each([0, 7])('are none for the main thread where the core took all %i', (count) => {
    const [core, main] = bothSides();
    for (let run = 0; run < count; run += 1) expect(core.takeNext()).toBe(true);
    expect(main.takeLast(count)).toBeUndefined();
  });

  it('beyond what a word can tell apart are refused', () => {
    const [, main] = bothSides();
    expect(main.takeLast(32_767)).toBe(32_766);
    expect(() => main.takeLast(32_768)).toThrow('32768');
  });
});
