/**
 * The Merkle tree of RFC 6962, section 2.1: SHA-256, a zero byte before an entry, a one byte before a
 * pair of nodes. Pure, apart from one scratch buffer a thread.
 *
 *     height 2        node(0..3)          A tree of seven entries is held as its perfect subtrees,
 *     height 1    n01      n23    n45     largest first: node(0..3), n45, e6. That edge is all that
 *     height 0   e0 e1    e2 e3  e4 e5  e6   an append or a root needs.
 */
import { HASH_BYTES, sha256 } from './journal-format.ts';

const LEAF_PREFIX = 0;
const NODE_PREFIX = 1;

let scratch = Buffer.alloc(4_096);

/** The hash of an entry. */
export function leafHash(entry: Uint8Array): Buffer {
  const length = entry.length + 1;
  if (length > scratch.length) scratch = Buffer.alloc(length * 2);
  scratch[0] = LEAF_PREFIX;
  scratch.set(entry, 1);
  return sha256(scratch.subarray(0, length));
}

/** The hash of two nodes side by side. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  scratch[0] = NODE_PREFIX;
  scratch.set(left, 1);
  scratch.set(right, 1 + HASH_BYTES);
  return sha256(scratch.subarray(0, 1 + 2 * HASH_BYTES));
}

/** The root of a tree without entries. */
export function emptyRoot(): Buffer {
  return sha256(Buffer.alloc(0));
}

/** Hears of every perfect subtree as it becomes complete: its height and its hash. It is the last of
 * its height: the tree's size counts it. */
export type NodeVisitor = (height: number, node: Buffer) => void;

/** A growing tree, held as its edge. One owner. */
export class MerkleTree {
  readonly #heights: number[] = [];
  readonly #nodes: Buffer[] = [];
  readonly #visit: NodeVisitor | undefined;
  #size = 0;

  constructor(visit?: NodeVisitor) {
    this.#visit = visit;
  }

  /** Number of entries. */
  get size(): number {
    return this.#size;
  }

  /** Adds the next entry by its leaf hash. */
  append(leaf: Buffer): void {
    this.#push(0, leaf, this.#visit);
  }

  /** Adds a perfect subtree that is known already, to take up a tree where it was left. Heights must
   * not rise from one call to the next. */
  addSubtree(height: number, node: Buffer): void {
    this.#push(height, node, undefined);
  }

  /** The root over all entries so far. */
  root(): Buffer {
    let root: Buffer | undefined;
    for (let at = this.#nodes.length - 1; at >= 0; at--) {
      const node = this.#nodes[at];
      if (node !== undefined) root = root === undefined ? node : nodeHash(node, root);
    }
    return root ?? emptyRoot();
  }

  #push(height: number, node: Buffer, visit: NodeVisitor | undefined): void {
    this.#size += 2 ** height;
    visit?.(height, node);
    let top = node;
    let topHeight = height;
    while (this.#heights.at(-1) === topHeight) {
      const left = this.#nodes.pop();
      this.#heights.pop();
      if (left === undefined) break;
      top = nodeHash(left, top);
      topHeight++;
      visit?.(topHeight, top);
    }
    this.#heights.push(topHeight);
    this.#nodes.push(top);
  }
}
