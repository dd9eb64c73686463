/** Messages between the core and the journal thread, version 1. Plain data, structured-cloned. */
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import type { ErrorCode } from '../engine/domain/errors.ts';
import type { JournalNotice } from './scanned-journal.ts';

/** Records to make durable, in order. Their numbers follow those of the batch before. */
export interface JournalBatch {
  readonly records: readonly AuditRecord[];
  /** True for records of exits and kill: when the main file has failed they go to the reserve. */
  readonly urgent: boolean;
}

/** Core to journal thread. `close` ends it once all that was sent before is durable. */
export type JournalRequest =
  | ({ readonly kind: 'append' } & JournalBatch)
  | { readonly kind: 'close' };

/**
 * Journal thread to core.
 * `durable`: every record up to `durableSeq` that was not reported failed is on stable storage.
 * `failed`: the records from `firstSeq` to `lastSeq` are not, and never will be.
 */
export type JournalReply =
  | {
      readonly kind: 'durable';
      readonly durableSeq: number;
      /** Hash of record `durableSeq`, hex. */
      readonly hash: string;
      /** From taking the batch to its being durable. */
      readonly micros: number;
      /** True when the main file has failed and the record stands in the reserve. */
      readonly usedReserve: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly firstSeq: number;
      readonly lastSeq: number;
      /** The operating system's word, e.g. `ENOSPC`; or `RESERVE_FULL`. */
      readonly code: string;
      /** One sentence that says what to do. */
      readonly reason: string;
      /** True when the batch was urgent and the reserve failed too. */
      readonly usedReserve: boolean;
    };

/** Journal thread to whoever started it. */
export type JournalThreadReport =
  | {
      readonly kind: 'opened';
      readonly lastSeq: number;
      readonly lastHash: string;
      readonly notices: readonly JournalNotice[];
    }
  | { readonly kind: 'openFailed'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'recordingLost'; readonly reason: string }
  | { readonly kind: 'closed'; readonly lastSeq: number };
