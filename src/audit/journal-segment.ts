/** One open journal file: preallocated zeros ahead of its records, so that a commit is one write
 * and one data sync and changes no metadata. Used by the journal's writing thread only. */
import { join } from 'node:path';
import type { Disk } from './disk.ts';
import type { FileHeader } from './journal-format.ts';
import { encodeFileHeader, FILE_HEADER_BYTES } from './journal-format.ts';

const EMPTY = Buffer.alloc(0);

/** How to begin a file. */
export interface SegmentPlan {
  readonly folder: string;
  readonly name: string;
  readonly header: FileHeader;
  /** Frames that stand in it from the start. */
  readonly content?: Buffer;
  /** Zeros allocated behind the content; 0 makes a finished file. */
  readonly allocateBytes: number;
}

export class JournalSegment {
  readonly #disk: Disk;
  readonly #fd: number;
  readonly header: FileHeader;
  #tail: number;
  #allocated: number;

  private constructor(disk: Disk, fd: number, header: FileHeader, size: SegmentSize) {
    this.#disk = disk;
    this.#fd = fd;
    this.header = header;
    this.#tail = size.tail;
    this.#allocated = size.allocated;
  }

  /**
   * Makes the file in one atomic step: it appears under its name whole and synced, replacing a file
   * of that name, or not at all. Throws the operating system's error.
   */
  static create(disk: Disk, plan: SegmentPlan): JournalSegment {
    const path = join(plan.folder, plan.name);
    const draft = `${path}.new`;
    const content = plan.content ?? EMPTY;
    const tail = FILE_HEADER_BYTES + content.length;
    const zeros = Buffer.alloc(plan.allocateBytes);
    disk.remove(draft);
    const fd = disk.create(draft);
    try {
      disk.writeAt(fd, Buffer.concat([encodeFileHeader(plan.header), content, zeros]), 0);
      disk.syncData(fd);
      disk.rename(draft, path);
      disk.syncFolder(plan.folder);
    } catch (error) {
      disk.close(fd);
      throw error;
    }
    return new JournalSegment(disk, fd, plan.header, { tail, allocated: tail + zeros.length });
  }

  /** Opens a file that was closed in order, to go on at its end. */
  static reopen(disk: Disk, path: string, header: FileHeader, bytes: number): JournalSegment {
    const size = { tail: bytes, allocated: bytes };
    return new JournalSegment(disk, disk.openForWrite(path), header, size);
  }

  /** Offset after the last record. */
  get tail(): number {
    return this.#tail;
  }

  /** Allocated bytes that hold no record yet. */
  get room(): number {
    return this.#allocated - this.#tail;
  }

  /** Allocates at least `bytes` more, as zeros, and syncs them. */
  grow(bytes: number): void {
    this.#disk.writeAt(this.#fd, Buffer.alloc(bytes), this.#allocated);
    this.#disk.syncData(this.#fd);
    this.#allocated += bytes;
  }

  /** Writes frames behind the last record and returns once they are durable. */
  append(frames: Buffer): void {
    this.#disk.writeAt(this.#fd, frames, this.#tail);
    this.#disk.syncData(this.#fd);
    this.#tail += frames.length;
  }

  /** Cuts the file to its records, durably. */
  seal(): void {
    this.#disk.truncate(this.#fd, this.#tail);
    this.#disk.syncData(this.#fd);
    this.#allocated = this.#tail;
  }

  close(): void {
    this.#disk.close(this.#fd);
  }
}

interface SegmentSize {
  readonly tail: number;
  readonly allocated: number;
}
