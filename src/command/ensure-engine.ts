/** Finds the running engine of this home, or starts one detached and waits until it answers. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isHomeHeld } from '../audit/account-lock.ts';
import type { Config } from '../config.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { addMicros, MICROS_PER_MILLI } from '../engine/domain/units.ts';
import { outOfReach } from '../mcp/engine-connection.ts';
import { enginePlace } from './engine-paths.ts';

const RETRY_MILLIS = 150;

/** How long to wait for an engine. */
export interface Patience {
  /** For one that is starting: our own, or that of whoever has the home. */
  readonly startMillis: number;
  /** For another caller's engine to answer, once our own could not start and nobody has the home. */
  readonly otherMillis: number;
}

const USUAL_PATIENCE: Patience = { startMillis: 60_000, otherMillis: 15_000 };

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
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
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

/** What the engine said of its failure, in its log's last line of that kind. */
function lastFault(log: string): string {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  const start = lines.findLastIndex((line) => line.startsWith('deltaring: '));
  return start === -1 ? '' : `${lines.slice(start).join('\n')}\n`;
}

/** Where the engine of a home listens; undefined where none does. */
async function listeningPath(home: string): Promise<string | undefined> {
  const { path } = enginePlace(home);
  return (await isListening(path)) ? path : undefined;
}

/** Why no engine of the home came up. */
function missing(home: string, log: string): string {
  const { path, holder } = enginePlace(home);
  if (holder !== undefined) return outOfReach(holder, path);
  return `${lastFault(log)}the engine did not start: see ${log}, or run \`deltaring serve\` in a terminal`;
}

/**
 * Resolves with the socket's path once an engine answers there. Several callers at once end up with
 * one engine: the account lock lets only one start, the others find its socket.
 * Throws ENGINE_UNREACHABLE with what the engine said when it does not come up.
 */
export async function ensureEngine(config: Config, patience = USUAL_PATIENCE): Promise<string> {
  const running = await listeningPath(config.home);
  if (running !== undefined) return running;
  const started = startDetached(config);
  let isOver = false;
  void started.exited.then(() => {
    isOver = true;
  });
  const inMillis = (millis: number) => addMicros(wallMicros(), millis * MICROS_PER_MILLI);
  const until = inMillis(patience.startMillis);
  let graceUntil: number | undefined;
  const isStarting = () => wallMicros() < until && isHomeHeld(config.home);
  while (wallMicros() < (graceUntil ?? until) || isStarting()) {
    const path = await listeningPath(config.home);
    if (path !== undefined) return path;
    if (isOver) graceUntil ??= inMillis(patience.otherMillis);
    await setTimeout(RETRY_MILLIS);
  }
  throw new DeltaringError('ENGINE_UNREACHABLE', missing(config.home, started.log));
}
