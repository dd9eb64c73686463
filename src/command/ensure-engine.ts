/** Finds the running engine of this home, or starts one detached and waits until it answers. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { socketPath } from './engine-paths.ts';

const READY_TIMEOUT_MILLIS = 60_000;
const RETRY_MILLIS = 150;

/** True when something listens on the socket. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function startDetached(config: Config): {
  readonly exited: Promise<number | null>;
  readonly log: string;
} {
  mkdirSync(config.home, { recursive: true, mode: 0o700 });
  const log = join(config.home, 'serve.log');
  const out = openSync(log, 'a', 0o600);
  const main = new URL('../main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [main, 'serve'], {
    detached: true,
    stdio: ['ignore', out, out],
    env: { ...process.env, DELTARING_HOME: config.home },
  });
  closeSync(out);
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
    child.once('error', () => resolve(null));
  });
  child.unref();
  return { exited, log };
}

/**
 * Resolves with the socket's path once an engine answers there. Several callers at once end up with
 * one engine: the account lock lets only one start, the others find its socket.
 */
export async function ensureEngine(config: Config): Promise<string> {
  const path = socketPath(config.home);
  if (await isListening(path)) return path;
  const started = startDetached(config);
  let isOver = false;
  void started.exited.then(() => {
    isOver = true;
  });
  const until = Date.now() + READY_TIMEOUT_MILLIS;
  let graceUntil: number | undefined;
  while (Date.now() < (graceUntil ?? until)) {
    if (await isListening(path)) return path;
    if (isOver) graceUntil ??= Date.now() + READY_TIMEOUT_MILLIS / 4;
    await setTimeout(RETRY_MILLIS);
  }
  throw new DeltaringError(
    'ENGINE_UNREACHABLE',
    `the engine did not start: see ${started.log}, or run \`deltaring serve\` in a terminal`,
  );
}
