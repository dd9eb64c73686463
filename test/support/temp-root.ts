/**
 * All that a run of the tests, and every process it starts, puts into the temporary folder lies in one
 * folder of the run, which goes when the run ends, also a red one. What a killed run left goes with
 * the next. Outside of it stays the compile cache: processes that tests start find there what an
 * earlier one compiled, which is most of what starting them costs. Node keeps it by content, so a
 * changed source is never taken for what it was.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './engine-process.ts';

/** Short, since a socket's path must be. */
const PREFIX = 'dr-tests-';
/** Where `tmpdir` looks, by platform. */
const NAMES = ['TMPDIR', 'TEMP', 'TMP'];

let root: string | undefined;

function takeAway(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

function sweep(outer: string): void {
  for (const name of readdirSync(outer)) {
    const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) takeAway(join(outer, name));
  }
}

/** Called by the runner before its workers start. */
export function setup(): void {
  const outer = tmpdir();
  process.env['NODE_COMPILE_CACHE'] ??= join(outer, 'deltaring-compile-cache');
  sweep(outer);
  root = mkdtempSync(join(outer, `${PREFIX}${process.pid}-`));
  for (const name of NAMES) process.env[name] = root;
}

/** Called by the runner once its workers have ended. */
export function teardown(): void {
  if (root !== undefined) takeAway(root);
}
