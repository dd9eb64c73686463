import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { acquireHomeLock } from '../../src/audit/account-lock.ts';
import { killLatchPath, readKillLatch } from '../../src/audit/kill-latch.ts';
import { adopt, flatten, kill, pair, rearm, status } from '../../src/command/console.ts';
import { paperAccountId, socketPath } from '../../src/command/engine-paths.ts';
import { readConfig } from '../../src/config.ts';
import { listenOnSocket } from '../../src/mcp/socket-server.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { captureTerminal, settings, tempFolder } from './support/terminal.ts';

/** Has the home as an engine has it from its first moment to its last. */
function holdHome(home: string): void {
  const lock = acquireHomeLock({ pid: process.pid, socketPath: socketPath(home), home });
  onTestFinished(() => lock.release());
}

/** An engine's socket with a door in memory behind it. */
async function engineOf(home: string): Promise<FakeEngineApi> {
  const api = new FakeEngineApi({ accountId: paperAccountId(home) });
  const path = socketPath(home);
  holdHome(home);
  const config = readConfig({ DELTARING_HOME: home });
  const shutdown = () => undefined;
  const socket = await listenOnSocket({
    config,
    api,
    identity: api.identity,
    path,
    shutdown,
    log: () => undefined,
  });
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
    expect(terminal.stdout).toMatch(/^killed since .*: fat finger\nRe-arm only at/);
    expect(await rearm([])).toBe(0);
    expect(api.killed).toBe(false);
  });

  it('is wrong use to pair where neither OAuth nor browsers are on', async () => {
    const home = tempFolder();
    settings(home);
    await engineOf(home);
    await expect(pair([])).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('there is nothing to pair'),
    });
  });

  it('flattens, and says so where nothing is open', async () => {
    const home = tempFolder();
    settings(home);
    await engineOf(home);
    const terminal = captureTerminal();
    expect(await flatten([])).toBe(0);
    expect(terminal.stdout).toBe('nothing to close: already flat\n');
    terminal.stdout = '';
    expect(await flatten(['--json'])).toBe(0);
    expect(JSON.parse(terminal.stdout)).toHaveProperty('value.orders');
  });

  it('is 1 where a flatten leaves something open, in lines and as JSON', async () => {
    const home = tempFolder();
    settings(home);
    const api = await engineOf(home);
    api.unclosed.push({ positionId: 'P-1', reason: 'no leg has a market' });
    const terminal = captureTerminal();
    expect(await flatten([])).toBe(1);
    expect(terminal.stdout).toBe('still open  P-1: no leg has a market\n');
    expect(await flatten(['--json'])).toBe(1);
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
    expect(await kill(['just', 'in', 'case'])).toBe(0);
    expect(readKillLatch(home)?.reason).toBe('just in case');
    expect(terminal.stdout).toContain('the latch is set on disk');
  });

  it('answers a kill that no engine confirmed as JSON where a script wants it', async () => {
    const home = tempFolder();
    settings(home);
    const terminal = captureTerminal();
    expect(await kill(['drill', '--json'])).toBe(0);
    const latch = { home, reason: 'drill' };
    expect(JSON.parse(terminal.stdout)).toMatchObject({ latch, engine: 'none' });
    holdHome(home);
    terminal.stdout = '';
    expect(await kill(['drill', '--json'])).toBe(1);
    expect(JSON.parse(terminal.stdout)).toMatchObject({ latch, engine: 'unconfirmed' });
  });

  it('warns once of a .env that cannot be read, and kills all the same', async () => {
    const folder = tempFolder();
    symlinkSync(join(folder, '.env'), join(folder, '.env'));
    const here = vi.spyOn(process, 'cwd').mockReturnValue(folder);
    onTestFinished(() => here.mockRestore());
    const home = tempFolder();
    settings(home);
    const terminal = captureTerminal();
    expect(await kill(['drill'])).toBe(0);
    expect(readKillLatch(home)?.reason).toBe('drill');
    expect(terminal.stderr.match(/^warning: /gm)).toHaveLength(1);
  });

  it('says that no kill was set where its home cannot be written, and what to end', async () => {
    const file = join(tempFolder(), 'file');
    writeFileSync(file, '');
    settings(join(file, 'home'));
    const terminal = captureTerminal();
    expect(await kill(['a', 'drill'])).toBe(1);
    expect(terminal.stdout).toMatch(/NO kill was set: .*\(ENOTDIR\)\. End the engine: SIGTERM to/);
    terminal.stdout = '';
    expect(await kill(['--json'])).toBe(1);
    expect(JSON.parse(terminal.stdout)).toMatchObject({ latch: null, engine: 'none' });
  });

  it('names the process that a kill did not reach, and whose latch could not be set', async () => {
    const home = tempFolder();
    settings(home);
    holdHome(home);
    symlinkSync(join(home, 'gone', 'latch'), killLatchPath(home));
    const terminal = captureTerminal();
    expect(await kill([])).toBe(1);
    expect(terminal.stdout).toContain(`End the engine: SIGTERM to process ${process.pid};`);
  });

  it('says that the kill holds where the latch is there and could not be written in full', async () => {
    const home = tempFolder();
    settings(home);
    mkdirSync(killLatchPath(home));
    const terminal = captureTerminal();
    expect(await kill([])).toBe(1);
    expect(terminal.stdout).toContain('could not be written in full (EISDIR): the kill holds');
    terminal.stdout = '';
    expect(await kill(['--json'])).toBe(1);
    expect(JSON.parse(terminal.stdout)).toMatchObject({ latch: { home } });
  });

  it('is 1 where an engine has the home and no socket yet, as while it starts', async () => {
    const home = tempFolder();
    settings(home);
    holdHome(home);
    const terminal = captureTerminal();
    expect(await kill(['a', 'leak'])).toBe(1);
    expect(readKillLatch(home)?.reason).toBe('a leak');
    expect(terminal.stdout).toContain('an engine runs or starts and did not confirm');
  });

  it('is 1 where an engine runs that did not confirm the kill', async () => {
    const home = tempFolder();
    settings(home);
    const api = await engineOf(home);
    api.kill = () => Promise.reject(new Error('the core is gone'));
    const terminal = captureTerminal();
    expect(await kill([])).toBe(1);
    expect(api.killed).toBe(false);
    expect(readKillLatch(home)).toBeDefined();
    expect(terminal.stdout).toContain('SIGTERM to deltaring serve');
  });

  it('names the home whose latch it set: an engine elsewhere trades on', async () => {
    const home = tempFolder();
    settings(home);
    const terminal = captureTerminal();
    expect(await kill([])).toBe(0);
    expect(terminal.stdout).toContain(`the latch is set on disk in ${home}`);
  });

  it('kills, flattens and shows though another setting has a typing error', async () => {
    const home = tempFolder();
    settings(home, { MAX_DAILY_LOSS: '5OO' });
    const api = await engineOf(home);
    captureTerminal();
    expect(await kill(['now'])).toBe(0);
    expect(api.killed).toBe(true);
    expect(await flatten([])).toBe(0);
    expect(await status([])).toBe(0);
  });

  it('reaches the engine of its home from a terminal with the settings of another broker', async () => {
    const home = tempFolder();
    settings(home, {
      DELTARING_BROKER: 'alpaca',
      ALPACA_API_KEY: 'PKAAAAAAAAAAAAAA',
      ALPACA_SECRET_KEY: 's'.repeat(40),
    });
    const api = await engineOf(home);
    captureTerminal();
    expect(await kill([])).toBe(0);
    expect(api.killed).toBe(true);
  });

  it('does nothing where it is given words that it does not know', async () => {
    const home = tempFolder();
    settings(home);
    const api = await engineOf(home);
    captureTerminal();
    await kill([]);
    for (const command of [rearm, flatten, adopt, status]) {
      await expect(command(['--dry-run'])).rejects.toThrow('"--dry-run" is nothing that');
    }
    expect(api.killed).toBe(true);
  });

  it('finds the engine of its home from a terminal with another temporary folder', async () => {
    const home = tempFolder();
    settings(home);
    const api = await engineOf(home);
    settings(home, { TMPDIR: tempFolder() });
    captureTerminal();
    expect(await status([])).toBe(0);
    expect(await flatten([])).toBe(0);
    expect(await kill([])).toBe(0);
    expect(api.killed).toBe(true);
    expect(await rearm([])).toBe(0);
    expect(api.killed).toBe(false);
  });

  it('never says to start one where a process has the home and its socket cannot be reached', async () => {
    const home = tempFolder();
    settings(home);
    holdHome(home);
    captureTerminal();
    const held = `process ${process.pid} has this home, but its socket ${socketPath(home)} cannot be`;
    for (const command of [status, rearm, flatten]) {
      await expect(command([])).rejects.toThrow(held);
      await expect(command([])).rejects.not.toThrow('start one');
    }
  });

  it('says what to do where there is no engine to ask', async () => {
    settings(tempFolder());
    captureTerminal();
    for (const command of [status, rearm, flatten]) {
      await expect(command([])).rejects.toThrow('start one with `deltaring serve`');
    }
  });
});
