/** Reads single parts of a sealed log's folder. Nothing is changed and nothing is verified. */
import { join } from 'node:path';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { Disk } from './disk.ts';
import { systemCode } from './disk.ts';
import { HASH_BYTES } from './journal-format.ts';
import type { LogCheckpoint } from './log-checkpoint.ts';
import { parseCheckpoint } from './log-checkpoint.ts';
import type { TileName } from './log-layout.ts';
import {
  CHECKPOINT_NAME,
  checkpointPath,
  keyPath,
  TILE_WIDTH,
  tilePath,
  tilesAt,
} from './log-layout.ts';
import { parseNote } from './signed-note.ts';

export interface ReadCheckpoint {
  readonly checkpoint: LogCheckpoint;
  readonly note: string;
}

/** The newest checkpoint, by its fixed name; `damaged` where it is none, or gone while others are
 * there. */
export function newestCheckpoint(
  disk: Disk,
  folder: string,
): ReadCheckpoint | 'damaged' | undefined {
  const path = join(folder, CHECKPOINT_NAME);
  if (!disk.exists(path)) {
    return disk.exists(join(folder, checkpointPath(1))) ? 'damaged' : undefined;
  }
  const note = disk.read(path).toString('utf8');
  const checkpoint = parseCheckpoint(parseNote(note)?.text ?? '');
  return checkpoint === undefined ? 'damaged' : { checkpoint, note };
}

/** Why a start came to an end at the log or its key, and what to do, where the disk refused something. */
export function logOpeningError(folder: string, error: unknown): DeltaringError {
  if (error instanceof DeltaringError) return error;
  const code = systemCode(error);
  return code === 'ENOSPC'
    ? new DeltaringError(
        'DISK_FULL',
        `no space for the audit log in ${folder}: free some and start again`,
        error,
      )
    : new DeltaringError(
        'AUDIT_SINK_FAILED',
        `the audit log in ${folder} or its key cannot be opened (${code}): ` +
          "check the folder's owner and the disk",
        error,
      );
}

/** The hash of a perfect subtree by the level of its tile and its number there. */
export type HashAt = (level: number, index: number) => Buffer;

/** The hashes in a tile's bytes, in order; shorter where they are. */
export function hashesIn(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.floor(bytes.length / HASH_BYTES) }, (_, i) =>
    bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
}

/** The hashes of a log of `size` entries, by its tiles, each read once and when it is asked for. A hash
 * that its tile lacks is all zeros. Throws the operating system's error when a tile cannot be read. */
export function hashesOfTiles(disk: Disk, folder: string, size: number): HashAt {
  const tiles = new Map<string, readonly Buffer[]>();
  return (level, at) => {
    const { full, rest } = tilesAt(size, level);
    const index = Math.floor(at / TILE_WIDTH);
    const name: TileName = { level, index, width: index < full ? TILE_WIDTH : rest };
    const path = join(folder, tilePath(name));
    const hashes = tiles.get(path) ?? hashesIn(disk.read(path));
    tiles.set(path, hashes);
    return hashes[at % TILE_WIDTH] ?? Buffer.alloc(HASH_BYTES);
  };
}

/** The statements of the log's keys, from the first on. */
export function readKeyNotes(disk: Disk, folder: string): readonly string[] {
  const notes: string[] = [];
  for (;;) {
    const path = join(folder, keyPath(notes.length + 1));
    if (!disk.exists(path)) return notes;
    notes.push(disk.read(path).toString('utf8'));
  }
}

const FOLDERS = /^(?:tile|entries|keys|checkpoints|\d{1,2}|x\d{3}|\d{3}\.p)$/;

/** Every file of the log, by its name in it; unfinished drafts are left out. */
export function logFileNames(disk: Disk, folder: string, below = ''): readonly string[] {
  return disk.list(join(folder, below)).flatMap((entry) => {
    const name = below === '' ? entry : `${below}/${entry}`;
    // Below a partial tile's folder a short number is a width, a file; elsewhere it is a level.
    const isFolder = FOLDERS.test(entry) && !below.endsWith('.p');
    if (isFolder) return logFileNames(disk, folder, name);
    return entry.endsWith('.new') ? [] : [name];
  });
}
