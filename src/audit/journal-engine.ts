/** The journal thread's logic, without its thread: batches in, replies out. */
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import type { CommitResult, JournalWriter } from './journal-file.ts';
import { MAX_COMMIT_RECORDS } from './journal-limits.ts';
import type { JournalBatch, JournalReply } from './journal-protocol.ts';

export class JournalEngine {
  readonly #writer: JournalWriter;
  readonly #nowMicros: () => number;
  readonly #mostRecords: number;

  /** `nowMicros` is any clock that does not step back; only differences are used. `mostRecords` is what
   * one commit holds at most. */
  constructor(writer: JournalWriter, nowMicros: () => number, mostRecords = MAX_COMMIT_RECORDS) {
    this.#writer = writer;
    this.#nowMicros = nowMicros;
    this.#mostRecords = mostRecords;
  }

  /**
   * Makes everything that was waiting durable in one commit, or in a few where it is much, and
   * answers for each record: covered by a `durable` or named by a `failed`.
   */
  handle(waiting: readonly JournalBatch[]): readonly JournalReply[] {
    const replies: JournalReply[] = [];
    for (const group of groupsOf(waiting, this.#mostRecords))
      replies.push(...this.#commitGroup(group));
    return replies;
  }

  /** Work that need not delay an answer. To be called when the answers are out. */
  idle(): void {
    this.#writer.prepareAhead();
  }

  #commitGroup(group: readonly JournalBatch[]): readonly JournalReply[] {
    const startMicros = this.#nowMicros();
    const records = group.flatMap((batch) => batch.records);
    const seqBefore = this.#writer.position.seq;
    const result = this.#writer.commit(records);
    if (result.kind === 'durable') return [this.#durable(result, startMicros)];
    const replies: JournalReply[] = [];
    if (this.#writer.position.seq > seqBefore) replies.push(this.#reached(startMicros));
    for (const batch of group) replies.push(...this.#fallBack(batch, result, startMicros));
    return replies;
  }

  /** One batch after the main file failed: urgent ones go to the reserve. */
  #fallBack(
    batch: JournalBatch,
    failure: CommitResult & { kind: 'failed' },
    startMicros: number,
  ): readonly JournalReply[] {
    const { seq } = this.#writer.position;
    const records = batch.records.filter((record) => record.seq > seq);
    if (records.length === 0) return [];
    if (!batch.urgent) return [failedReply(records, failure, false)];
    const result = this.#writer.commitToReserve(records);
    return result.kind === 'durable'
      ? [this.#durable(result, startMicros)]
      : [failedReply(records, result, true)];
  }

  /** What was durable before a commit of several writes failed. */
  #reached(startMicros: number): JournalReply {
    const { seq, hash } = this.#writer.position;
    return this.#durable({ kind: 'durable', seq, hash, usedReserve: false }, startMicros);
  }

  #durable(result: CommitResult & { kind: 'durable' }, startMicros: number): JournalReply {
    return {
      kind: 'durable',
      durableSeq: result.seq,
      hash: result.hash.toString('hex'),
      micros: Math.round(this.#nowMicros() - startMicros),
      usedReserve: result.usedReserve,
    };
  }
}

function failedReply(
  records: readonly AuditRecord[],
  failure: CommitResult & { kind: 'failed' },
  usedReserve: boolean,
): JournalReply {
  return {
    kind: 'failed',
    firstSeq: records[0]?.seq ?? 0,
    lastSeq: records.at(-1)?.seq ?? 0,
    code: failure.code,
    reason: failure.reason,
    usedReserve,
  };
}

/** Groups of bounded size. None is empty: a batch without records begins none. */
function groupsOf(
  waiting: readonly JournalBatch[],
  most: number,
): readonly (readonly JournalBatch[])[] {
  const groups: JournalBatch[][] = [];
  let records = most;
  for (const batch of waiting) {
    if (records + batch.records.length > most) {
      groups.push([]);
      records = 0;
    }
    groups.at(-1)?.push(batch);
    records += batch.records.length;
  }
  return groups;
}
