import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive, startOf } from './process-identity.mjs';

/** An owner's file that holds nothing yet is being written; after this it was abandoned. */
const UNWRITTEN_AFTER_MILLIS = 10_000;

/** An owner on another machine cannot be asked; it is taken for dead when it stopped renewing. */
const REMOTE_STALE_AFTER_MILLIS = 120_000;

/**
 * @typedef {{ pid: number, start: string, host: string, npm?: { pid: number, start: string } }} Owner
 */

/**
 * The lock that lets one process at a time set a project folder up. It is a folder of numbered
 * files, one for each owner in turn; the highest number is the owner. To take over from a dead
 * owner is to create the next number, which the file system grants to exactly one process. The
 * npm that an owner started counts as the owner as long as it lives: a killed start leaves it
 * behind, and two of them would destroy each other's work.
 */
export class SetupLock {
  #folder;
  #file = '';
  /** @type {Owner} */
  #self = { pid: process.pid, start: startOf(process.pid), host: hostname() };

  /** @param {string} root */
  constructor(root) {
    this.#folder = join(root, '.deltaring-lock');
  }

  /**
   * Takes the lock, or answers who has it ("process 4711").
   * @returns {string | undefined}
   */
  tryTake() {
    mkdirSync(this.#folder, { recursive: true });
    const latest = this.#latestTurn();
    const holder = latest === undefined ? undefined : this.#holder(latest);
    if (holder !== undefined) return holder;
    const file = join(this.#folder, String((latest ?? 0) + 1));
    try {
      writeFileSync(file, JSON.stringify(this.#self), { flag: 'wx' });
    } catch (error) {
      // Another start was a moment faster (EEXIST), or the owner just let go (ENOENT).
      if (['EEXIST', 'ENOENT'].includes(codeOf(error))) return 'another start';
      throw error;
    }
    this.#file = file;
    return undefined;
  }

  /** Notes the npm that works for the owner. @param {number} pid */
  noteNpm(pid) {
    this.#self = { ...this.#self, npm: { pid, start: startOf(pid) } };
    this.renew();
  }

  /** Shows other machines that the owner still works. */
  renew() {
    const draft = join(this.#folder, `draft-${process.pid}`);
    unlessGone(() => {
      writeFileSync(draft, JSON.stringify(this.#self));
      renameSync(draft, this.#file);
    });
  }

  /** Lets go. The folder is renamed first, so that no other start sees it half removed. */
  release() {
    const gone = `${this.#folder}-${process.pid}`;
    unlessGone(() => {
      renameSync(this.#folder, gone);
      rmSync(gone, { recursive: true, force: true });
    });
  }

  /** @returns {number | undefined} */
  #latestTurn() {
    const turns = listOf(this.#folder).map(Number).filter(Number.isInteger);
    return turns.length === 0 ? undefined : Math.max(...turns);
  }

  /**
   * Who holds the lock at a turn, undefined where its owner is dead.
   * @param {number} turn
   * @returns {string | undefined}
   */
  #holder(turn) {
    const file = join(this.#folder, String(turn));
    const ageMillis = ageOf(file);
    const owner = readOwner(file);
    if (owner === undefined)
      return ageMillis < UNWRITTEN_AFTER_MILLIS ? 'another start' : undefined;
    if (owner.host !== this.#self.host) {
      return ageMillis < REMOTE_STALE_AFTER_MILLIS ? `a start on ${owner.host}` : undefined;
    }
    if (isAlive(owner)) return `process ${owner.pid}`;
    if (owner.npm !== undefined && isAlive(owner.npm)) return `npm, process ${owner.npm.pid}`;
    return undefined;
  }
}

/**
 * A lock that somebody deleted by hand, or a disk that filled up, must not end a set-up midway.
 * @param {() => void} change
 */
function unlessGone(change) {
  try {
    change();
  } catch {
    // The set-up itself reports what matters.
  }
}

/** @param {string} file @returns {Owner | undefined} */
function readOwner(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string} file */
function ageOf(file) {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

/** @param {string} folder */
function listOf(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
