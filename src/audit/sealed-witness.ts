/**
 * The sealed batches as a second witness of the journal: a record that was sealed must be in the
 * journal with the same hash. So a journal and a checkpoint that were cut together still show.
 */

import type { Disk } from './disk.ts';
import type { DecodedFrame } from './journal-format.ts';
import type { JournalPaths } from './journal-paths.ts';
import type { ScanFault } from './journal-scan.ts';
import { readLedger } from './sealed-ledger.ts';

export interface SealedWitness {
  /** To be called with each record of the journal, in order. */
  see(frame: DecodedFrame): void;
  /** The first contradiction, once all records were seen; `lastSeq` is the journal's last. */
  fault(lastSeq: number): ScanFault | undefined;
}

/** Reads the ledger of sealed batches and holds the journal against it. */
export function witnessSealed(disk: Disk, paths: JournalPaths): SealedWitness {
  const ledger = readLedger(disk, paths.ledger);
  const hashes = new Map<number, string>();
  for (const entry of ledger.entries) {
    if (entry.kind === 'sealed') hashes.set(entry.lastSeq, entry.lastHash);
  }
  const sealedSeq = Math.max(0, ...hashes.keys());
  let found: ScanFault | undefined;
  return {
    see(frame) {
      const { seq } = frame.record;
      const sealedHash = hashes.get(seq);
      if (found !== undefined || sealedHash === undefined) return;
      if (sealedHash === frame.hash.toString('hex')) return;
      found = fault(seq, `record ${seq} is not the one that was sealed`);
    },
    fault(lastSeq) {
      if (ledger.damagedLine !== undefined) {
        return fault(0, `line ${ledger.damagedLine} of the ledger of sealed batches is damaged`);
      }
      if (found !== undefined || sealedSeq <= lastSeq) return found;
      return fault(
        lastSeq + 1,
        `the journal ends after record ${lastSeq}, but records up to ${sealedSeq} were sealed`,
      );
    },
  };
}

function fault(seq: number, what: string): ScanFault {
  return { file: '../audit/sealed.ledger', offset: 0, seq, what };
}
