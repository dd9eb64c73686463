/**
 * Writes the sealed log: a Merkle tree over the journal's records in a folder of tiles, entry
 * bundles and signed checkpoints (log-layout.ts names them). One writer, the audit thread.
 *
 * What a checkpoint covers is on stable storage before the checkpoint is. A crash between the two
 * leaves tiles that no checkpoint covers; they are written again, byte for byte the same, because the
 * tree is a function of the journal alone.
 */
import { dirname, join } from 'node:path';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { AuditKey } from './audit-key.ts';
import { KEY_REMEDY, keyFingerprint } from './audit-key.ts';
import type { Disk } from './disk.ts';
import { withFile } from './disk.ts';
import { decodeBundle, encodeBundle, entriesOf } from './entry-bundle.ts';
import { HASH_BYTES } from './journal-format.ts';
import type { RingKey } from './key-statement.ts';
import { readKeyRing, statementText } from './key-statement.ts';
import type { CheckpointReason, LogCheckpoint } from './log-checkpoint.ts';
import { checkpointText, logOrigin, noteHash } from './log-checkpoint.ts';
import { hashesIn, newestCheckpoint, readKeyNotes } from './log-folder.ts';
import type { TileName } from './log-layout.ts';
import {
  CHECKPOINT_NAME,
  checkpointPath,
  keyPath,
  TILE_HEIGHT,
  TILE_WIDTH,
  tilePath,
  tilesAt,
} from './log-layout.ts';
import { leafHash, MerkleTree } from './merkle-tree.ts';
import { signNote } from './signed-note.ts';
import { treeAt } from './tree-levels.ts';

const NO_CHECKPOINT = '0';

export interface SealedLogOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly journalId: Buffer;
  readonly key: AuditKey;
  readonly build: string;
  /** The machine's clock and its uptime, micros. */
  readonly now: () => { readonly systemMicros: number; readonly monotonicMicros: number };
  /** Hears of each finished file, by its name in the log, and of each that a later one replaced. */
  readonly onFile?: (name: string, bytes: number) => void;
  readonly onReplaced?: (name: string) => void;
}

type Level = TileName['level'];

export class SealedLog {
  readonly #options: SealedLogOptions;
  readonly #origin: string;
  readonly #tree = new MerkleTree((height, node) => this.#onNode(height, node));
  /** The hashes of each level's last tile, while it is not full. */
  readonly #hashes: Buffer[][] = [];
  /** The entries of the last bundle, while it is not full. */
  #entries: Buffer[] = [];
  /** The partial files that stand, by level. */
  readonly #partials = new Map<Level, TileName>();
  readonly #unsynced = new Set<string>();
  readonly #replaced: string[] = [];
  #head: LogCheckpoint | undefined;
  #headHash = NO_CHECKPOINT;
  #lastSeq = 0;

  /** Goes on where the folder ends; makes it where there is none. Throws AUDIT_SINK_FAILED when it is
   * not what was sealed, or the key is not the log's. */
  constructor(options: SealedLogOptions) {
    this.#options = options;
    this.#origin = logOrigin(options.journalId);
    options.disk.makeFolder(options.folder);
    const newest = newestCheckpoint(options.disk, options.folder);
    if (newest === 'damaged') throw logFault('its newest checkpoint is damaged');
    if (newest !== undefined) this.#resume(newest.checkpoint, newest.note);
    this.#checkKey();
  }

  /** The newest checkpoint; undefined before the first. */
  get head(): LogCheckpoint | undefined {
    return this.#head;
  }

