import { describe, expect, it, onTestFinished } from 'vitest';
import { readKillLatch } from '../../src/audit/kill-latch.ts';
import { adopt, flatten, kill, rearm, status } from '../../src/command/console.ts';
import { paperAccountId, socketPath } from '../../src/command/engine-paths.ts';
import { readConfig } from '../../src/config.ts';
import { listenOnSocket } from '../../src/mcp/socket-server.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { captureTerminal, settings, tempFolder } from './support/terminal.ts';

/** An engine's socket with a door in memory behind it. */
async function engineOf(home: string): Promise<FakeEngineApi> {
  const api = new FakeEngineApi({ accountId: paperAccountId(home) });
  const path = socketPath(home);
  const config = readConfig({ DELTARING_HOME: home });
  const shutdown = () => undefined;
  const socket = await listenOnSocket({ config, api, identity: api.identity, path, shutdown });
  onTestFinished(() => socket.close());
  return api;
}

describe('the operator’s console', () => {
  it('shows how the engine stands, in lines or as JSON', async () => {
    const home = tempFolder();
    settings(home);
    await engineOf(home);
    const terminal = captureTerminal();
    expect(await status([])).toBe(0);
    expect(terminal.stdout).toContain(`account    ${paperAccountId(home)} at paper (paper money)`);
    terminal.stdout = '';
    expect(await status(['--json'])).toBe(0);
    expect(JSON.parse(terminal.stdout)).toMatchObject({ stamp: { killed: false } });
  });

  it('kills with the operator’s reason and re-arms', async () => {
    const home = tempFolder();
    settings(home);
    const api = await engineOf(home);
    const terminal = captureTerminal();
    expect(await kill(['fat', 'finger'])).toBe(0);
    expect(api.killed).toBe(true);
    expect(terminal.stdout).toContain('fat finger');
    expect(await rearm([])).toBe(0);
    expect(api.killed).toBe(false);
  });

  it('flattens, and says so where nothing is open', async () => {
    const home = tempFolder();
    settings(home);
    await engineOf(home);
    const terminal = captureTerminal();
    expect(await flatten(['--json'])).toBe(0);
    expect(JSON.parse(terminal.stdout)).toHaveProperty('value.orders');
  });

  it('takes over what cannot be explained, and says what is still open', async () => {
    const home = tempFolder();
    settings(home);
    const api = await engineOf(home);
    const terminal = captureTerminal();
    expect(await adopt([])).toBe(0);
    expect(terminal.stdout).toContain('the books agree');
    api.residuals.push('SPY: the broker holds 5, this book 0');
    expect(await adopt([])).toBe(0);
    expect(terminal.stdout).toContain('still open:\nSPY: the broker holds 5');
  });

  it('kills on disk where no engine answers, so that the next one opens nothing', async () => {
    const home = tempFolder();
    settings(home);
    const terminal = captureTerminal();
    expect(await kill(['just', 'in', 'case', '--json'])).toBe(0);
    expect(readKillLatch(home)?.reason).toBe('just in case');
    expect(terminal.stdout).toContain('the latch is set on disk');
  });

  it('is 1 where an engine runs that did not confirm the kill: the latch does not stop that one', async () => {
    const home = tempFolder();
    settings(home);
    const api = new FakeEngineApi({ accountId: 'PAPER-ANOTHER' });
    const socket = await listenOnSocket({
      config: readConfig({ DELTARING_HOME: home }),
      api,
      identity: api.identity,
      path: socketPath(home),
      shutdown: () => undefined,
    });
    onTestFinished(() => socket.close());
    const terminal = captureTerminal();
    expect(await kill([])).toBe(1);
    expect(api.killed).toBe(false);
    expect(readKillLatch(home)).toBeDefined();
    expect(terminal.stdout).toContain('SIGTERM to deltaring serve');
  });

  it('says what to do where there is no engine to ask', async () => {
    settings(tempFolder());
    captureTerminal();
    for (const command of [status, rearm, flatten]) {
      await expect(command([])).rejects.toThrow('start one with `deltaring serve`');
    }
  });
});
