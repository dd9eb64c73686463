/**
 * Reads a sealed log from its keys to its last tile and proves it: statements of keys, signatures and
 * order of checkpoints, every entry under every root, every tile. Nothing is changed.
 */
import { join } from 'node:path';
import { keyFingerprint } from './audit-key.ts';
import { checkHistory } from './checkpoint-history.ts';
import type { Disk } from './disk.ts';
import { decodeBundle } from './entry-bundle.ts';
import { HASH_BYTES } from './journal-format.ts';
import type { RingKey } from './key-statement.ts';
import { readKeyRing } from './key-statement.ts';
import type { LogCheckpoint } from './log-checkpoint.ts';
import { logFileNames, readKeyNotes } from './log-folder.ts';
import type { LogName, TileName } from './log-layout.ts';
import {
  CHECKPOINT_NAME,
  CHECKPOINTS_FOLDER,
  parseLogName,
  TILE_WIDTH,
  tilePath,
  tilesOf,
} from './log-layout.ts';
import { leafHash } from './merkle-tree.ts';
import { verifierKeyText } from './signed-note.ts';
import { TreeLevels } from './tree-levels.ts';
import type { VerifiedHead, VerifyFinding } from './verify-report.ts';
import { notice, tampered, unchecked } from './verify-report.ts';

/** The root of the tree at a size, as someone outside saw it. */
export interface WitnessedRoot {
  readonly size: number;
  /** The root's first hex digits, as many as were noted down. */
  readonly root: string;
}

export interface LogScanOptions {
  /** Public keys that the caller trusts, raw; none: signatures prove nothing. */
  readonly trusted: readonly Buffer[];
  readonly witnessed?: readonly WitnessedRoot[];
}

/** Sees every entry that a checkpoint covers, in order. */
export type EntryVisitor = (entry: Buffer, index: number) => void;

export interface LogScan {
  readonly files: number;
  readonly head: VerifiedHead | undefined;
  readonly lastSeq: number;
  /** '' before the first checkpoint. */
  readonly origin: string;
  readonly findings: readonly VerifyFinding[];
  /** The root when the log had `size` entries; undefined where it never had so many. */
  rootAt(size: number): Buffer | undefined;
  /** The hash of an entry; empty beyond the last. */
  leafAt(index: number): Buffer;
}

/** Verifies the log in `folder`. Throws the operating system's error when it cannot be read. */
export function scanLog(
  disk: Disk,
  folder: string,
  options: LogScanOptions,
  visit: EntryVisitor = () => undefined,
): LogScan {
  return new LogScanner(disk, folder, options, visit).run();
}

type LogNames = ReadonlyMap<string, LogName | undefined>;

/** What an engine that runs replaces: the newest checkpoint, and the widest tiles at the log's end. */
function replaceable(names: LogNames): readonly string[] {
  const widest = new Map<string, TileName>();
  for (const name of names.values()) {
    if (name?.kind !== 'tile') continue;
    const whole = tilePath({ ...name, width: TILE_WIDTH });
    if (name.width > (widest.get(whole)?.width ?? 0)) widest.set(whole, name);
  }
  const tiles = [...widest.values()].filter(({ width }) => width < TILE_WIDTH);
  return [CHECKPOINT_NAME, ...tiles.map(tilePath)].filter((name) => names.has(name));
}

/** Reads the log's files, and what may be replaced meanwhile at once: the others can take seconds. */
function readerOf(disk: Disk, folder: string, names: LogNames): Pick<Disk, 'read'> {
  const paths = replaceable(names).map((name) => join(folder, name));
  const early = new Map(paths.map((path) => [path, disk.read(path)]));
  return { read: (path) => early.get(path) ?? disk.read(path) };
}

class LogScanner {
  readonly #disk: Disk;
  readonly #files: Pick<Disk, 'read'>;
  readonly #folder: string;
  readonly #options: LogScanOptions;
  readonly #visit: EntryVisitor;
  readonly #findings: VerifyFinding[] = [];
  readonly #levels = new TreeLevels();
  readonly #names: LogNames;
  #checkpoints: readonly LogCheckpoint[] = [];
  readonly #readBundles = new Set<string>();
  /** Checkpoints whose root was compared already. */
  #compared = 0;

