import { basename, dirname } from 'node:path';
import type { Disk } from '../../../src/audit/disk.ts';

const SECTOR_BYTES = 512;

/** Decides which of several things happens; the same seed decides alike. */
export type Choose = (choices: number) => number;

interface Written {
  readonly position: number;
  readonly bytes: Buffer;
}

/** What a file holds for certain, and what was written since its last sync. */
interface Node {
  durable: Buffer;
  live: Buffer;
  pending: Written[];
  /** Length that a truncate asked for since the last sync. */
  cutTo: number | undefined;
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

function patched(into: Buffer, { position, bytes }: Written): Buffer {
  const size = Math.max(into.length, position + bytes.length);
  const next = Buffer.alloc(size);
  into.copy(next);
  bytes.copy(next, position);
  return next;
}

/**
 * A disk in memory whose power can go at any moment, modelled as weakly as a file system may be: what
 * was written and not synced survives sector by sector, in any combination; names that were made,
 * renamed or removed survive only from the folder's sync on, and before it in any combination.
 */
export class VolatileDisk implements Disk {
  /** Names as they are now, and as they are on the platter. */
  #names = new Map<string, Node>();
  #durableNames = new Map<string, Node>();
  readonly #open = new Map<number, Node>();
  #lastFd = 100;
  #operations = 0;
  /** Ends the process at this operation, counted from 1. */
  stopAt = Number.POSITIVE_INFINITY;
  /** From this operation on writes and syncs fail so. */
  fault: { readonly from: number; readonly code: 'EIO' | 'ENOSPC' } | undefined;
  /** A file system that lies: it says that it synced and did not. */
  isLying = false;

  get operations(): number {
    return this.#operations;
  }

  #count(canFail: boolean): void {
    this.#operations += 1;
    if (this.#operations >= this.stopAt) throw new Error('the power is gone');
    const { fault } = this;
    if (canFail && fault !== undefined && this.#operations >= fault.from) {
      throw systemError(fault.code);
    }
  }

  #node(fd: number): Node {
    const node = this.#open.get(fd);
    if (node === undefined) throw systemError('EBADF');
    return node;
  }

  #named(path: string): Node {
    const node = this.#names.get(path);
    if (node === undefined) throw systemError('ENOENT');
    return node;
  }

  exists = (path: string): boolean =>
    this.#names.has(path) || [...this.#names.keys()].some((name) => name.startsWith(`${path}/`));

  list = (folder: string): readonly string[] =>
    [...this.#names.keys()]
      .filter((path) => dirname(path) === folder)
      .map((path) => basename(path))
      .toSorted();

  read = (path: string): Buffer => Buffer.from(this.#named(path).live);

  readInto = (path: string, room: (bytes: number) => Buffer): Buffer => {
    const bytes = this.read(path);
    const memory = room(bytes.length).subarray(0, bytes.length);
    bytes.copy(memory);
    return memory;
  };

  readRange = (path: string, start: number, end: number): Buffer =>
    Buffer.from(this.#named(path).live.subarray(start, end));

  makeFolder = (): void => undefined;

  create = (path: string): number => {
    this.#count(true);
    if (this.#names.has(path)) throw systemError('EEXIST');
    const empty = Buffer.alloc(0);
    this.#names.set(path, { durable: empty, live: empty, pending: [], cutTo: undefined });
    return this.openForWrite(path);
  };

  openForWrite = (path: string): number => {
    this.#lastFd += 1;
    this.#open.set(this.#lastFd, this.#named(path));
    return this.#lastFd;
  };

  writeAt = (fd: number, bytes: Uint8Array, position: number): void => {
    const node = this.#node(fd);
    this.#count(true);
    const written = { position, bytes: Buffer.from(bytes) };
    node.pending.push(written);
    node.live = patched(node.live, written);
  };

  syncData = (fd: number): void => {
    const node = this.#node(fd);
    this.#count(true);
    if (this.isLying) return;
    node.durable = Buffer.from(node.live);
    node.pending = [];
    node.cutTo = undefined;
  };

  truncate = (fd: number, bytes: number): void => {
    const node = this.#node(fd);
    this.#count(true);
    node.live = node.live.subarray(0, bytes);
    node.cutTo = bytes;
  };

  close = (fd: number): void => {
    this.#open.delete(fd);
  };

  makeReadOnly = (): void => undefined;

  rename = (from: string, to: string): void => {
    this.#count(true);
    const node = this.#named(from);
    this.#names.delete(from);
    this.#names.set(to, node);
  };

  remove = (path: string): void => {
    if (!this.#names.has(path)) return;
    this.#count(false);
    this.#names.delete(path);
  };

  syncFolder = (folder: string): void => {
    this.#count(true);
    if (this.isLying) return;
    for (const [path, node] of this.#names) {
      if (dirname(path) === folder) this.#durableNames.set(path, node);
    }
    for (const path of this.#durableNames.keys()) {
      if (dirname(path) === folder && !this.#names.has(path)) this.#durableNames.delete(path);
    }
  };

  /** The disk as it is found when the power comes back. */
  afterPowerCut(choose: Choose): VolatileDisk {
    const found = new VolatileDisk();
    const nodes = new Map<Node, Node>();
    const survivor = (node: Node): Node => {
      const known = nodes.get(node) ?? survived(node, choose);
      nodes.set(node, known);
      return known;
    };
    // Each name that a sync has not fixed is old or new, apart from the others; a rename is atomic.
    for (const path of new Set([...this.#durableNames.keys(), ...this.#names.keys()])) {
      const [before, after] = [this.#durableNames.get(path), this.#names.get(path)];
      const node = before === after || choose(2) === 0 ? after : before;
      if (node !== undefined) found.#names.set(path, survivor(node));
    }
    found.#durableNames = new Map(found.#names);
    return found;
  }
}

/** The synced bytes, and of every write since then any of its sectors; a truncate may have come. */
function survived(node: Node, choose: Choose): Node {
  let bytes: Buffer = Buffer.from(node.durable);
  for (const { position, bytes: written } of node.pending) {
    let at = 0;
    while (at < written.length) {
      const inSector = SECTOR_BYTES - ((position + at) % SECTOR_BYTES);
      const part = written.subarray(at, at + inSector);
      if (choose(2) === 1) bytes = patched(bytes, { position: position + at, bytes: part });
      at += part.length;
    }
  }
  if (node.cutTo !== undefined && choose(2) === 1) bytes = bytes.subarray(0, node.cutTo);
  return { durable: bytes, live: Buffer.from(bytes), pending: [], cutTo: undefined };
}
