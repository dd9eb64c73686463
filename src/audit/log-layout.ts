/**
 * Names of the sealed log's files, by the public tlog-tiles layout (C2SP), the same in a folder and
 * in a bucket. Pure.
 *
 *     tile/<level>/<index>[.p/<width>]     hashes of a level, 256 a tile, 32 bytes each
 *     tile/entries/<index>[.p/<width>]     the entries under a tile of level 0
 *     keys/<number>                        what this log's signing keys are, one note a key
 *     checkpoints/<number>                 every checkpoint, in order; numbers count from 1
 *     checkpoint                           the newest of them once more (folders only)
 *
 * A number is written in groups of three digits, all but the last with an x before them: 1234067 is
 * x001/x234/067. Files are immutable; a tile of fewer than 256 has its width in its name and goes
 * once a wider one has taken its place.
 */

/** Hashes in a full tile, and the height of the subtree it spans. */
export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;

export const CHECKPOINT_NAME = 'checkpoint';
export const CHECKPOINTS_FOLDER = 'checkpoints';
const GROUP = 1_000;
const GROUP_DIGITS = 3;

function numberPath(value: number): string {
  const groups: string[] = [];
  for (let rest = value; groups.length === 0 || rest > 0; rest = Math.floor(rest / GROUP)) {
    const digits = String(rest % GROUP).padStart(GROUP_DIGITS, '0');
    groups.unshift(groups.length === 0 ? digits : `x${digits}`);
  }
  return groups.join('/');
}

/** A file of hashes (`level` from 0) or of entries. `width` below 256 makes it a partial one. */
export interface TileName {
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

export function tilePath({ level, index, width }: TileName): string {
  const whole = `tile/${level}/${numberPath(index)}`;
  return width === TILE_WIDTH ? whole : `${whole}.p/${width}`;
}

export function checkpointPath(number: number): string {
  return `${CHECKPOINTS_FOLDER}/${numberPath(number)}`;
}

export function keyPath(number: number): string {
  return `keys/${numberPath(number)}`;
}

/** What a name stands for; undefined for a name that is none of the log's. */
export type LogName =
  | ({ readonly kind: 'tile' } & TileName)
  | { readonly kind: 'checkpoint' | 'key'; readonly number: number }
  | { readonly kind: 'newest' };

const NUMBERED = /^(checkpoints|keys)\/((?:x\d{3}\/)*\d{3})$/;
const TILE = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/;

function numberOf(path: string): number {
  return Number(path.replaceAll(/[x/]/g, ''));
}

/** Reads a name; only the one way to write each is taken. */
export function parseLogName(name: string): LogName | undefined {
  const read = name === CHECKPOINT_NAME ? ({ kind: 'newest' } as const) : parsed(name);
  return read !== undefined && logNameText(read) === name ? read : undefined;
}

function parsed(name: string): LogName | undefined {
  const numbered = NUMBERED.exec(name);
  if (numbered !== null) {
    const [, folder, number = ''] = numbered;
    return { kind: folder === 'keys' ? 'key' : 'checkpoint', number: numberOf(number) };
  }
  const tile = TILE.exec(name);
  if (tile === null) return undefined;
  const [, level = '', index = '', width] = tile;
  return {
    kind: 'tile',
    level: level === 'entries' ? level : Number(level),
    index: numberOf(index),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
}

function logNameText(name: LogName): string {
  if (name.kind === 'newest') return CHECKPOINT_NAME;
  if (name.kind === 'tile') return tilePath(name);
  return name.kind === 'key' ? keyPath(name.number) : checkpointPath(name.number);
}

/** Tiles that a tree of `size` entries has at a level: so many full ones, and the rest's width. */
export function tilesAt(
  size: number,
  level: number,
): { readonly full: number; readonly rest: number } {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return { full: Math.floor(hashes / TILE_WIDTH), rest: hashes % TILE_WIDTH };
}

/** Every tile and entry bundle that a tree of `size` entries consists of. */
export function tilesOf(size: number): readonly TileName[] {
  const names: TileName[] = [];
  for (let level = 0; level === 0 || size >= TILE_WIDTH ** level; level++) {
    const { full, rest } = tilesAt(size, level);
    const widths = Array.from({ length: full }, () => TILE_WIDTH);
    if (rest > 0) widths.push(rest);
    widths.forEach((width, index) => {
      names.push({ level, index, width });
      if (level === 0) names.push({ level: 'entries', index, width });
    });
  }
  return names;
}