  constructor(disk: Disk, folder: string, options: LogScanOptions, visit: EntryVisitor) {
    this.#disk = disk;
    this.#folder = folder;
    this.#options = options;
    this.#visit = visit;
    this.#names = new Map(logFileNames(disk, folder).map((name) => [name, parseLogName(name)]));
    this.#files = readerOf(disk, folder, this.#names);
  }

  run(): LogScan {
    for (const [file, name] of this.#names) {
      if (name === undefined) this.#findings.push(tampered('it is no file of the log', { file }));
    }
    const history = checkHistory(this.#files, this.#folder, this.#names);
    const origin = history.checkpoints[0]?.origin;
    const keys = this.#readKeys(origin);
    this.#findings.push(...history.findings, ...history.signatureFindings(keys));
    this.#checkpoints = history.checkpoints;
    const last = history.checkpoints.at(-1);
    const size = last?.size ?? 0;
    if (last === undefined) this.#judgeBeginning(history.findings);
    this.#compareRoots();
    this.#readEntries(size);
    this.#checkTiles(size);
    this.#checkWitnessed();
    const key = keys.at(-1)?.statement.key;
    return {
      files: this.#names.size,
      head: last === undefined || key === undefined ? undefined : headOf(last, key),
      lastSeq: last?.lastSeq ?? 0,
      origin: origin ?? '',
      findings: this.#findings,
      rootAt: (at) => this.#levels.rootAt(at),
      leafAt: (index) => this.#levels.tile(0, index, index + 1),
    };
  }

  /** A log begins with its key and first tiles, and a crash can leave it so: the folder of its checkpoints is
   * made once the first is on disk. */
  #judgeBeginning(found: readonly VerifyFinding[]): void {
    if (found.length > 0 || !this.#disk.exists(join(this.#folder, CHECKPOINTS_FOLDER))) return;
    this.#findings.push(tampered('they are gone', { file: CHECKPOINTS_FOLDER }));
  }

  #readKeys(origin: string | undefined): readonly RingKey[] {
    const notes = readKeyNotes(this.#disk, this.#folder);
    const { keys, fault } = readKeyRing(notes, origin);
    if (fault !== undefined) this.#findings.push(tampered(fault, { file: 'keys' }));
    const stated = [...this.#names.values()].filter((name) => name?.kind === 'key').length;
    if (stated !== notes.length) {
      this.#findings.push(tampered('a statement of a key is missing', { file: 'keys' }));
    }
    this.#judgeTrust(keys);
    return keys;
  }

  /** A trusted key vouches for the keys before it by signing over all of the log, and for those after
   * it as long as each was signed by the one before. */
  #judgeTrust(keys: readonly RingKey[]): void {
    const { trusted } = this.#options;
    if (trusted.length === 0) {
      const what = 'signatures prove nothing without a key you trust: give it with --key';
      this.#findings.push(unchecked(what));
      return;
    }
    const anchor = keys.findLastIndex(({ statement }) =>
      trusted.some((key) => key.equals(statement.key.publicKey)),
    );
    if (keys.length > 0 && anchor < 0) {
      const names = trusted.map((key) => keyFingerprint(key).slice(0, 16)).join(', ');
      this.#findings.push(tampered(`no key of the log is the one trusted (${names})`));
      return;
    }
    keys.forEach(({ statement: { replaces, number } }, index) => {
      if (replaces !== 'lost') return;
      const what = `key ${number - 1} was lost; only key ${number} vouches for itself`;
      this.#findings.push(index > anchor ? unchecked(what) : notice(what));
    });
  }

  /** Compares the roots of all checkpoints that the tree has reached. */
  #compareRoots(): void {
    const { size } = this.#levels;
    for (let next = this.#checkpoints[this.#compared]; next?.size === size; ) {
      if (!next.root.equals(this.#levels.root())) {
        const what = `checkpoint ${next.number} covers other entries than these ${size}: the log forked or was changed`;
        this.#findings.push(tampered(what));
      }
      next = this.#checkpoints[++this.#compared];
    }
  }

  #readEntries(size: number): void {
    for (let index = 0; index * TILE_WIDTH < size; index++) {
      const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
      const file = tilePath({ level: 'entries', index, width });
      const entries = this.#entriesIn(index, width);
      // Its entries go under the roots themselves: the file needs no other check.
      if (this.#names.has(file)) this.#readBundles.add(file);
      if (typeof entries === 'string') {
        this.#findings.push(tampered(entries, { file }));
        return;
      }
      for (const entry of entries.slice(0, width)) {
        this.#visit(entry, this.#levels.size);
        this.#levels.append(leafHash(entry));
        this.#compareRoots();
      }
    }
  }

  /** The bundle's entries, from the full one where the partial one was replaced already. */
  #entriesIn(index: number, width: number): readonly Buffer[] | string {
    for (let wider = width; wider <= TILE_WIDTH; wider++) {
      const name = tilePath({ level: 'entries', index, width: wider });
      if (!this.#names.has(name)) continue;
      const entries = decodeBundle(this.#files.read(join(this.#folder, name)));
      return entries?.length === wider ? entries : `${name} does not hold ${wider} entries`;
    }
    return 'it is missing';
  }

  #checkTiles(size: number): void {
    for (const name of tilesOf(size)) {
      const file = tilePath(name);
      const isThere = this.#names.has(file) || this.#hasWider(name);
      if (!isThere) this.#findings.push(tampered('it is missing', { file }));
    }
    let beyond = 0;
    for (const [file, name] of this.#names) {
      if (name?.kind !== 'tile') continue;
      const isCovered = this.#checkTile(file, name, size);
      if (!isCovered) beyond++;
    }
    if (beyond === 0) return;
    this.#findings.push(
      notice(`${beyond} tiles lie beyond the newest checkpoint and do not count`),
    );
  }

