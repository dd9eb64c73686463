/**
 * All that a run of the tests, and every process it starts, puts into the temporary folder lies in one
 * folder of the run, which goes when the run ends, also a red one. What a killed run left goes with
 * the next. Outside of it stays the compile cache: processes that tests start find there what an
 * earlier one compiled, which is most of what starting them costs. Node keeps it by content, so a
 * changed source is never taken for what it was; it takes nothing away, and each run loads every test
 * file under a name of its own: what was compiled a day ago goes here.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './engine-process.ts';

/** Short, since a socket's path must be. */
const PREFIX = 'dr-tests-';
/** Where `tmpdir` looks, by platform. */
const NAMES = ['TMPDIR', 'TEMP', 'TMP'];
const DAY_MILLIS = 86_400_000;
/** As Node names them: a folder a version and its flags, a file a module. */
const COMPILED_FOLDER = /^v\d+\.\d+\.\d+-[\w-]+$/;
const COMPILED_FILE = /^[0-9a-f]+$/;

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

function sweepCompiled(cache: string): void {
  if (!existsSync(cache)) return;
  const oldest = Date.now() - DAY_MILLIS;
  for (const folder of readdirSync(cache).filter((name) => COMPILED_FOLDER.test(name))) {
    for (const name of readdirSync(join(cache, folder))) {
      const path = join(cache, folder, name);
      const madeAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? oldest;
      if (COMPILED_FILE.test(name) && madeAt < oldest) rmSync(path, { force: true });
    }
  }
}

/** Called by the runner before its workers start. */
export function setup(): void {
  const outer = tmpdir();
  const compiled = process.env['NODE_COMPILE_CACHE'] ?? join(outer, 'deltaring-compile-cache');
  process.env['NODE_COMPILE_CACHE'] = compiled;
  sweep(outer);
  sweepCompiled(compiled);
  root = mkdtempSync(join(outer, `${PREFIX}${process.pid}-`));
  for (const name of NAMES) process.env[name] = root;
}

/** Called by the runner once its workers have ended. */
export function teardown(): void {
  if (root !== undefined) takeAway(root);
}
