/** A whole file system in memory behind the journal's port: nothing to wait for, nothing survives. */
import type { Disk } from '../../src/audit/disk.ts';

interface MemoryFile {
  bytes: Buffer;
  length: number;
}

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
}

/** The bytes that count, grown by doubling where a write needs room. */
function write(file: MemoryFile, bytes: Uint8Array, position: number): void {
  const end = position + bytes.length;
  if (end > file.bytes.length) {
    file.bytes = Buffer.concat([file.bytes], Math.max(end, file.bytes.length * 2));
  }
  file.bytes.set(bytes, position);
  file.length = Math.max(file.length, end);
}

export function memoryDisk(): Disk {
  const files = new Map<string, MemoryFile>();
  const folders = new Map<string, Set<string>>();
  const open = new Map<number, MemoryFile>();
  let lastFd = 0;

  const split = (path: string): [folder: string, name: string] => {
    const slash = path.lastIndexOf('/');
    return [path.slice(0, slash), path.slice(slash + 1)];
  };
  const link = (path: string): void => {
    const [folder, name] = split(path);
    if (folder === '') return;
    const inside = folders.get(folder) ?? new Set();
    if (!folders.has(folder)) {
      folders.set(folder, inside);
      link(folder);
    }
    inside.add(name);
  };
  const unlink = (path: string): void => {
    const [folder, name] = split(path);
    files.delete(path);
    folders.get(folder)?.delete(name);
  };
  const file = (path: string): MemoryFile => {
    const found = files.get(path);
    if (found === undefined) throw missing(path);
    return found;
  };
  const opened = (found: MemoryFile): number => {
    open.set(++lastFd, found);
    return lastFd;
  };
  const byFd = (fd: number): MemoryFile => {
    const found = open.get(fd);
    if (found === undefined) throw missing(`descriptor ${fd}`);
    return found;
  };
  const put = (path: string, content: MemoryFile): void => {
    files.set(path, content);
    link(path);
  };

  return {
    exists: (path) => files.has(path) || folders.has(path),
    list: (folder) => [...(folders.get(folder) ?? [])].sort(),
    read: (path) => Buffer.from(file(path).bytes.subarray(0, file(path).length)),
    readInto: (path, room) => {
      const { bytes, length } = file(path);
      const memory = room(length).subarray(0, length);
      bytes.copy(memory, 0, 0, length);
      return memory;
    },
    readRange: (path, start, end) => {
      const { bytes, length } = file(path);
      return Buffer.from(bytes.subarray(start, Math.min(end, length)));
    },
    makeFolder: (path) => {
      if (folders.has(path)) return;
      folders.set(path, new Set());
      link(path);
    },
    create: (path) => {
      const made = { bytes: Buffer.alloc(0), length: 0 };
      put(path, made);
      return opened(made);
    },
    openForWrite: (path) => opened(file(path)),
    writeAt: (fd, bytes, position) => write(byFd(fd), bytes, position),
    syncData: () => undefined,
    truncate: (fd, bytes) => {
      const found = byFd(fd);
      if (bytes > found.length) write(found, Buffer.alloc(bytes - found.length), found.length);
      found.length = bytes;
    },
    close: (fd) => void open.delete(fd),
    makeReadOnly: () => undefined,
    rename: (from, to) => {
      const moved = file(from);
      unlink(from);
      put(to, moved);
    },
    remove: (path) => unlink(path),
    syncFolder: () => undefined,
  };
}
