/**
 * The journal thread in virtual time: it takes batches, makes them durable after a delay, answers,
 * and can fail as a disk does. It uses the journal's own codec, so that what a restart reads has
 * been bytes. One user.
 */

import type { ChainPosition } from '../../audit/journal-format.ts';
import {
  decodeFrame,
  encodeRecord,
  genesisHash,
  JOURNAL_ID_BYTES,
} from '../../audit/journal-format.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros } from '../../engine/domain/units.ts';
import type { Input } from '../inputs.ts';
import type { SeededRandom } from './seeded-random.ts';

/** An answer of the journal and when it arrives. */
export type JournalAnswer = { readonly due: EpochMicros } & (
  | { readonly kind: 'durable'; readonly seq: number; readonly hash: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly reserveExhausted: boolean }
);

/** What the core hears. */
export function answerInput(answer: JournalAnswer, at: At): Input {
  if (answer.kind === 'durable') {
    return { kind: 'journalDurable', at, seq: answer.seq, hash: answer.hash };
  }
  const { reason, reserveExhausted } = answer;
  return { kind: 'journalFailed', at, reason, reserveExhausted };
}

/** How the disk is at the moment. */
export interface DiskTemper {
  /** The main file has failed: only urgent records are kept, in the reserve. */
  readonly failed: boolean;
  /** The reserve is full too. */
  readonly reserveFull: boolean;
  /** Every sync takes this many times as long. */
  readonly slowness: number;
  /** Answers come twice, the second one late. */
  readonly echoes: boolean;
}

export const HEALTHY_DISK: DiskTemper = {
  failed: false,
  reserveFull: false,
  slowness: 1,
  echoes: false,
};

interface Written {
  readonly record: AuditRecord;
  readonly position: ChainPosition;
  /** Durable from this wall time on. */
  readonly durableAt: EpochMicros;
}

const FASTEST_SYNC_MICROS = 150;
const SLOWEST_SYNC_MICROS = 3_000;
const LATEST_ECHO_MICROS = 5_000_000;

export class JournalModel {
  readonly #random: SeededRandom;
  #position: ChainPosition;
  #written: Written[] = [];
  #lastDue = 0;
  #failedAlready = false;
  disk: DiskTemper = HEALTHY_DISK;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#position = { seq: 0, hash: genesisHash(Buffer.alloc(JOURNAL_ID_BYTES)) };
  }

  /** Hash of the last record: every byte of every record before it stands in it. */
  get headHash(): string {
    return this.#position.hash.toString('hex');
  }

  /** Takes a batch. Answers with what the core will hear; throws where the bytes do not read back. */
  append(
    records: readonly AuditRecord[],
    urgent: boolean,
    wall: EpochMicros,
  ): readonly JournalAnswer[] {
    const due = this.#due(wall);
    const { failed, reserveFull } = this.disk;
    if (failed && (!urgent || reserveFull)) {
      const reason = 'ENOSPC: no space is left in the journal folder';
      this.#failedAlready = true;
      return [{ kind: 'failed', due, reason, reserveExhausted: urgent && reserveFull }];
    }
    for (const record of records) this.#write(record, due);
    const { seq } = this.#position;
    const durable = { kind: 'durable', due, seq, hash: this.headHash } as const;
    if (!this.disk.echoes) return [durable];
    const late = addMicros(due, this.#random.between(0, LATEST_ECHO_MICROS));
    return [durable, { ...durable, due: late }];
  }

  #due(wall: EpochMicros): EpochMicros {
    const sync = this.#random.between(FASTEST_SYNC_MICROS, SLOWEST_SYNC_MICROS);
    const due = Math.max(this.#lastDue, wall + Math.round(sync * this.disk.slowness));
    this.#lastDue = due;
    return addMicros(wall, due - wall);
  }

  #write(record: AuditRecord, durableAt: EpochMicros): void {
    const { frame } = encodeRecord(record, this.#position.hash);
    const read = decodeFrame(frame, 0, this.#position, this.#failedAlready);
    if (read.kind !== 'frame') {
      const fault = read.kind === 'bad' ? read.fault : 'it reads as the end';
      throw new RangeError(`record ${record.seq} does not read back: ${fault}`);
    }
    const position = { seq: record.seq, hash: read.frame.hash };
    this.#position = position;
    this.#written.push({ record: read.frame.record, position, durableAt });
  }

  /** True once the record is on stable storage. */
  isDurable(seq: number, wall: EpochMicros): boolean {
    for (let i = this.#written.length - 1; i >= 0; i -= 1) {
      const written = this.#written[i];
      if (written?.record.seq === seq) return written.durableAt <= wall;
    }
    return false;
  }

  /** Everything written so far, durable or not. */
  records(): readonly AuditRecord[] {
    return this.#written.map(({ record }) => record);
  }

  /** The process dies: what was durable stays, of the rest some beginning may. The disk is mended. */
  crash(wall: EpochMicros): readonly AuditRecord[] {
    const durable = this.#written.filter(({ durableAt }) => durableAt <= wall).length;
    const kept = this.#random.whole(durable, this.#written.length);
    this.#written = this.#written.slice(0, kept);
    const last = this.#written.at(-1);
    if (last !== undefined) this.#position = last.position;
    else this.#position = { seq: 0, hash: genesisHash(Buffer.alloc(JOURNAL_ID_BYTES)) };
    this.disk = HEALTHY_DISK;
    this.#lastDue = 0;
    return this.records();
  }
}
