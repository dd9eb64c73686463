/** What the journal thread counts of its own answers. */
import type { Counters } from '../ops/counters.ts';
import type { JournalReply } from './journal-protocol.ts';

/** Counts answers; returns the newest number that was answered for, `answeredSeq` being the one before
 * them. */
export function countReplies(
  counters: Counters,
  replies: readonly JournalReply[],
  answeredSeq: number,
): number {
  let newest = answeredSeq;
  for (const reply of replies) {
    if (reply.kind === 'failed') {
      counters.add('journal_failures');
      newest = reply.lastSeq;
    } else {
      counters.observe('journal_durable_micros', reply.micros);
      counters.add('journal_records', reply.durableSeq - newest);
      newest = reply.durableSeq;
    }
  }
  return newest;
}
