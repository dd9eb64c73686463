import { describe, expect, it } from 'vitest';
import { mcp } from '../../src/command/mcp.ts';
import { captureTerminal, settings, tempFolder } from './support/terminal.ts';

describe('deltaring mcp', () => {
  it.each([
    [['--authority', 'everything']],
    [['--authority', 'console']],
    [['--authority']],
    [['--rights', 'full']],
    [['full']],
  ])('joins nothing when it was started with %j, and says how to', async (args) => {
    const terminal = captureTerminal();
    expect(await mcp(args)).toBe(2);
    expect(terminal.stderr).toContain('[--authority RIGHTS]');
    expect(terminal.stdout).toBe('');
  });

  it('joins nothing where its settings have a fault, and says which', async () => {
    settings(tempFolder(), { PORT: 'abc' });
    const terminal = captureTerminal();
    expect(await mcp([])).toBe(2);
    expect(terminal.stderr).toContain('PORT: must be a whole number');
    expect(terminal.stdout).toBe('');
  });
});
