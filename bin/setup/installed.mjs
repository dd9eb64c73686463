import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { carriedNodePath, runningNodeIsEnough } from './pinned-node.mjs';

/**
 * A package as npm's lockfiles describe it.
 * @typedef {{ version?: string, integrity?: string } & Partial<Record<'dev' | 'optional' | 'devOptional', boolean>>} LockedPackage
 */

/**
 * Whether what package-lock.json asks for is in place. The stamp answers in a millisecond; where
 * it does not fit, npm's own record of what it installed is compared, so that a person's own
 * `npm ci` or `npm install` is never done a second time. `withTools` asks for the development
 * packages too.
 * @param {{ root: string, withTools: boolean }} wanted
 * @returns {boolean}
 */
export function isInstalled({ root, withTools }) {
  const carried = carriedNodePath(root);
  if (carried !== undefined && !existsSync(carried) && !runningNodeIsEnough()) return false;
  if (readText(stampPath(root)) === lockDigest(root)) return true;
  if (recordFits({ root, withTools: true })) {
    stamp(root);
    return true;
  }
  return !withTools && recordFits({ root, withTools: false });
}

/**
 * Notes that the packages of the present package-lock.json are all in place. Written last and in
 * one step: a set-up that was cut short leaves no stamp.
 * @param {string} root
 */
export function stamp(root) {
  const draft = `${stampPath(root)}.${process.pid}`;
  try {
    writeFileSync(draft, lockDigest(root));
    renameSync(draft, stampPath(root));
  } catch {
    // A folder that cannot be written works without the stamp; each start compares again.
  }
}

/**
 * Takes the note back, before anything in node_modules is touched.
 * @param {string} root
 */
export function unstamp(root) {
  rmSync(stampPath(root), { force: true });
}

/** @param {string} root */
function stampPath(root) {
  return join(root, 'node_modules', '.deltaring-setup');
}

/** @param {string} root */
function lockDigest(root) {
  const lock = readText(join(root, 'package-lock.json')) ?? '';
  return `${createHash('sha256').update(lock).digest('hex')}\n`;
}

/**
 * @param {{ root: string, withTools: boolean }} wanted
 * @returns {boolean}
 */
function recordFits({ root, withTools }) {
  const asked = packagesIn(join(root, 'package-lock.json'));
  const installed = packagesIn(join(root, 'node_modules', '.package-lock.json'));
  if (asked === undefined || installed === undefined) return false;
  return Object.entries(asked).every(([path, entry]) => {
    const found = installed[path];
    if (path === '') return true;
    if (found === undefined)
      return Boolean(entry.optional || (!withTools && (entry.dev || entry.devOptional)));
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * @param {string} path
 * @returns {Record<string, LockedPackage> | undefined}
 */
function packagesIn(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
