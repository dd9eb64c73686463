/**
 * One engine per account: an exclusive SQLite transaction on a file in a fixed folder of the user.
 * The operating system frees it when the holder ends, SIGKILL included. Beside it a small file says
 * who holds it, for messages and for faces that want to join; that file proves nothing.
 */
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DeltaringError } from '../engine/domain/errors.ts';
import { isFields } from './record-schema.ts';

/** What one engine may own alone. */
export interface AccountIdentity {
  readonly broker: string;
  readonly environment: string;
  readonly accountId: string;
}

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  readonly socketPath: string;
  readonly home: string;
}

/** A held lock. It is held until `release` or the end of the process. */
export interface HeldLock {
  readonly path: string;
  release(): void;
}

const ACCOUNT_HASH_CHARACTERS = 16;
/** A console's look at a lock is over within this, and must not keep an engine from its start. */
const LOOK_MILLIS = 100;
/** Keeps databases reachable: a collected one would let its lock go. */
const held = new Set<DatabaseSync>();

/** What says that a file is not there. */
const ABSENT: readonly string[] = ['ENOENT', 'ENOTDIR'];
/** What says that a user has no home to write in, as one of a container: a full disk does not. */
const NO_HOME = [...ABSENT, 'EACCES', 'EPERM', 'EROFS'];

function lacksHome(error: unknown): boolean {
  const { code, info } = Object(error);
  return NO_HOME.includes(code) || NO_HOME.includes(Object(info).code);
}

function made(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  accessSync(folder, constants.W_OK);
  return folder;
}

/** A folder in one that all users write in: what somebody else put there is refused. */
function madeAmongOthers(folder: string, uid: number): string {
  const path = join(folder, `deltaring-${uid}`);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const found = lstatSync(path);
    if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
      throw new Error('it is not a folder of this user alone');
    }
    return made(join(path, 'locks'));
  } catch (error) {
    const what = `user ${uid} has no home folder to write in, and ${path} cannot hold the locks instead: give the user a home, or make that a folder of its own (mode 700)`;
    throw new DeltaringError('INTERNAL', what, error);
  }
}

/** The folder of all locks of this user, made where it is not there: the same whatever the environment says.
 * It is in the home that the system knows, or where there is none to write in, in one that stays. */
export function lockFolder(
  homeOfUser = () => userInfo().homedir,
  amongOthers = '/var/tmp',
): string {
  try {
    return made(join(homeOfUser(), '.deltaring', 'locks'));
  } catch (error) {
    const uid = process.getuid?.();
    if (uid === undefined || !lacksHome(error)) throw error;
    return madeAmongOthers(amongOthers, uid);
  }
}

/** The lock file of an account. The account number itself does not stand in the name. */
export function accountLockPath(identity: AccountIdentity, folder = lockFolder()): string {
  const { broker, environment, accountId } = identity;
  const account = createHash('sha256').update(accountId).digest('hex');
  const name = `${broker}-${environment}-${account.slice(0, ACCOUNT_HASH_CHARACTERS)}.lock`;
  return join(folder, name.replace(/[^a-z0-9.-]/gi, '_'));
}

/**
 * Takes the account for this process. Throws ENGINE_ALREADY_RUNNING, naming the holder, when
 * another engine has it; INTERNAL when the lock file itself cannot be used.
 */
export function acquireAccountLock(
  identity: AccountIdentity,
  holder: LockHolder,
  folder: string = lockFolder(),
): HeldLock {
  const what = `${identity.broker} ${identity.environment} account`;
  return acquire(accountLockPath(identity, folder), holder, what);
}

function homeLockPath(home: string): string {
  return join(home, 'engine.lock');
}

/** Takes a home folder for this process, so that two accounts never share a journal. */
export function acquireHomeLock(holder: LockHolder): HeldLock {
  return acquire(homeLockPath(holder.home), holder, `home folder ${holder.home}`);
}

/** Whether an engine has the home, and be it one that starts or comes to no end. A lock that cannot be asked
 * counts as held. */
export function isHomeHeld(home: string): boolean {
  const path = homeLockPath(home);
  try {
    statSync(path);
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      // Any read takes its share of the file, which an exclusive holder refuses.
      database.prepare('SELECT name FROM sqlite_master').get();
      return false;
    } finally {
      database.close();
    }
  } catch (error) {
    return !ABSENT.includes(Object(error).code);
  }
}

/** Who holds the home's lock, as its holder wrote: of worth only where `isHomeHeld`. */
export function readHomeHolder(home: string): LockHolder | undefined {
  return readHolder(homeLockPath(home));
}

/** Who holds the account's lock, as its holder wrote; undefined when nobody ever did. It may be out
 * of date: only taking the lock proves anything. */
export function readAccountHolder(
  identity: AccountIdentity,
  folder: string = lockFolder(),
): LockHolder | undefined {
  return readHolder(accountLockPath(identity, folder));
}

function acquire(path: string, holder: LockHolder, what: string): HeldLock {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec(`PRAGMA busy_timeout = ${LOOK_MILLIS}; BEGIN EXCLUSIVE`);
  } catch (error) {
    database?.close();
    throw isBusy(error) ? alreadyRunning(path, what) : unusable(path, error);
  }
  const owned = database;
  held.add(owned);
  writeHolder(path, holder);
  return {
    path,
    release: () => {
      if (held.delete(owned)) owned.close();
    },
  };
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

function alreadyRunning(path: string, what: string): DeltaringError {
  const holder = readHolder(path);
  const who =
    holder === undefined ? 'another process' : `process ${holder.pid} (home ${holder.home})`;
  const stop = holder === undefined ? 'stop it' : `stop it with \`kill ${holder.pid}\``;
  return new DeltaringError(
    'ENGINE_ALREADY_RUNNING',
    `an engine already runs on this ${what}: ${who}. ` +
      `Use it (\`deltaring status\`, \`deltaring mcp\`), or ${stop} first`,
  );
}

function unusable(path: string, error: unknown): DeltaringError {
  return new DeltaringError(
    'INTERNAL',
    `the lock file ${path} cannot be used: check that you own its folder, ` +
      'or delete it while no engine runs',
    error,
  );
}

function writeHolder(path: string, holder: LockHolder): void {
  const { pid, socketPath, home } = holder;
  const draft = `${path}.${pid}.new`;
  writeFileSync(draft, JSON.stringify({ pid, socketPath, home }), { mode: 0o600 });
  renameSync(draft, `${path}.json`);
}

function isHolder(value: unknown): value is LockHolder {
  return (
    isFields(value) &&
    Number.isSafeInteger(value['pid']) &&
    typeof value['socketPath'] === 'string' &&
    typeof value['home'] === 'string'
  );
}

function readHolder(path: string): LockHolder | undefined {
  if (!existsSync(`${path}.json`)) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(`${path}.json`, 'utf8'));
    return isHolder(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
