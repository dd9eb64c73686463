/**
 * The sealed log as a second witness of the journal: the entries under its newest checkpoint must be
 * the journal's records. So a journal and a checkpoint file that were cut together still show.
 */
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { type Disk, systemCode } from './disk.ts';
import { entriesOf, MOST_ENTRIES } from './entry-bundle.ts';
import type { ChainedFrame, DecodedFrame } from './journal-format.ts';
import type { JournalPaths } from './journal-paths.ts';
import type { LogCheckpoint } from './log-checkpoint.ts';
import { hashesOfTiles, newestCheckpoint } from './log-folder.ts';
import { TILE_WIDTH } from './log-layout.ts';
import { leafHash, MerkleTree } from './merkle-tree.ts';
import type { ScanFault } from './scanned-journal.ts';
import { treeAt } from './tree-levels.ts';

/** How much of the log a start saw sealed, by the number of its record. */
export interface SealedBefore {
  readonly seq: number;
  readonly size: number;
}

/** What a record of a start says of it; undefined in other records. */
export function sealedBefore({ seq, body }: AuditRecord): SealedBefore | undefined {
  if (body.kind !== 'engineStarted' || body.logSize === undefined) return undefined;
  return { seq, size: body.logSize };
}

export interface LogWitness {
  /** To be called with each record's frame, in order. */
  see(frame: ChainedFrame): void;
  /** The first contradiction, once all were seen. `lastSeq` is the journal's last, `sealed` what the
   * last of its starts that tells of it saw. */
  fault(lastSeq: number, sealed: SealedBefore | undefined): ScanFault | undefined;
}

/** The hash of an entry of the log, where the log was read and verified already. */
export type LeafAt = (index: number) => Buffer;

/**
 * The tree as far as it need not be hashed again, by the log's tiles: up to the last whole one before the
 * last sealed record, where they have the root that was sealed. An empty one where they are not whole.
 */
function knownTree(disk: Disk, folder: string, { size, root }: LogCheckpoint): MerkleTree {
  const hashAt = hashesOfTiles(disk, folder, size);
  const wholeTiles = Math.max(0, Math.floor((size - MOST_ENTRIES) / TILE_WIDTH));
  try {
    const isSound = treeAt(size, hashAt).root().equals(root);
    return isSound ? treeAt(wholeTiles * TILE_WIDTH, hashAt) : new MerkleTree();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return new MerkleTree();
    throw error;
  }
}

/**
 * Holds the journal against the newest checkpoint of the sealed log beside it: against each entry where
 * those are known, else against its root. There the last sealed record speaks for those before it, since
 * each names its predecessor by hash: with it the tree must have the root (as an inclusion proof of
 * RFC 6962, section 2.1.1, says it), and the hashes of most others are taken from the tiles.
 */
export function witnessLog(disk: Disk, paths: JournalPaths, leafAt?: LeafAt): LogWitness {
  const newest = newestCheckpoint(disk, paths.log);
  const head = newest === 'damaged' ? undefined : newest?.checkpoint;
  const isKnown = head !== undefined && leafAt === undefined;
  const tree = isKnown ? knownTree(disk, paths.log, head) : new MerkleTree();
  const known = tree.size;
  let size = 0;
  let found: ScanFault | undefined;

  function take(entry: Buffer, seq: number): void {
    const leaf = leafHash(entry);
    size++;
    const isSealed = leafAt === undefined ? isUnderRoot(leaf) : leafAt(size - 1).equals(leaf);
    if (!isSealed) found ??= fault(seq, `the records up to ${seq} are not those that were sealed`);
  }

  function isUnderRoot(leaf: Buffer): boolean {
    tree.append(leaf);
    return head === undefined || size !== head.size || tree.root().equals(head.root);
  }

  return {
    see({ seq, bytes }) {
      for (const entry of entriesOf(bytes)) {
        if (size < known) size++;
        else if (head !== undefined && size < head.size) take(entry, seq);
      }
    },
    fault(lastSeq, sealed) {
      if (newest === 'damaged') return fault(0, 'the newest checkpoint of the log is damaged');
      if (sealed !== undefined && sealed.size > (head?.size ?? 0)) {
        const holds = head === undefined ? 'is gone' : `holds ${head.size}`;
        const what = `record ${sealed.seq} saw ${sealed.size} entries sealed; the log ${holds}`;
        return fault(sealed.seq, what);
      }
      if (found !== undefined || head === undefined || size >= head.size) return found;
      return fault(
        lastSeq + 1,
        `the journal ends after record ${lastSeq}, but records up to ${head.lastSeq} were sealed`,
      );
    },
  };
}

function fault(seq: number, what: string): ScanFault {
  return { file: '../audit/log', offset: 0, seq, what };
}

/** The same for whoever reads the records too. */
export interface RecordWitness {
  /** To be called with each record, in order. */
  see(frame: DecodedFrame): void;
  /** The first contradiction, once all were seen; `lastSeq` is the journal's last. */
  fault(lastSeq: number): ScanFault | undefined;
}

/** A witness that hears by itself what the starts among the records saw sealed. */
export function witnessRecords(disk: Disk, paths: JournalPaths, leafAt?: LeafAt): RecordWitness {
  const witness = witnessLog(disk, paths, leafAt);
  let sealed: SealedBefore | undefined;
  return {
    see(frame) {
      witness.see(frame);
      sealed = sealedBefore(frame.record) ?? sealed;
    },
    fault: (lastSeq) => witness.fault(lastSeq, sealed),
  };
}
