/** Follows the chain of records through a log's entries, as the journal's own reader does. */
import { FrameJoiner } from './entry-bundle.ts';
import type { ChainPosition, DecodedFrame } from './journal-format.ts';
import { decodeFrame, framePrevHash, genesisHash, NO_HASH } from './journal-format.ts';
import { journalIdOf } from './log-checkpoint.ts';

/** What the log says about itself. */
interface LogClaims {
  readonly origin: string;
  /** Number of the last record that its newest checkpoint covers. */
  readonly lastSeq: number;
}

/** Sees the entries in order and stops at the first that is no record in its place. */
export class EntryChain {
  readonly #visit: (frame: DecodedFrame) => void;
  readonly #joiner = new FrameJoiner();
  #first: Buffer = NO_HASH;
  #position: ChainPosition = { seq: 0, hash: NO_HASH };
  #fault: string | undefined;
  records = 0;

  constructor(visit: (frame: DecodedFrame) => void) {
    this.#visit = visit;
  }

  /** The last record. */
  get position(): ChainPosition {
    return this.#position;
  }

  take(entry: Buffer): void {
    if (this.#fault !== undefined) return;
    const bytes = this.#joiner.take(entry);
    if (bytes === undefined) return;
    if (this.records === 0 && bytes.length > NO_HASH.length) {
      this.#first = framePrevHash(bytes);
      this.#position = { seq: 0, hash: this.#first };
    }
    // A reserve's records may skip numbers; the chain of hashes holds them together.
    const next = decodeFrame(bytes, 0, this.#position, true);
    if (next.kind !== 'frame' || next.frame.end !== bytes.length) {
      const what = next.kind === 'bad' ? next.fault : 'it is no record';
      this.#fault = `the entry after record ${this.#position.seq}: ${what}`;
      return;
    }
    this.#position = { seq: next.frame.record.seq, hash: next.frame.hash };
    this.records++;
    this.#visit(next.frame);
  }

  /** What is wrong with the chain, once all entries were seen. */
  fault({ origin, lastSeq }: LogClaims): string | undefined {
    if (this.#fault !== undefined) return this.#fault;
    if (this.records > 0 && !this.#first.equals(genesisHash(journalIdOf(origin)))) {
      return 'the first record is not the beginning of this journal';
    }
    if (this.#joiner.isInside) return 'the last record is cut';
    if (this.#position.seq === lastSeq) return undefined;
    return `the entries end with record ${this.#position.seq}, not ${lastSeq}`;
  }
}