  #hasWider({ level, index, width }: TileName): boolean {
    for (let wider = width + 1; wider <= TILE_WIDTH; wider++) {
      if (this.#names.has(tilePath({ level, index, width: wider }))) return true;
    }
    return false;
  }

  /** False for a tile that reaches beyond the newest checkpoint: what it adds is not proven. */
  #checkTile(file: string, name: TileName, size: number): boolean {
    const { level, index, width } = name;
    const at = level === 'entries' ? 0 : level;
    if ((index * TILE_WIDTH + width) * TILE_WIDTH ** at > size) return false;
    if (this.#readBundles.has(file)) return true;
    const bytes = this.#files.read(join(this.#folder, file));
    if (!isTileOf(this.#levels, name, bytes)) {
      this.#findings.push(tampered('it is not the tile of these entries', { file }));
    }
    return true;
  }

  #checkWitnessed(): void {
    for (const { size, root } of this.#options.witnessed ?? []) {
      const found = this.#levels.rootAt(size)?.toString('hex');
      if (found?.startsWith(root) === true) continue;
      const holds = found === undefined ? 'ends before that' : `had ${found.slice(0, root.length)}`;
      this.#findings.push(
        tampered(`root ${root} was seen over ${size} entries, but this log ${holds}`),
      );
    }
  }
}

/** True for the very hashes or entries that the tree has in the tile's place. */
export function isTileOf(
  levels: TreeLevels,
  { level, index, width }: TileName,
  bytes: Buffer,
): boolean {
  const start = index * TILE_WIDTH;
  const expected = levels.tile(level === 'entries' ? 0 : level, start, start + width);
  const hashes = level === 'entries' ? hashesOf(bytes) : bytes;
  return expected.equals(hashes) && expected.length === width * HASH_BYTES;
}

function hashesOf(bundle: Buffer): Buffer {
  return Buffer.concat((decodeBundle(bundle) ?? []).map(leafHash));
}

function headOf(last: LogCheckpoint, key: RingKey['statement']['key']): VerifiedHead {
  const { origin, size, root, number: checkpoint } = last;
  return { origin, size, root: root.toString('hex'), checkpoint, key: verifierKeyText(key) };
}
