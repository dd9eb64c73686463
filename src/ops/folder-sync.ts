/** Names on stable storage: what was created, renamed or removed in a folder outlives a power cut. */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

const OWNER_ONLY = 0o700;

/** Returns once the names in the folder are on stable storage. Throws the operating system's error. */
export function syncFolder(path: string): void {
  // Windows has no handle on a folder to sync; NTFS journals its names itself.
  if (process.platform === 'win32') return;
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes a folder and those above it, readable by its owner only, and returns once the names of those that were not
 * there are on stable storage. `sync`: how a folder's names get there. Throws the operating system's error. */
export function makeFolder(path: string, sync = syncFolder): void {
  const first = mkdirSync(path, { recursive: true, mode: OWNER_ONLY });
  if (first === undefined) return;
  const above = dirname(resolve(first));
  let made = resolve(path);
  while (made !== above) {
    made = dirname(made);
    sync(made);
  }
}

/** As `syncFolder`, for a thread that no disk may hold: resolves then, and rejects with that error. */
export async function syncFolderAside(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
