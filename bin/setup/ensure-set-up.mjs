import { setTimeout as sleep } from 'node:timers/promises';
import { install } from './install.mjs';
import { isInstalled, stamp, unstamp } from './installed.mjs';
import { SetupFault, say } from './messages.mjs';
import { SetupLock } from './setup-lock.mjs';

const POLL_MILLIS = 200;
const RENEW_MILLIS = 10_000;
const REPORT_EVERY_MILLIS = 5000;

/** A set-up takes a minute or two; one that takes this long will not end by itself. */
const LONGEST_WAIT_MILLIS = 15 * 60_000;

/**
 * Makes sure that the project's packages are in place. Where they are, this costs a few
 * milliseconds and no network; where not, one process installs them and the others wait for it.
 * @param {{ root: string, withTools: boolean }} wanted
 */
export async function ensureSetUp(wanted) {
  if (isInstalled(wanted)) return;
  const lock = new SetupLock(wanted.root);
  if (!(await takeUnlessInstalled(lock, wanted))) return;
  try {
    if (!isInstalled(wanted)) await installUnderLock(lock, wanted.root);
  } finally {
    lock.release();
  }
}

/**
 * @param {SetupLock} lock
 * @param {string} root
 */
async function installUnderLock(lock, root) {
  unstamp(root);
  const renewal = setInterval(() => lock.renew(), RENEW_MILLIS);
  try {
    await install(root, (pid) => lock.noteNpm(pid));
  } finally {
    clearInterval(renewal);
  }
  stamp(root);
}

/**
 * Waits for the lock; false where another start did the work meanwhile.
 * @param {SetupLock} lock
 * @param {{ root: string, withTools: boolean }} wanted
 * @returns {Promise<boolean>}
 */
async function takeUnlessInstalled(lock, wanted) {
  let waitedMillis = 0;
  for (;;) {
    const holder = take(lock);
    if (holder === undefined) return true;
    if (waitedMillis >= LONGEST_WAIT_MILLIS) {
      throw new SetupFault(
        `gave up waiting for ${holder} to finish the set-up: stop it, delete .deltaring-lock and start again`,
      );
    }
    if (waitedMillis % REPORT_EVERY_MILLIS === 0) {
      say(`waiting for ${holder}, which is setting this folder up (${waitedMillis / 1000} s)`);
    }
    await sleep(POLL_MILLIS);
    waitedMillis += POLL_MILLIS;
    if (isInstalled(wanted)) return false;
  }
}

/** @param {SetupLock} lock */
function take(lock) {
  try {
    return lock.tryTake();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SetupFault(
      `the project folder cannot be written (${reason}): make it writable, or free disk space, and start again`,
    );
  }
}
