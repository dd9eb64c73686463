/** Where an engine of this home is found. */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isHomeHeld, readHomeHolder } from '../audit/account-lock.ts';
import type { Config } from '../config.ts';

const HASH_CHARACTERS = 12;
/** Of a socket's path, its ending zero included (macOS; Linux takes 108). */
const LONGEST_SOCKET_PATH_BYTES = 104;

function homeHash(home: string): string {
  return createHash('sha256').update(resolve(home)).digest('hex').slice(0, HASH_CHARACTERS);
}

/** The engine's socket: a short hashed path in the user's temporary folder, or in /tmp where that
 * one's own name is too long for a socket. A named pipe on Windows. */
export function socketPath(home: string): string {
  const hash = homeHash(home);
  if (process.platform === 'win32') return `\\\\.\\pipe\\deltaring-${hash}`;
  const file = join(`deltaring-${process.getuid?.() ?? 0}`, `${hash}.sock`);
  const path = join(tmpdir(), file);
  return Buffer.byteLength(path) < LONGEST_SOCKET_PATH_BYTES ? path : join('/tmp', file);
}

/** Where the engine of a home is reached from here. */
export interface EnginePlace {
  readonly path: string;
  /** Who has the home, in words; undefined where nobody does. */
  readonly holder?: string | undefined;
}

/** The socket that the holder of the home wrote down, for its temporary folder and user may be others than
 * this command's; where nobody has the home, the one that an engine would open. */
export function enginePlace(home: string): EnginePlace {
  if (!isHomeHeld(home)) return { path: socketPath(home) };
  const holder = readHomeHolder(home);
  if (holder === undefined) return { path: socketPath(home), holder: 'a `deltaring serve`' };
  return { path: holder.socketPath, holder: `process ${holder.pid}` };
}

/** The account that a client of this home's engine expects: undefined where only the broker knows. */
export function expectedAccountId(config: Config): string | undefined {
  if (config.DELTARING_BROKER === 'paper') return paperAccountId(config.home);
  return config.DELTARING_ENV === 'live' ? config.DELTARING_LIVE_ACCOUNT : undefined;
}

/** The paper account of a home: each home is its own simulated account. */
export function paperAccountId(home: string): string {
  return `PAPER-${homeHash(home).toUpperCase()}`;
}
