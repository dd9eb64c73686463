/** Names on stable storage: what was created, renamed or removed in a folder outlives a power cut. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';

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

/** The same for a thread that no disk may hold: resolves then, and rejects with that error. */
export async function syncFolderAside(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
