/** Names on stable storage: what was created, renamed or removed in a folder outlives a power cut. */
import { closeSync, fsyncSync, openSync } from 'node:fs';

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
