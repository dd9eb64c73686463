/** The hashes of a tree by tile level: what tiles hold, and enough for the root at any size. Pure. */
import { HASH_BYTES } from './journal-format.ts';
import { TILE_HEIGHT, TILE_WIDTH, tilesAt } from './log-layout.ts';
import { MerkleTree } from './merkle-tree.ts';

const FIRST_HASHES = 1_024;

/** Takes up a tree at `size` from the hashes of its tiles. */
export function treeAt(
  size: number,
  hashAt: (level: number, index: number) => Buffer,
  tree = new MerkleTree(),
): MerkleTree {
  let top = 0;
  while (size >= TILE_WIDTH ** (top + 1)) top++;
  for (let level = top; level >= 0; level--) {
    const { full, rest } = tilesAt(size, level);
    for (let i = 0; i < rest; i++) {
      tree.addSubtree(level * TILE_HEIGHT, hashAt(level, full * TILE_WIDTH + i));
    }
  }
  return tree;
}

/** A growing list of hashes in one buffer. */
class HashList {
  #bytes = Buffer.alloc(FIRST_HASHES * HASH_BYTES);
  length = 0;

  push(node: Buffer): void {
    const at = this.length * HASH_BYTES;
    if (at === this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    }
    this.#bytes.set(node, at);
    this.length++;
  }

  slice(start: number, end: number): Buffer {
    return this.#bytes.subarray(start * HASH_BYTES, Math.min(end, this.length) * HASH_BYTES);
  }
}

/** Every hash of every tile of a growing tree. One owner. */
export class TreeLevels {
  readonly #levels: HashList[] = [];
  readonly #tree = new MerkleTree((height, node) => this.#visit(height, node));

  get size(): number {
    return this.#tree.size;
  }

  append(leaf: Buffer): void {
    this.#tree.append(leaf);
  }

  /** The root now. */
  root(): Buffer {
    return this.#tree.root();
  }

  /** The root when the tree had `size` entries; undefined where it never grew so far. */
  rootAt(size: number): Buffer | undefined {
    if (size > this.size) return undefined;
    return treeAt(size, (level, index) => this.tile(level, index, index + 1)).root();
  }

  /** The hashes of a level from `start` to `end`, one after the other; shorter where they end. */
  tile(level: number, start: number, end: number): Buffer {
    return this.#levels[level]?.slice(start, end) ?? Buffer.alloc(0);
  }

  #visit(height: number, node: Buffer): void {
    if (height % TILE_HEIGHT !== 0) return;
    const level = height / TILE_HEIGHT;
    const list = this.#levels[level] ?? new HashList();
    this.#levels[level] = list;
    list.push(node);
  }
}
