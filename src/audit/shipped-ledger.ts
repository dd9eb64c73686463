/**
 * What the object store accepted, and as which version: one line a file, its CRC-32C in hex, a space
 * and canonical JSON. It saves work and is no evidence: a line that is lost costs one question to the
 * store, so it is not synced.
 */
import { canonicalJson } from '../engine/domain/canonical-json.ts';
import { crc32c } from './crc32c.ts';
import type { Disk } from './disk.ts';
import { isFields } from './record-schema.ts';

/** A file of the log, accepted under Object Lock. */
export interface ShippedFile {
  /** Its name in the log. */
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
}

const CRC_DIGITS = 8;
const TEXTS = ['name', 'bucket', 'key', 'versionId'] as const;

function isShippedFile(value: unknown): value is ShippedFile {
  return isFields(value) && TEXTS.every((key) => typeof value[key] === 'string');
}

function lineOf(file: ShippedFile): string {
  const json = canonicalJson(file);
  return `${crc32c(Buffer.from(json)).toString(16).padStart(CRC_DIGITS, '0')} ${json}\n`;
}

function parseLine(line: string): ShippedFile | undefined {
  try {
    const value: unknown = JSON.parse(line.slice(CRC_DIGITS + 1));
    return isShippedFile(value) && lineOf(value) === `${line}\n` ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The lines that can be read, in order; none where there is no ledger. */
export function readShipped(disk: Disk, path: string): readonly ShippedFile[] {
  if (!disk.exists(path)) return [];
  const lines = disk.read(path).toString('utf8').split('\n').slice(0, -1);
  return lines.map(parseLine).filter((file) => file !== undefined);
}

/** Appends to the ledger. One writer: the audit thread. */
export class ShippedLedger {
  readonly #disk: Disk;
  readonly #fd: number;
  #end: number;

  /** Throws the operating system's error. */
  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    const isThere = disk.exists(path);
    // A torn last line is ended, so that what follows it can be read.
    const bytes = isThere ? disk.read(path) : Buffer.alloc(0);
    this.#end = bytes.length;
    this.#fd = isThere ? disk.openForWrite(path) : disk.create(path);
    if (bytes.length > 0 && !bytes.toString('latin1').endsWith('\n')) this.#write('\n');
  }

  append(file: ShippedFile): void {
    this.#write(lineOf(file));
  }

  close(): void {
    this.#disk.close(this.#fd);
  }

  #write(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.#disk.writeAt(this.#fd, bytes, this.#end);
    this.#end += bytes.length;
  }
}
