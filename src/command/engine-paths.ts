/** Where an engine of this home is found. */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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

/** The account that a client of this home's engine expects: undefined where only the broker knows. */
export function expectedAccountId(config: Config): string | undefined {
  if (config.DELTARING_BROKER === 'paper') return paperAccountId(config.home);
  return config.DELTARING_ENV === 'live' ? config.DELTARING_LIVE_ACCOUNT : undefined;
}

/** The paper account of a home: each home is its own simulated account. */
export function paperAccountId(home: string): string {
  return `PAPER-${homeHash(home).toUpperCase()}`;
}
