/**
 * The ledger of sealed batches: one line an entry, its CRC-32C in hex, a space and canonical JSON,
 * appended and synced before the next batch is begun. It says how far the journal is sealed and,
 * where batches are shipped, under which version each object was accepted.
 */
import { assert } from '../engine/domain/assert.ts';
import { canonicalJson } from './canonical-json.ts';
import { crc32c } from './crc32c.ts';
import type { Disk } from './disk.ts';
import { isFields } from './record-schema.ts';

/** One sealed batch. */
export interface SealedBatch {
  /** File name in the sealed folder; also the last part of the object's key. */
  readonly name: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Hash of the last record, hex. */
  readonly lastHash: string;
  /** SHA-256 of the whole file, hex. */
  readonly sha256: string;
  readonly bytes: number;
  /** Wall time of its first record, micros: how old the batch is. */
  readonly firstWall: number;
}

/** A line of the ledger: a batch was sealed, or a sealed batch was accepted by the object store. */
export type LedgerEntry =
  | ({ readonly kind: 'sealed' } & SealedBatch)
  | {
      readonly kind: 'shipped';
      readonly name: string;
      readonly bucket: string;
      readonly key: string;
      readonly versionId: string;
    };

function isSealed(value: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof value['name'] === 'string' &&
    Number.isSafeInteger(value['firstSeq']) &&
    Number.isSafeInteger(value['lastSeq']) &&
    typeof value['lastHash'] === 'string' &&
    typeof value['sha256'] === 'string' &&
    Number.isSafeInteger(value['bytes']) &&
    Number.isSafeInteger(value['firstWall'])
  );
}

function isShipped(value: Readonly<Record<string, unknown>>): boolean {
  return ['name', 'bucket', 'key', 'versionId'].every((key) => typeof value[key] === 'string');
}

function isEntry(value: unknown): value is LedgerEntry {
  if (!isFields(value)) return false;
  if (value['kind'] === 'sealed') return isSealed(value);
  return value['kind'] === 'shipped' && isShipped(value);
}

const CRC_DIGITS = 8;

function checksum(json: string): string {
  return crc32c(Buffer.from(json, 'utf8')).toString(16).padStart(CRC_DIGITS, '0');
}

function parseLine(line: string): LedgerEntry | undefined {
  const json = line.slice(CRC_DIGITS + 1);
  if (line.slice(0, CRC_DIGITS + 1) !== `${checksum(json)} `) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the ledger holds. `wholeBytes`: length of its whole lines; what follows is one torn line.
 * `damagedLine`: the first whole line that is not an entry, counted from 1. */
export interface LedgerRead {
  readonly entries: readonly LedgerEntry[];
  readonly wholeBytes: number;
  readonly damagedLine: number | undefined;
}

/** Reads the ledger; empty where there is none. */
export function readLedger(disk: Disk, path: string): LedgerRead {
  if (!disk.exists(path)) return { entries: [], wholeBytes: 0, damagedLine: undefined };
  const bytes = disk.read(path);
  const wholeBytes = bytes.lastIndexOf('\n') + 1;
  const lines = bytes.toString('utf8', 0, wholeBytes).split('\n').slice(0, -1);
  const parsed = lines.map(parseLine);
  const rest = bytes.toString('utf8', wholeBytes).slice(0, -1);
  // A whole line whose end alone is missing was changed; a torn one stops earlier.
  if (parseLine(rest) !== undefined) parsed.push(undefined);
  const damaged = parsed.indexOf(undefined);
  const entries = parsed.filter((entry) => entry !== undefined);
  return { entries, wholeBytes, damagedLine: damaged < 0 ? undefined : damaged + 1 };
}

/** Appends to the ledger. One writer: the sealer. */
export class LedgerWriter {
  readonly #disk: Disk;
  readonly #fd: number;
  #end: number;
  #isOpen = true;

  /** Opens the ledger, cutting off a torn last line. Throws the operating system's error. */
  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#end = readLedger(disk, path).wholeBytes;
    this.#fd = disk.exists(path) ? disk.openForWrite(path) : disk.create(path);
    disk.truncate(this.#fd, this.#end);
  }

  /** Writes one entry and returns once it is durable. Throws the operating system's error. */
  append(entry: LedgerEntry): void {
    assert(this.#isOpen, 'the ledger is open');
    const json = canonicalJson(entry);
    const line = Buffer.from(`${checksum(json)} ${json}\n`, 'utf8');
    this.#disk.writeAt(this.#fd, line, this.#end);
    this.#disk.syncData(this.#fd);
    this.#end += line.length;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#disk.close(this.#fd);
  }
}