  /** Number of the last record that was added. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Adds a record's frame. A checkpoint must follow before it counts. */
  append(frame: Buffer, seq: number): void {
    for (const entry of entriesOf(frame)) {
      this.#entries.push(entry);
      this.#tree.append(leafHash(entry));
      if (this.#entries.length === TILE_WIDTH) this.#finishBundle();
    }
    this.#lastSeq = seq;
  }

  /** Seals what was added. Returns once it is durable. Throws the operating system's error. */
  checkpoint(reason: CheckpointReason): LogCheckpoint {
    this.#writePartials();
    this.#syncFolders();
    const checkpoint: LogCheckpoint = {
      origin: this.#origin,
      size: this.#tree.size,
      root: this.#tree.root(),
      number: (this.#head?.number ?? 0) + 1,
      reason,
      previous: this.#headHash,
      lastSeq: this.#lastSeq,
      build: this.#options.build,
      ...this.#options.now(),
    };
    const note = signNote(checkpointText(checkpoint), this.#signer());
    const bytes = Buffer.from(note, 'utf8');
    this.#writeNewest(bytes);
    this.#write(checkpointPath(checkpoint.number), bytes);
    this.#head = checkpoint;
    this.#headHash = noteHash(note);
    this.#removeReplaced();
    return checkpoint;
  }

  #signer() {
    return { name: this.#origin, ...this.#options.key };
  }

  #onNode(height: number, node: Buffer): void {
    if (height % TILE_HEIGHT !== 0) return;
    const level = height / TILE_HEIGHT;
    const hashes = this.#hashes[level] ?? [];
    this.#hashes[level] = hashes;
    hashes.push(node);
    if (hashes.length < TILE_WIDTH) return;
    const index = this.#tree.size / TILE_WIDTH ** (level + 1) - 1;
    this.#writeTile({ level, index, width: TILE_WIDTH }, Buffer.concat(hashes));
    this.#hashes[level] = [];
  }

  #finishBundle(): void {
    const index = this.#tree.size / TILE_WIDTH - 1;
    this.#writeTile({ level: 'entries', index, width: TILE_WIDTH }, encodeBundle(this.#entries));
    this.#entries = [];
  }

  #writePartials(): void {
    const { size } = this.#tree;
    this.#hashes.forEach((hashes, level) => {
      const { full: index, rest: width } = tilesAt(size, level);
      if (width > 0) this.#writePartial({ level, index, width }, () => Buffer.concat(hashes));
    });
    const { full: index, rest: width } = tilesAt(size, 0);
    const name = { level: 'entries', index, width } as const;
    if (width > 0) this.#writePartial(name, () => encodeBundle(this.#entries));
  }

  #writePartial(name: TileName, content: () => Buffer): void {
    const stands = this.#partials.get(name.level);
    if (stands?.index === name.index && stands.width === name.width) return;
    this.#writeTile(name, content());
    this.#partials.set(name.level, name);
  }

  #writeTile(name: TileName, bytes: Buffer): void {
    const stands = this.#partials.get(name.level);
    if (stands !== undefined) this.#replaced.push(tilePath(stands));
    this.#partials.delete(name.level);
    this.#write(tilePath(name), bytes);
  }

  /** A whole, durable, read-only file; its name is durable after `syncFolders`. */
  #write(name: string, bytes: Buffer): void {
    const { disk, folder, onFile } = this.#options;
    const path = join(folder, name);
    this.#makeFolder(dirname(path));
    writeWhole(disk, path, bytes);
    disk.makeReadOnly(path);
    this.#unsynced.add(dirname(path));
    onFile?.(name, bytes.length);
  }

  #makeFolder(path: string): void {
    const { disk, folder } = this.#options;
    if (disk.exists(path)) return;
    disk.makeFolder(path);
    for (let at = dirname(path); at.length >= folder.length; at = dirname(at)) {
      this.#unsynced.add(at);
    }
  }

  #syncFolders(): void {
    for (const path of this.#unsynced) this.#options.disk.syncFolder(path);
    this.#unsynced.clear();
  }

  /** The newest checkpoint under its fixed name, durable before its numbered copy is begun: a crash
   * leaves it one ahead. */
  #writeNewest(bytes: Buffer): void {
    const { disk, folder } = this.#options;
    writeWhole(disk, join(folder, CHECKPOINT_NAME), bytes);
    disk.syncFolder(folder);
  }

  #removeReplaced(): void {
    const { disk, folder, onReplaced } = this.#options;
    for (const name of this.#replaced.splice(0)) {
      disk.remove(join(folder, name));
      onReplaced?.(name);
    }
  }

  #resume(head: LogCheckpoint, note: string): void {
    const { disk, folder } = this.#options;
    if (head.origin !== this.#origin) throw logFault('it belongs to another journal');
    const hashAt = (level: number, index: number): Buffer => {
      const hashes = this.#hashes[level] ?? this.#loadHashes(head, level);
      this.#hashes[level] = hashes;
      return hashes[index % TILE_WIDTH] ?? Buffer.alloc(HASH_BYTES);
    };
    treeAt(head.size, hashAt, this.#tree);
    if (!this.#tree.root().equals(head.root)) throw logFault('its tiles are not those of its head');
    const { full: index, rest: width } = tilesAt(head.size, 0);
    if (width > 0) {
      const name = { level: 'entries', index, width } as const;
      const entries = decodeBundle(this.#read(tilePath(name)));
      if (entries?.length !== width) throw logFault(`${tilePath(name)} is damaged`);
      this.#entries = [...entries];
      this.#partials.set('entries', name);
    }
    this.#head = head;
    this.#headHash = noteHash(note);
    this.#lastSeq = head.lastSeq;
    const numbered = checkpointPath(head.number);
    if (!disk.exists(join(folder, numbered))) this.#write(numbered, Buffer.from(note, 'utf8'));
    this.#removeUncovered(head.size);
  }

  #loadHashes(head: LogCheckpoint, level: number): Buffer[] {
    const { full: index, rest: width } = tilesAt(head.size, level);
    const name = { level, index, width };
    const hashes = hashesIn(this.#read(tilePath(name))).slice(0, width);
    this.#partials.set(level, name);
    return hashes;
  }

  #read(name: string): Buffer {
    const { disk, folder } = this.#options;
    const path = join(folder, name);
    if (!disk.exists(path)) throw logFault(`${name} is missing`);
    return disk.read(path);
  }

  /** Partial tiles that a crash left before their checkpoint. */
  #removeUncovered(size: number): void {
    const { disk, folder } = this.#options;
    const levels: Level[] = ['entries', ...this.#hashes.keys()];
    for (const level of levels) {
      const { full: index, rest } = tilesAt(size, level === 'entries' ? 0 : level);
      const place = dirname(join(folder, tilePath({ level, index, width: 1 })));
      for (const width of disk.list(place)) {
        if (width !== String(rest)) disk.remove(join(place, width));
      }
    }
  }

  /** The log must know its key: the first key is stated now, any other must be stated already. */
  #checkKey(): void {
    const { disk, folder, key, now } = this.#options;
    const notes = readKeyNotes(disk, folder);
    if (notes.length === 0 && this.#head === undefined) {
      const text = statementText({
        number: 1,
        key: { name: this.#origin, publicKey: key.publicKey },
        fromCheckpoint: 1,
        replaces: 'none',
        previous: '',
        systemMicros: now().systemMicros,
      });
      this.#write(keyPath(1), Buffer.from(signNote(text, this.#signer()), 'utf8'));
      this.#syncFolders();
      return;
    }
    const { keys, fault } = readKeyRing(notes, this.#origin);
    if (fault !== undefined) throw logFault(fault);
    this.#checkIsNewest(keys.at(-1));
  }

  #checkIsNewest(newest: RingKey | undefined): void {
    const { key } = this.#options;
    if (newest?.statement.key.publicKey.equals(key.publicKey) === true) return;
    throw new DeltaringError(
      'AUDIT_SINK_FAILED',
      `the signing key of this home (${keyFingerprint(key.publicKey).slice(0, 16)}) is not the ` +
        `log's: ${KEY_REMEDY}`,
    );
  }
}

/** Writes a whole file durably in place of what stood there. */
export function writeWhole(disk: Disk, path: string, bytes: Buffer): void {
  const draft = `${path}.new`;
  disk.remove(draft);
  withFile(disk, disk.create(draft), (fd) => {
    disk.writeAt(fd, bytes, 0);
    disk.syncData(fd);
  });
  disk.rename(draft, path);
}

function logFault(what: string): DeltaringError {
  return new DeltaringError(
    'AUDIT_SINK_FAILED',
    `the sealed log is not what was sealed: ${what}. Run \`deltaring audit verify\` and restore ` +
      'the folders journal and audit from a backup or the bucket',
  );
}
