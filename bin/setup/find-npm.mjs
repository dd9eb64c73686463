import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { SetupFault } from './messages.mjs';

/**
 * How to call npm: the npm that called us, else the one that came with the running Node, else the
 * first on PATH. Scripts are run with the running Node, so that no shell is needed on any platform.
 * @returns {{ command: string, args: string[] }}
 */
export function findNpm() {
  const caller = process.env['npm_execpath'] ?? '';
  // pnpm and yarn set the same variable; they would not follow package-lock.json.
  const candidates = basename(caller).startsWith('npm') ? [caller] : [];
  const folder = dirname(process.execPath);
  candidates.push(join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'));
  for (const place of [folder, ...(process.env['PATH'] ?? '').split(delimiter)]) {
    candidates.push(join(place, 'node_modules', 'npm', 'bin', 'npm-cli.js'));
    if (process.platform !== 'win32') candidates.push(join(place, 'npm'));
  }
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return callOf(realpathSync(found));
  throw new SetupFault(
    'npm was not found, and it is needed once to bring the packages: install Node with npm (https://nodejs.org) and start again',
  );
}

/** @param {string} path */
function callOf(path) {
  return /\.[cm]?js$/.test(path)
    ? { command: process.execPath, args: [path] }
    : { command: path, args: [] };
}
