/**
 * Reads a folder of sealed batches: files of the journal's format and kind `sealed`, each named
 * `<first seq>-<last seq>-<hash>.sealed`, chained from the first to the last.
 */
import { dirname, join } from 'node:path';
import type { Disk } from './disk.ts';
import type { ChainPosition, FileHeader } from './journal-format.ts';
import {
  decodeFileHeader,
  decodeFrame,
  FILE_HEADER_BYTES,
  genesisHash,
  NO_HASH,
  sha256,
} from './journal-format.ts';
import type { FrameVisitor, ScanFault } from './journal-scan.ts';
import { readLedger } from './sealed-ledger.ts';

export interface SealedScan {
  readonly files: number;
  readonly records: number;
  readonly position: ChainPosition;
  /** True when the ledger beside the folder says which batch is the last. */
  readonly witnessed: boolean;
  readonly fault: ScanFault | undefined;
}

const SEQ_DIGITS = 12;
const HASH_CHARACTERS = 16;
const LEDGER_NAME = 'sealed.ledger';

/** The name of the batch that ends with the record of the given hash. */
export function sealedName(firstSeq: number, lastSeq: number, lastHash: string): string {
  const digits = (seq: number): string => String(seq).padStart(SEQ_DIGITS, '0');
  return `${digits(firstSeq)}-${digits(lastSeq)}-${lastHash.slice(0, HASH_CHARACTERS)}.sealed`;
}

/** Reads and checks the batches in `folder`; `visit` sees each record, in order. */
export function scanSealed(disk: Disk, folder: string, visit: FrameVisitor): SealedScan {
  const names = disk.list(folder).filter((name) => name.endsWith('.sealed'));
  let position: ChainPosition = { seq: 0, hash: NO_HASH };
  let records = 0;
  let fault: ScanFault | undefined;
  for (const [index, name] of names.entries()) {
    const bytes = disk.read(join(folder, name));
    const read = readBatch(bytes, { index, name, position }, visit);
    if ('fault' in read) {
      fault = { file: name, offset: read.offset, seq: position.seq + 1, what: read.fault };
      break;
    }
    position = read.position;
    records += read.records;
  }
  const ledger = readLedger(disk, join(dirname(folder), LEDGER_NAME));
  const witness = ledgerFault(disk, folder, ledger.entries, position);
  return {
    files: names.length,
    records,
    position,
    witnessed: ledger.entries.length > 0,
    fault: fault ?? witness,
  };
}

/** What one batch brought: where it leaves the chain, or what is wrong with it. */
export type BatchRead =
  | { readonly position: ChainPosition; readonly records: number }
  | { readonly fault: string; readonly offset: number };

/** Where a batch should stand: its name, its index among the batches, and what comes before. */
export interface BatchPlace {
  readonly index: number;
  readonly name: string;
  readonly position: ChainPosition;
}

function placeFault(header: FileHeader, place: BatchPlace): string | undefined {
  if (header.kind !== 'sealed') return 'the file is not a sealed batch';
  if (header.number !== place.index + 1) {
    return `the batch is number ${header.number}, not ${place.index + 1}: one is missing or added`;
  }
  const expected = place.index === 0 ? genesisHash(header.journalId) : place.position.hash;
  return header.prevHash.equals(expected) ? undefined : 'the batch does not follow the one before';
}

/** Reads one batch and checks that it belongs at `place`. */
export function readBatch(bytes: Buffer, place: BatchPlace, visit: FrameVisitor): BatchRead {
  const header = decodeFileHeader(bytes);
  if ('fault' in header) return { fault: header.fault, offset: 0 };
  const misplaced = placeFault(header, place);
  if (misplaced !== undefined) return { fault: misplaced, offset: 0 };
  let position: ChainPosition = { seq: place.position.seq, hash: header.prevHash };
  let offset = FILE_HEADER_BYTES;
  let records = 0;
  while (offset < bytes.length) {
    // A reserve's records may skip numbers; the chain of hashes holds them together.
    const next = decodeFrame(bytes, offset, position, true);
    if (next.kind === 'end') return { fault: 'bytes that are no record', offset };
    if (next.kind === 'bad') return { fault: next.fault, offset };
    visit(next.frame, place.name);
    position = { seq: next.frame.record.seq, hash: next.frame.hash };
    offset = next.frame.end;
    records++;
  }
  const name = sealedName(header.firstSeq, position.seq, position.hash.toString('hex'));
  return name === place.name
    ? { position, records }
    : { fault: `the file holds the batch ${name}`, offset: 0 };
}

/** The ledger's last batch must be there, and each file must be the one that was sealed. */
function ledgerFault(
  disk: Disk,
  folder: string,
  entries: readonly { readonly kind: string }[],
  position: ChainPosition,
): ScanFault | undefined {
  for (const entry of entries) {
    if (!isSealedEntry(entry)) continue;
    const path = join(folder, entry.name);
    const fault = (what: string): ScanFault => ({
      file: entry.name,
      offset: 0,
      seq: position.seq + 1,
      what,
    });
    if (!disk.exists(path)) return fault('the batch was sealed, but its file is missing');
    if (sha256(disk.read(path)).toString('hex') !== entry.sha256) {
      return fault('the file is not the one that was sealed');
    }
  }
  return undefined;
}

function isSealedEntry(entry: {
  readonly kind: string;
}): entry is { readonly kind: 'sealed'; readonly name: string; readonly sha256: string } {
  return entry.kind === 'sealed';
}
