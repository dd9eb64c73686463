/**
 * The few file operations the journal needs, as a port: the real disk here, a failing or simulated
 * one in tests. Synchronous. A failure throws the operating system's error with its `code`.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { makeFolder, syncFolder } from '../ops/folder-sync.ts';

export interface Disk {
  readonly exists: (path: string) => boolean;
  /** Names in a folder, ascending; none when the folder is absent. */
  readonly list: (folder: string) => readonly string[];
  readonly read: (path: string) => Buffer;
  /** The same, in memory that is given for so many bytes. */
  readonly readInto: (path: string, room: (bytes: number) => Buffer) => Buffer;
  /** The bytes from `start` up to `end`, or to the end of the file where that comes first. */
  readonly readRange: (path: string, start: number, end: number) => Buffer;
  /** Makes the folder and those above it, readable by its owner only, their names on stable storage. */
  readonly makeFolder: (path: string) => void;
  /** A new, empty file, readable by its owner only; refuses one that exists. */
  readonly create: (path: string) => number;
  readonly openForWrite: (path: string) => number;
  /** Writes all of `bytes` at `position`. */
  readonly writeAt: (fd: number, bytes: Uint8Array, position: number) => void;
  /** Returns once the file's data are on stable storage. */
  readonly syncData: (fd: number) => void;
  readonly truncate: (fd: number, bytes: number) => void;
  readonly close: (fd: number) => void;
  /** Makes the file read-only for everyone. */
  readonly makeReadOnly: (path: string) => void;
  /** Atomic replace. */
  readonly rename: (from: string, to: string) => void;
  readonly remove: (path: string) => void;
  /** Returns once names created, renamed or removed in the folder are on stable storage. */
  readonly syncFolder: (path: string) => void;
}

const OWNER_ONLY_FILE = 0o600;
const READ_ONLY_FILE = 0o400;

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(fd, bytes, written, bytes.length - written, position + written);
  }
}

/** Fills `bytes` from `start` on. Returns what was filled: the file may end before. */
function fill(fd: number, bytes: Buffer, start: number): Buffer {
  let filled = 0;
  while (filled < bytes.length) {
    const read = readSync(fd, bytes, filled, bytes.length - filled, start + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

function readRange(path: string, start: number, end: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    return fill(fd, Buffer.alloc(Math.max(0, end - start)), start);
  } finally {
    closeSync(fd);
  }
}

function readInto(path: string, room: (bytes: number) => Buffer): Buffer {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    return fill(fd, room(size).subarray(0, size), 0);
  } finally {
    closeSync(fd);
  }
}

function sharedRoom(bytes: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(bytes));
}

/** This machine's file system. */
export const realDisk: Disk = {
  exists: existsSync,
  list: (folder) => (existsSync(folder) ? readdirSync(folder).sort() : []),
  read: (path) => readFileSync(path),
  readInto,
  readRange,
  makeFolder: (path) => makeFolder(path),
  create: (path) => openSync(path, 'wx', OWNER_ONLY_FILE),
  openForWrite: (path) => openSync(path, 'r+'),
  writeAt: writeAll,
  syncData: fdatasyncSync,
  truncate: ftruncateSync,
  close: closeSync,
  makeReadOnly: (path) => chmodSync(path, READ_ONLY_FILE),
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
  syncFolder,
};

/** The same, and what it reads lies in memory that other threads can be given as it is. */
export const sharingDisk: Disk = { ...realDisk, read: (path) => readInto(path, sharedRoom) };

/** Runs `use` on an open file and closes it whatever happens. */
export function withFile<T>(disk: Disk, fd: number, use: (fd: number) => T): T {
  try {
    return use(fd);
  } finally {
    disk.close(fd);
  }
}

/** The operating system's code of an error (`ENOSPC`, `EIO`), or its name. */
export function systemCode(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
