import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acquireHomeLock } from '../../src/audit/account-lock.ts';
import { socketPath } from '../../src/command/engine-paths.ts';
import { ensureEngine, isListening } from '../../src/command/ensure-engine.ts';
import { readConfig } from '../../src/config.ts';
import { settings, tempFolder } from './support/terminal.ts';

/** Something that listens where the engine of this home would. */
async function listenFor(home: string): Promise<string> {
  const path = socketPath(home);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const server = createServer((socket) => socket.destroy()).listen(path);
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return path;
}

describe('the engine of a home', () => {
  it('is the one that listens, and none is started beside it', async () => {
    const home = tempFolder();
    const path = await listenFor(home);
    expect(await isListening(path)).toBe(true);
    expect(await ensureEngine(readConfig({ DELTARING_HOME: home }))).toBe(path);
  });

  it('does not listen where there is none', async () => {
    expect(await isListening(socketPath(tempFolder()))).toBe(false);
  });

  it('is another caller’s where our own start failed beside it', async () => {
    const home = tempFolder();
    settings(home, { PORT: 'none' });
    const config = readConfig({ DELTARING_HOME: home });
    const patience = { startMillis: 15_000, otherMillis: 15_000 };
    const ensured = ensureEngine(config, patience);
    const path = await listenFor(home);
    expect(await ensured).toBe(path);
  });

  it('is waited for as long as one that starts where another caller’s has the home', async () => {
    const home = tempFolder();
    settings(home, { PORT: '0' });
    const lock = acquireHomeLock({ pid: process.pid, socketPath: socketPath(home), home });
    onTestFinished(() => lock.release());
    const config = readConfig({ DELTARING_HOME: home });
    const ensured = ensureEngine(config, { startMillis: 15_000, otherMillis: 1 });
    ensured.catch(() => undefined);
    const log = join(home, 'serve.log');
    const isRefused = () => existsSync(log) && readFileSync(log, 'utf8').includes('deltaring: ');
    while (!isRefused()) await setTimeout(20);
    // Time for its end, and for the other patience to be over.
    await setTimeout(500);
    const path = await listenFor(home);
    expect(await ensured).toBe(path);
  });

  it('is found where its temporary folder is another one', async () => {
    const home = tempFolder();
    settings(home);
    const path = await listenFor(home);
    const lock = acquireHomeLock({ pid: process.pid, socketPath: path, home });
    onTestFinished(() => lock.release());
    settings(home, { TMPDIR: tempFolder(), PORT: 'none' });
    const patience = { startMillis: 1, otherMillis: 1 };
    expect(await ensureEngine(readConfig({ DELTARING_HOME: home }), patience)).toBe(path);
  });

  it('is missed with the words of the start that failed', async () => {
    const home = tempFolder();
    settings(home, { PORT: 'none' });
    const config = readConfig({ DELTARING_HOME: home });
    const missed = ensureEngine(config, { startMillis: 15_000, otherMillis: 1 });
    await expect(missed).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringMatching(/PORT: must be a whole number.*\n.*serve\.log/),
    });
  });
});
