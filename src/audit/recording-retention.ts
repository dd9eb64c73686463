/** How much disk recordings may take: they are a convenience of replay, not evidence. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** About a trading week at the usual rate, and twice the longest: the oldest recordings go first. */
export const MAX_RECORDINGS_GIB = 4;

interface Kept {
  readonly path: string;
  readonly bytes: number;
  readonly changedMillis: number;
}

function recordingsIn(folder: string): readonly Kept[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.rec'))
    .map((name) => {
      const path = join(folder, name);
      const { size, mtimeMs } = statSync(path);
      return { path, bytes: size, changedMillis: mtimeMs };
    });
}

/** Deletes the oldest recordings until those left take no more than `maxBytes`. Returns the paths
 * deleted. Throws the operating system's error where the folder cannot be read or changed. */
export function pruneRecordings(
  folder: string,
  maxBytes = MAX_RECORDINGS_GIB * 1024 ** 3,
): readonly string[] {
  const newestFirst = recordingsIn(folder).toSorted((a, b) => b.changedMillis - a.changedMillis);
  const deleted: string[] = [];
  let bytes = 0;
  for (const recording of newestFirst) {
    bytes += recording.bytes;
    if (bytes <= maxBytes) continue;
    rmSync(recording.path);
    deleted.push(recording.path);
  }
  return deleted;
}
