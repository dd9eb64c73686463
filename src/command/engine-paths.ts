/** Where an engine of this home is found. */
import { createHash } from 'node:crypto';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';

const HASH_CHARACTERS = 12;

function homeHash(home: string): string {
  return createHash('sha256').update(resolve(home)).digest('hex').slice(0, HASH_CHARACTERS);
}

/** The engine's socket: a short hashed path, since socket paths may have 104 characters at most. A
 * named pipe on Windows. */
export function socketPath(home: string): string {
  const hash = homeHash(home);
  if (process.platform === 'win32') return `\\\\.\\pipe\\deltaring-${hash}`;
  return join(tmpdir(), `deltaring-${userInfo().uid}`, `${hash}.sock`);
}

/** The paper account of a home: each home is its own simulated account. */
export function paperAccountId(home: string): string {
  return `PAPER-${homeHash(home).toUpperCase()}`;
}
