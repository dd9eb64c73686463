/**
 * The records of a log by its files alone: those that its newest checkpoint covers, and those beyond
 * it. A machine that is lost leaves entries in the bucket whose checkpoint did not get there. Who goes
 * on with the log has to go on behind them: their names are taken for good.
 */
import { decodeBundle, encodeBundle } from './entry-bundle.ts';
import { EntryChain } from './entry-chain.ts';
import type { DecodedFrame } from './journal-format.ts';
import type { LogCheckpoint } from './log-checkpoint.ts';
import type { TileName } from './log-layout.ts';
import { parseLogName, TILE_WIDTH, tilePath, tilesOf } from './log-layout.ts';
import { isTileOf } from './log-scan.ts';
import { leafHash } from './merkle-tree.ts';
import { TreeLevels } from './tree-levels.ts';

type LogFiles = ReadonlyMap<string, Buffer>;

export interface LogRecords {
  readonly frames: readonly DecodedFrame[];
  /** So many of them are under the newest checkpoint; the others are chained to those by their hashes,
   * and no signature vouches for them. */
  readonly sealed: number;
  /** Tiles of the checkpoint that are not among the files, as they were sealed: where a wider one is finished
   * before they are shipped, that alone is. */
  readonly replaced: ReadonlyMap<string, Buffer>;
  /** Files beyond the checkpoint that are no part of these records: what is written next collides. */
  readonly foreign: readonly string[];
}

/** Reads the records, whole frames only. Throws what `fault` makes of what is wrong below the head. */
export function recordsOfLog(
  files: LogFiles,
  head: LogCheckpoint,
  fault: (what: string) => Error,
): LogRecords {
  const frames: DecodedFrame[] = [];
  const chain = new EntryChain((frame) => frames.push(frame));
  const levels = new TreeLevels();
  const covered = [...coveredEntries(files, head.size)];
  for (const entry of covered) {
    chain.take(entry);
    levels.append(leafHash(entry));
  }
  const broken = chain.fault(head);
  if (broken !== undefined) throw fault(broken);
  const sealed = frames.length;
  const replaced = replacedTiles(files, covered, levels);
  let leaves: Buffer[] = [];
  // Without a record under the head nothing says to which journal the others belong.
  for (const entry of sealed === 0 ? [] : entriesBeyond(files, head.size)) {
    const before = frames.length;
    chain.take(entry);
    leaves.push(leafHash(entry));
    if (frames.length === before) continue;
    for (const leaf of leaves) levels.append(leaf);
    leaves = [];
  }
  return { frames, sealed, replaced, foreign: foreignFiles(files, head.size, levels) };
}

function replacedTiles(
  files: LogFiles,
  entries: readonly Buffer[],
  levels: TreeLevels,
): ReadonlyMap<string, Buffer> {
  const tiles = new Map<string, Buffer>();
  for (const name of tilesOf(entries.length)) {
    const path = tilePath(name);
    if (files.has(path)) continue;
    const { level, index, width } = name;
    const from = index * TILE_WIDTH;
    const bytes =
      level === 'entries'
        ? encodeBundle(entries.slice(from, from + width))
        : levels.tile(level, from, from + width);
    tiles.set(path, bytes);
  }
  return tiles;
}

function* coveredEntries(files: LogFiles, size: number): Generator<Buffer> {
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    const entries = decodeBundle(bundle(files, index, width)) ?? [];
    yield* entries.slice(0, width);
  }
}

function bundle(files: LogFiles, index: number, width: number): Buffer {
  for (let wider = width; wider <= TILE_WIDTH; wider++) {
    const bytes = files.get(tilePath({ level: 'entries', index, width: wider }));
    if (bytes !== undefined) return bytes;
  }
  return Buffer.alloc(0);
}

function* entriesBeyond(files: LogFiles, size: number): Generator<Buffer> {
  const first = Math.floor(size / TILE_WIDTH);
  for (let index = first; ; index++) {
    const entries = widestBundle(files, index);
    yield* entries.slice(index === first ? size % TILE_WIDTH : 0);
    if (entries.length < TILE_WIDTH) return;
  }
}

function widestBundle(files: LogFiles, index: number): readonly Buffer[] {
  for (let width = TILE_WIDTH; width > 0; width--) {
    const bytes = files.get(tilePath({ level: 'entries', index, width }));
    const entries = bytes === undefined ? undefined : decodeBundle(bytes);
    if (entries?.length === width) return entries;
  }
  return [];
}

/** Tiles that reach beyond the head and are not those of the records that were read. */
function foreignFiles(files: LogFiles, size: number, levels: TreeLevels): readonly string[] {
  return [...files].flatMap(([file, bytes]) => {
    const name = parseLogName(file);
    if (name?.kind !== 'tile' || endOf(name) <= size) return [];
    return endOf(name) <= levels.size && isTileOf(levels, name, bytes) ? [] : [file];
  });
}

/** True for a tile that speaks of entries which a log of `size` does not have. */
export function isBeyond(file: string, size: number): boolean {
  const name = parseLogName(file);
  return name?.kind === 'tile' && endOf(name) > size;
}

/** Entries up to the tile's last. */
function endOf({ level, index, width }: TileName): number {
  return (index * TILE_WIDTH + width) * TILE_WIDTH ** (level === 'entries' ? 0 : level);
}
