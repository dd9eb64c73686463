/**
 * Seals acknowledged records into immutable batches: files of the journal's own format in the
 * sealed folder, read-only, each listed in the ledger. They are the local audit folder, what is
 * shipped to the object store, and a second witness of the journal.
 */
import { join } from 'node:path';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { Disk } from './disk.ts';
import { realDisk } from './disk.ts';
import type { ChainPosition, DecodedFrame } from './journal-format.ts';
import { genesisHash, sha256 } from './journal-format.ts';
import type { JournalPaths } from './journal-paths.ts';
import { journalPaths } from './journal-paths.ts';
import { JournalSegment } from './journal-segment.ts';
import { JournalTail } from './journal-tail.ts';
import type { LedgerEntry, SealedBatch } from './sealed-ledger.ts';
import { LedgerWriter, readLedger } from './sealed-ledger.ts';
import { readBatch, sealedName } from './sealed-scan.ts';

/** Records in one batch at most. */
export const MAX_BATCH_RECORDS = 256;

export class JournalSealer {
  readonly #disk: Disk;
  readonly #paths: JournalPaths;
  readonly #ledger: LedgerWriter;
  readonly #tail: JournalTail;
  readonly #batches: SealedBatch[] = [];
  readonly #shipped: Set<string>;
  #position: ChainPosition;

  /**
   * Goes on where the ledger ends. To be made after the journal was opened for writing. Throws
   * AUDIT_SINK_FAILED when the sealed folder is not what the ledger says, JOURNAL_CORRUPT when the
   * journal is not what was written.
   */
  constructor(home: string, disk: Disk = realDisk) {
    this.#disk = disk;
    this.#paths = journalPaths(home);
    disk.makeFolder(this.#paths.sealed);
    const { entries, damagedLine } = readLedger(disk, this.#paths.ledger);
    if (damagedLine !== undefined)
      throw sealedFault(`line ${damagedLine} of its ledger is damaged`);
    this.#ledger = new LedgerWriter(disk, this.#paths.ledger);
    this.#batches.push(...entries.filter((entry) => entry.kind === 'sealed'));
    this.#shipped = new Set(entries.filter(isShipped).map((entry) => entry.name));
    this.#position = this.#ledgerPosition();
    this.#adoptUnlisted();
    this.#tail = new JournalTail(disk, this.#paths, this.#position.seq);
    if (this.#position.seq === 0)
      this.#position = { seq: 0, hash: genesisHash(this.#tail.journalId) };
  }

  /** Names and identifies the journal in the object store. */
  get journalId(): string {
    return this.#tail.journalId.toString('hex');
  }

  /** Number of the last sealed record. */
  get sealedSeq(): number {
    return this.#position.seq;
  }

  /** Seals everything acknowledged so far. Throws the operating system's error. */
  seal(): void {
    const frames = this.#tail.next();
    for (let at = 0; at < frames.length; at += MAX_BATCH_RECORDS) {
      this.#sealBatch(frames.slice(at, at + MAX_BATCH_RECORDS));
    }
  }

  /** Sealed batches that are not in the object store yet, oldest first. */
  unshipped(): readonly SealedBatch[] {
    return this.#batches.filter((batch) => !this.#shipped.has(batch.name));
  }

  /** The bytes of a sealed batch. */
  read(batch: SealedBatch): Buffer {
    return this.#disk.read(join(this.#paths.sealed, batch.name));
  }

  /** Notes durably that the object store accepted a batch. */
  noteShipped(entry: Extract<LedgerEntry, { kind: 'shipped' }>): void {
    this.#ledger.append(entry);
    this.#shipped.add(entry.name);
  }

  close(): void {
    this.#ledger.close();
  }

  #ledgerPosition(): ChainPosition {
    const last = this.#batches.at(-1);
    return { seq: last?.lastSeq ?? 0, hash: Buffer.from(last?.lastHash ?? '', 'hex') };
  }

  /** A batch whose file was finished when the process ended, before its line was written. */
  #adoptUnlisted(): void {
    const listed = new Set(this.#batches.map((batch) => batch.name));
    const names = this.#disk.list(this.#paths.sealed).filter((name) => name.endsWith('.sealed'));
    for (const name of names.filter((each) => !listed.has(each))) this.#adopt(name);
  }

  #adopt(name: string): void {
    const bytes = this.#disk.read(join(this.#paths.sealed, name));
    const frames: DecodedFrame[] = [];
    const place = { index: this.#batches.length, name, position: this.#position };
    const read = readBatch(bytes, place, (frame) => frames.push(frame));
    if ('fault' in read) throw sealedFault(`${name}: ${read.fault}`);
    this.#list(name, bytes, frames);
  }

  #sealBatch(frames: readonly DecodedFrame[]): void {
    const first = frames[0];
    const last = frames.at(-1);
    if (first === undefined || last === undefined) return;
    const name = sealedName(first.record.seq, last.record.seq, last.hash.toString('hex'));
    const segment = JournalSegment.create(this.#disk, {
      folder: this.#paths.sealed,
      name,
      header: {
        kind: 'sealed',
        number: this.#batches.length + 1,
        journalId: this.#tail.journalId,
        firstSeq: first.record.seq,
        prevHash: this.#position.hash,
      },
      content: Buffer.concat(frames.map((frame) => frame.bytes)),
      allocateBytes: 0,
    });
    segment.close();
    const path = join(this.#paths.sealed, name);
    this.#disk.makeReadOnly(path);
    this.#list(name, this.#disk.read(path), frames);
  }

  #list(name: string, bytes: Buffer, frames: readonly DecodedFrame[]): void {
    const first = frames[0];
    const last = frames.at(-1);
    if (first === undefined || last === undefined) return;
    const batch: SealedBatch = {
      name,
      firstSeq: first.record.seq,
      lastSeq: last.record.seq,
      lastHash: last.hash.toString('hex'),
      sha256: sha256(bytes).toString('hex'),
      bytes: bytes.length,
      firstWall: first.record.at.wall,
    };
    this.#ledger.append({ kind: 'sealed', ...batch });
    this.#batches.push(batch);
    this.#position = { seq: batch.lastSeq, hash: last.hash };
  }
}

function isShipped(entry: LedgerEntry): entry is Extract<LedgerEntry, { kind: 'shipped' }> {
  return entry.kind === 'shipped';
}

function sealedFault(what: string): DeltaringError {
  return new DeltaringError(
    'AUDIT_SINK_FAILED',
    `the folder of sealed batches is not what was sealed: ${what}. ` +
      'Run `deltaring audit verify` and restore the audit folder from a backup',
  );
}
