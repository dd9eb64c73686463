import { describe, expect, it } from 'vitest';
import { burnIn } from '../../src/command/burn-in.ts';
import { captureTerminal } from './support/terminal.ts';

describe('deltaring burn-in', () => {
  it('runs simulated sessions, counts what happened in them, and is 0 without a violation', async () => {
    const terminal = captureTerminal();
    expect(await burnIn(['1', '--seed', '7', '--json'])).toBe(0);
    const summary = JSON.parse(terminal.stdout);
    expect(summary).toMatchObject({ sessions: 1, seed: 7, distinctTraces: 1, violations: [] });
    expect(summary.tally.inputs).toBeGreaterThan(2_000);
    expect(summary.note).toContain('another session than the same seed of `npm run campaign`');
  });

  it.each([
    [[]],
    [['0']],
    [['100001']],
    [['many']],
    [['1.5']],
    [['1', '--seed', 'x']],
    [['1', '--seed', '']],
    [['1', '--seed']],
    [['1', '--sed', '7']],
    [['1', '2']],
  ])('refuses %j and says how it is used', (args) => {
    expect(() => burnIn(args)).toThrow('usage: deltaring burn-in N');
  });
});
